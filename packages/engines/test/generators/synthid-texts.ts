/**
 * Texts that this package marks, for the peers' detectors; prints JSON for synthid.py, which records what they say:
 *
 *   node --conditions=@taggant/source --import tsx packages/engines/test/generators/synthid-texts.ts | python synthid.py
 * @module
 */
import { pathToFileURL } from 'node:url';
import { drawToken, MarkHook } from '@taggant/sampler';
import { openEngineMark } from '../../src/index.ts';

export const KEYS = [
  654, 400, 836, 123, 340, 443, 597, 160, 57, 29, 590, 639, 13, 715, 468, 990, 966, 226, 324, 585, 118, 504, 421, 521,
  129, 669, 732, 225, 90, 960,
];
/** A width of logits of random texts. */
export const VOCAB_SIZE = 500;
/** The peers' detectors need an end of text; it does not come up. */
const EOS = 3;

/** The marks that both sides apply and detect. */
export const MARKS = {
  hf: { mark: 'hf/synthid', config: { ngram_len: 5, keys: KEYS } },
  release: {
    mark: 'deepmind/synthid',
    config: { ngram_len: 4, keys: KEYS.slice(0, 20), sampling_table_size: 2 ** 16, sampling_table_seed: 7 },
  },
  repository: { mark: 'deepmind/synthid', config: { ngram_len: 5, keys: KEYS } },
  repositoryOfThree: { mark: 'deepmind/synthid', config: { ngram_len: 5, keys: KEYS.slice(0, 9), num_leaves: 3 } },
  markllm: { mark: 'markllm/synthid', config: { ngram_len: 5, keys: KEYS } },
  markllmDistortionary: {
    mark: 'markllm/synthid',
    config: { ngram_len: 5, keys: KEYS.slice(0, 8), watermark_mode: 'distortionary', num_leaves: 3 },
  },
} as const;

/** A text of random logits, marked by one of the marks. */
export function markedText(name: keyof typeof MARKS, length: number, random: () => number): number[] {
  const hook = new MarkHook(openEngineMark({ device: 'cpu', ...MARKS[name] }), { vocabSize: VOCAB_SIZE, topK: 100 });
  const sequence = hook.start([1, 2, 3]);
  return Array.from({ length }, () => {
    const row = Float32Array.from({ length: VOCAB_SIZE }, () => 3 * (random() + random() - random() - random()));
    row[EOS] = Number.NEGATIVE_INFINITY;
    hook.processLogits(row, [sequence]);
    const token = drawToken(row, 1, random);
    sequence.push(token);
    return token;
  });
}

/** Uniform numbers, the same for the same seed: mulberry32. */
export function uniforms(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let word = Math.imul(state ^ (state >>> 15), 1 | state);
    word ^= word + Math.imul(word ^ (word >>> 7), 61 | word);
    return ((word ^ (word >>> 14)) >>> 0) / 2 ** 32;
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const names = Object.keys(MARKS) as (keyof typeof MARKS)[];
  console.log(JSON.stringify(Object.fromEntries(names.map((name) => [name, markedText(name, 300, uniforms(1))]))));
}
