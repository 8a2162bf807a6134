/**
 * Do the p-values of other engines' marks hold? Real and repetitive texts against random keys.
 *
 *   npm run strength:engines -- [--tests 10000] [--only REGEXP] [--seed 1] [--json FILE]
 *
 * A test is one passage under one random key. Rejections by the exact p must not exceed the upper end of the 99.9 % band.
 * Beside them stand the rejections by the p that the engine's own detector prints, where it prints one: nothing is asked of
 * those.
 * @module
 */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { random as mersenneTwister } from '@huggingface/transformers';
import { detectTokens } from '@taggant/detector';
import { tiktokenTokenizer } from '@taggant/detector/tiktoken';
import { type EngineMarkFile, engineMarkNames, openEngineMark } from '@taggant/engines';
import { binomialBand } from '@taggant/stats';
import { NULL_TEXTS, readText, repetitiveText } from './texts.ts';

const { values } = parseArgs({
  options: {
    tests: { type: 'string', default: '10000' },
    only: { type: 'string', default: '' },
    seed: { type: 'string', default: '1' },
    json: { type: 'string' },
  },
});
const tests = Number(values.tests);
const generator = new mersenneTwister.Random(Number(values.seed));
const LEVELS = [1e-2, 1e-3];
const PASSAGE = 200;
const VOCAB_SIZE = 50_257;

/** The configuration of each mark under the key of a test; several for marks whose settings differ in kind. */
const FILES: Record<string, (key: Key) => Pick<EngineMarkFile, 'config' | 'device' | 'vocabSize'>[]> = {
  'hf/greenlist': ({ small }) => [
    { config: { hashing_key: small } },
    { config: { hashing_key: small, seeding_scheme: 'selfhash', context_width: 4 } },
  ],
  'hf/synthid': ({ many }) =>
    (['cpu', 'cuda'] as const).map((device) => ({ config: { ngram_len: 5, keys: many }, device })),
  'deepmind/synthid': ({ many }) => [{ config: { ngram_len: 5, keys: many } }],
  'lm-watermarking/simple_1': ({ small }) => [{ config: { hash_key: small } }],
  'lm-watermarking/extended': ({ small }) =>
    ['selfhash', 'minhash', 'skipgram', 'ff-additive_prf-4-False'].map((seeding_scheme) => ({
      config: { seeding_scheme, hash_key: small },
    })),
  'markllm/exp': ({ small }) => [{ config: { hash_key: small } }],
  // Its table grows with the square of the vocabulary.
  'markllm/exp-gumbel': ({ small }) => [{ config: { seed: small }, vocabSize: 600 }],
  'markllm/kgw': ({ small }) => [
    { config: { hash_key: small } },
    { config: { hash_key: small, prefix_length: 2, f_scheme: 'min', window_scheme: 'self' } },
  ],
  'markllm/synthid': ({ many }) => [{ config: { ngram_len: 5, keys: many }, device: 'cpu' }],
  'markllm/unigram': ({ small }) => [{ config: { hash_key: small } }],
  'sglang/gumbel': ({ hex, otherHex }) => [{ config: { key: hex } }, { config: { key: hex, key_b: otherHex } }],
  'textseal/gumbel': ({ small }) => [{ config: { secret_key: small } }, { config: { secret_key: small, ngram: 4 } }],
  'textseal/greenlist': ({ small }) => [{ config: { secret_key: small, ngram: 2 } }],
  'textseal/synthid': ({ small }) => [{ config: { secret_key: small, ngram: 2 } }],
  'textseal/dual-key-gumbel-0.2': ({ small }) => [{ config: { secret_key: small, ngram: 2 } }],
  'textseal/synthid-0.2': ({ small }) => [{ config: { secret_key: small, ngram: 2 } }],
  'tgi/greenlist': ({ small }) => [{ config: { hash_key: small } }],
  'three-bricks/greenlist': ({ large }) => [{ config: { seed: large } }],
  'three-bricks/gumbel': ({ large }) => [{ config: { seed: large } }],
  'unigram/xuandong23b': ({ large }) => [{ config: { watermark_key: large } }],
  'vllm/gumbel': ({ large }) => [{ config: { key: large } }],
  'vllm/dual-key-gumbel': ({ large }) => [{ config: { key: large } }],
  'vllm/sbw': ({ large }) => [{ config: { key: large } }, { config: { key: large, sbw_scheme: 'lefthash' } }],
  'vllm/synthid': ({ large }) => [{ config: { key: large } }],
  'vllm/red-green': ({ large }) => [{ config: { key: large } }],
};

