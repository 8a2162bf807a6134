/** Settings of an engine that a text may have been marked with instead of the ones that somebody wrote down. @module */
import type { EngineMarkFile } from './engine-mark.ts';

/**
 * The file itself, first, and those that differ from it in what people get wrong: the share of green tokens, the context, the
 * seeding scheme, the device, the width of the logits (`vocabSizes`: further ones to try).
 *
 * @example
 * engineVariants({ mark: 'hf/greenlist', config: { hashing_key: 15485863 }, vocabSize: 50257 }).length > 10; // true
 */
export function engineVariants(file: EngineMarkFile, vocabSizes: readonly number[] = []): EngineMarkFile[] {
  const { device = 'cpu', vocabSize } = file;
  // Where a file says nothing, the first change of an axis is what the engine takes.
  const isSet = (change: object) => Object.keys(change).some((field) => field in file.config);
  const axes = (TRIED[file.mark] ?? []).map((axis) => (axis.some(isSet) ? [{}, ...axis] : axis));
  const configs = axes.reduce<object[]>(
    (all, axis) => all.flatMap((config) => axis.map((change) => ({ ...config, ...change }))),
    [file.config],
  );
  const sizes = SIZE_MATTERS.test(file.mark) ? unique([vocabSize, ...vocabSizes]) : [vocabSize];
  const devices = DEVICES_DIFFER.includes(file.mark) ? unique([device, 'cpu', 'cuda'] as const) : [file.device];
  const variants = configs.flatMap((config) =>
    sizes.flatMap((size) =>
      devices.map((where) => ({
        ...file,
        config,
        ...(size === undefined ? {} : { vocabSize: size }),
        ...(where === undefined ? {} : { device: where }),
      })),
    ),
  );
  return [...new Map(variants.map((variant) => [nameOf(variant), variant])).values()];
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
const DEVICES_DIFFER: readonly string[] = ['hf/synthid', 'deepmind/synthid', 'markllm/synthid'];
