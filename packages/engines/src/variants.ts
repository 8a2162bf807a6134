/** Settings of an engine that a text may have been marked with instead of the ones that somebody wrote down. @module */
import type { EngineMarkFile } from './engine-mark.ts';
import { TABLE_SIZE } from './families/hash-table.ts';
import { deviceOf } from './opener.ts';
import { CUDA_THREADS } from './random/cards.ts';
import { FEWEST_ELEMENTS } from './random/cuda-permutations.ts';

/**
 * The file itself, first, and those that differ from it in what people get wrong: the share of green tokens, the context, the
 * seeding scheme, the device and its number of threads, the width of the logits (`vocabSizes`: further ones to try).
 *
 * @example
 * engineVariants({ mark: 'hf/greenlist', config: { hashing_key: 15485863 }, vocabSize: 50257 }).length > 10; // true
 */
export function engineVariants(file: EngineMarkFile, vocabSizes: readonly number[] = []): EngineMarkFile[] {
  const { vocabSize } = file;
  // Where a file says nothing, the first change of an axis is what the engine takes.
  const isSet = (change: object) => Object.keys(change).some((field) => field in file.config);
  const axes = (TRIED[file.mark] ?? []).map((axis) => (axis.some(isSet) ? [{}, ...axis] : axis));
  const configs = axes.reduce<object[]>(
    (all, axis) => all.flatMap((config) => axis.map((change) => ({ ...config, ...change }))),
    [file.config],
  );
  const sizes = SIZE_MATTERS.test(file.mark) ? unique([vocabSize, ...vocabSizes]) : [vocabSize];
  const variants = configs.flatMap((config) =>
    sizes.flatMap((size) => {
      const { device: _, cudaThreads: __, ...rest } = file;
      const resized = { ...rest, config, ...(size === undefined ? {} : { vocabSize: size }) };
      return devicesOf(file, resized).map((where) => ({ ...resized, ...where }));
    }),
  );
  return [...new Map(variants.map((variant) => [nameOf(variant), variant])).values()];
}

type Where = Pick<EngineMarkFile, 'device' | 'cudaThreads'>;

/** Where a variant may have been drawn. A file that says `cpu` of a green list is believed: those of cards take longer. */
function devicesOf(file: EngineMarkFile, variant: EngineMarkFile): Where[] {
  const { cudaThreads } = file;
  const more = cudaThreads === undefined ? {} : { cudaThreads };
  if (!DEVICE_MATTERS.test(file.mark)) return [file.device === undefined ? more : { device: file.device, ...more }];
  const device = deviceOf(file.device ?? 'cpu');
  const own: Where = { device, ...more };
  if (TABLES.includes(file.mark)) {
    return [own, { device: 'cpu' }, { device: 'cuda' }, { device: 'cuda', cudaThreads: CUDA_THREADS.T4 }];
  }
  if (file.device === 'cpu') return [own];
  const cards = cudaThreads === undefined ? cardsFor(file, variant) : [];
  if (device === 'cpu') return [own, ...cards];
  return [...(cards.length > 0 ? cards : [own]), { device: 'cpu' }];
}

/** Cards that draw different lists: those that start fewer threads than there are numbers to draw, and one that starts enough. */
function cardsFor({ mark, config: set }: EngineMarkFile, { config, vocabSize = 0 }: EngineMarkFile): Where[] {
  const isSelfhash = (fields: object) =>
    mark === 'hf/greenlist' && (fields as { seeding_scheme?: unknown }).seeding_scheme === 'selfhash';
  // Its table differs from card to card: too many to try unasked.
  if (vocabSize < FEWEST_ELEMENTS || (isSelfhash(config) && !isSelfhash(set))) return [];
  const drawn = isSelfhash(config) ? TABLE_SIZE : vocabSize;
  const threads = unique(Object.values(CUDA_THREADS)).sort((a, b) => a - b);
  const enough = threads.findIndex((count) => count >= drawn);
  return threads
    .slice(0, enough < 0 ? threads.length : enough + 1)
    .map((count) => ({ device: 'cuda', cudaThreads: count }));
}

const nameOf = (file: EngineMarkFile) =>
  JSON.stringify(file, (_, value) => (typeof value === 'bigint' ? String(value) : value));