interface Key {
  /** Below 2^31, below 2^63, and many of them below 2^62, as engines want their keys. */
  readonly small: number;
  readonly large: string;
  readonly many: readonly string[];
  readonly hex: string;
  readonly otherHex: string;
}

const gpt2 = tiktokenTokenizer('gpt2');
const corpora: Record<string, Uint32Array[]> = {
  'novel, plays, encyclopedia': NULL_TEXTS.flatMap((name) => passages(gpt2.encode(readText(name)))),
  'repetitive template': passages(gpt2.encode(repetitiveText(20_000, () => generator.random()))),
};

const rows: Record<string, unknown>[] = [];
for (const name of engineMarkNames.filter((mark) => new RegExp(values.only).test(mark))) {
  const settings = FILES[name]?.(keyOf(0)).length ?? 0;
  if (settings === 0) throw new Error(`no configuration for ${name}`);
  for (let setting = 0; setting < settings; setting++) {
    for (const [corpus, texts] of Object.entries(corpora)) {
      const row = measure(name, setting, corpus, texts);
      rows.push(row);
      process.stderr.write(`${Object.values(row).join(' | ')}\n`);
    }
  }
}
console.log(`seed ${values.seed}; ${tests} (text, random key) tests a row; passages of ${PASSAGE} tokens`);
console.table(rows);
if (values.json !== undefined) {
  const command = `npm run strength:engines -- --tests ${tests} --seed ${values.seed}`;
  const record = { command, tests, passage: PASSAGE, cpu: cpus()[0].model, node: process.version, rows };
  writeFileSync(values.json, `${JSON.stringify(record, null, 1)}\n`);
}
if (rows.some(({ verdict }) => verdict !== 'holds')) process.exitCode = 1;

function measure(name: string, setting: number, corpus: string, texts: readonly Uint32Array[]) {
  const ours = LEVELS.map(() => 0);
  const theirs = LEVELS.map(() => 0);
  let printed = '';
  let title = '';
  for (let test = 0; test < tests; test++) {
    const file = FILES[name](keyOf(test))[setting];
    const mark = openEngineMark({ mark: name, vocabSize: VOCAB_SIZE, ...file });
    title = mark.title;
    const text = texts[Math.floor(generator.random() * texts.length)];
    const { vocabSize = VOCAB_SIZE } = file;
    const ids = vocabSize < VOCAB_SIZE ? text.map((id) => id % vocabSize) : text;
    const { lnP, compat } = detectTokens(ids, mark);
    const own = Object.entries(compat?.figures ?? {}).find(([figure]) => /^p(_?val(ue)?)?$/i.test(figure));
    printed = own?.[0] ?? '';
    LEVELS.forEach((level, i) => {
      if (lnP <= Math.log(level)) ours[i]++;
      if (own !== undefined && (own[1] as number) <= level) theirs[i]++;
    });
  }
  const bands = LEVELS.map((level) => binomialBand(tests, level, 0.999));
  return {
    mark: name,
    title,
    corpus,
    'p <= 1e-2 [most]': `${ours[0]} [${bands[0][1]}]`,
    '1e-3 [most]': `${ours[1]} [${bands[1][1]}]`,
    'their own p': printed === '' ? '-' : `${printed}: ${theirs.join(', ')}`,
    verdict: bands.every(([, most], i) => ours[i] <= most) ? 'holds' : 'BROKEN',
  };
}

function keyOf(test: number): Key {
  const digest = (part: string) => createHash('sha256').update(`engines ${values.seed} ${test} ${part}`).digest();
  const large = (part: string) => String(digest(part).readBigUInt64LE() >> 2n);
  return {
    small: digest('small').readUInt32LE() >>> 1,
    large: large('large'),
    many: Array.from({ length: 30 }, (_, i) => large(`many ${i}`)),
    hex: digest('hex').toString('hex').slice(0, 16),
    otherHex: digest('other').toString('hex').slice(0, 16),
  };
}

function passages(ids: Uint32Array): Uint32Array[] {
  return Array.from({ length: Math.floor(ids.length / PASSAGE) }, (_, i) =>
    ids.subarray(i * PASSAGE, (i + 1) * PASSAGE),
  );
}