const unique = <T>(values: readonly T[]): T[] => [...new Set(values)];

/** An axis: the values of one field. */
const values = (field: string, ...all: readonly unknown[]) => all.map((value) => ({ [field]: value }));

const KGW_EXTENDED = ['selfhash', 'minhash', 'skipgram', 'lefthash'];
const SBW = [
  { sbw_scheme: 'selfhash', context_width: 4 },
  ...[1, 2, 3, 4].map((context_width) => ({ sbw_scheme: 'lefthash', context_width })),
];

/** Axes of change, each a list of changes to the configuration, by the engines' own field names. All combinations are tried. */
const TRIED: Readonly<Record<string, readonly (readonly object[])[]>> = {
  'hf/greenlist': [
    values('greenlist_ratio', 0.25, 0.5, 0.1),
    [
      { seeding_scheme: 'lefthash' },
      ...[1, 2, 3, 4].map((context_width) => ({ seeding_scheme: 'selfhash', context_width })),
    ],
  ],
  'hf/synthid': [values('ngram_len', 5, 4, 3)],
  'deepmind/synthid': [values('ngram_len', 5, 4, 3), [{}, { sampling_table_size: 65_536, sampling_table_seed: 0 }]],
  'lm-watermarking/simple_1': [values('gamma', 0.5, 0.25, 0.1), values('select_green_tokens', true, false)],
  'lm-watermarking/extended': [values('gamma', 0.25, 0.5, 0.1), values('seeding_scheme', ...KGW_EXTENDED)],
  'markllm/kgw': [
    values('gamma', 0.5, 0.25),
    values('prefix_length', 1, 2, 3),
    values('f_scheme', 'time', 'additive', 'skip', 'min'),
    values('window_scheme', 'left', 'self'),
  ],
  'markllm/synthid': [values('ngram_len', 5, 4, 3)],
  'markllm/unigram': [values('gamma', 0.5, 0.25)],
  'sglang/gumbel': [values('context_window', 4, 3, 2, 1, 5, 8)],
  'textseal/gumbel': [values('ngram', 1, 2, 3, 4)],
  'textseal/greenlist': [values('ngram', 1, 2, 3, 4), values('gamma', 0.5, 0.25)],
  'textseal/synthid': [values('ngram', 1, 2, 3, 4), values('depth', 30, 20, 10)],
  'textseal/dual-key-gumbel-0.2': [values('ngram', 1, 2, 3, 4)],
  'textseal/synthid-0.2': [values('ngram', 1, 2, 3, 4), values('depth', 30, 20, 10)],
  'tgi/greenlist': [values('watermark_gamma', 0.5, 0.25)],
  'three-bricks/greenlist': [values('gamma', 0.25, 0.5), values('ngram', 4, 3, 2, 1)],
  'three-bricks/gumbel': [values('ngram', 4, 3, 2, 1)],
  'unigram/xuandong23b': [values('fraction', 0.5, 0.25)],
  'vllm/gumbel': [values('context_width', 4, 3, 2, 1, 5, 8)],
  'vllm/dual-key-gumbel': [values('context_width', 4, 3, 2, 1, 5, 8), values('alpha', 0.1, 0.2)],
  'vllm/sbw': [values('sbw_gamma', 0.5, 0.25), SBW],
  'vllm/synthid': [values('context_width', 4, 3, 2, 1), values('depth', 32, 30)],
  'vllm/red-green': [values('context_width', 4, 3, 2, 1), values('gamma', 0.25, 0.5)],
};

/** Those that permute or shuffle the vocabulary. */
const SIZE_MATTERS = /^(hf\/greenlist|lm-watermarking|tgi|three-bricks|unigram|markllm\/(kgw|unigram|exp))/;
/** Those whose bits come from a table that a graphics card draws otherwise. */
const TABLES: readonly string[] = ['hf/synthid', 'deepmind/synthid', 'markllm/synthid'];
/** Those that draw on the model's device. */
const DEVICE_MATTERS = /^(hf|lm-watermarking|tgi)\/|^(deepmind|markllm)\/synthid|^markllm\/kgw/;
