/** Toy teachers, students and suspects for tests: small enough for thousands of keys. @module */
import { type Mark, openMark } from '@taggant/core';
import { secretOf, uniforms } from '../../core/test/support.ts';

export const V = 256;
const tokenizer = { name: 'toy', vocabSize: V };

/** A green list of the toy vocabulary under the key of that number. */
export const greenlist = (key: number, contextWidth = 2): Mark =>
  openMark({ scheme: 'greenlist', gamma: '1/4', delta: 3, contextWidth, tokenizer }, secretOf(key));

export const gumbel = (key: number, contextWidth = 2): Mark =>
  openMark({ scheme: 'gumbel', contextWidth, tokenizer }, secretOf(key));

/** Logits of the teacher after a token: the same eight likely tokens after the same token, whoever asks. */
function logitsAfter(token: number): Float32Array {
  const next = uniforms(1000 + token);
  const row = new Float32Array(V).fill(Number.NEGATIVE_INFINITY);
  for (let i = 0; i < 8; i++) row[Math.floor(V * next())] = 2 * next();
  return row;
}
const TEACHER = Array.from({ length: V }, (_, token) => logitsAfter(token));

/** The teacher's most likely token, without any mark. */
export const guessAfter = (token: number): number => TEACHER[token].indexOf(Math.max(...TEACHER[token]));

/** So many tokens of the teacher, marked if there is a mark. */
export function teach(length: number, mark: Mark | undefined, seed: number): Uint32Array {
  const next = uniforms(seed);
  const ids = [Math.floor(V * next())];
  const context = new Uint32Array(mark?.contextWidth ?? 0);
  while (ids.length < length) {
    const row = TEACHER[ids[ids.length - 1]].slice();
    if (mark !== undefined && ids.length >= context.length) {
      for (let j = 0; j < context.length; j++) context[j] = ids[ids.length - context.length + j];
      mark.apply(context, row);
    }
    ids.push(draw(row, next()));
  }
  return Uint32Array.from(ids);
}

/** A student that remembers which tokens followed each window of so many tokens in its training texts. */
export class Student {
  readonly #width: number;
  readonly #after = new Map<string, number[]>();

  constructor(texts: readonly Uint32Array[], width: number) {
    this.#width = width;
    for (const text of texts) {
      for (let i = width; i < text.length; i++) {
        const window = String(text.subarray(i - width, i));
        this.#after.set(window, [...(this.#after.get(window) ?? []), text[i]]);
      }
    }
  }

  /** A text of its own; where it knows nothing it goes on at random. */
  write(length: number, seed: number): Uint32Array {
    const next = uniforms(seed);
    const ids = Array.from({ length: this.#width }, () => Math.floor(V * next()));
    while (ids.length < length) {
      const known = this.#after.get(String(ids.slice(-this.#width)));
      ids.push(known ? known[Math.floor(known.length * next())] : Math.floor(V * next()));
    }
    return Uint32Array.from(ids);
  }
}

function draw(row: Float32Array, u: number): number {
  const likely = Array.from(row.keys()).filter((v) => row[v] > Number.NEGATIVE_INFINITY);
  const weights = likely.map((v) => Math.exp(row[v]));
  let left = u * weights.reduce((sum, weight) => sum + weight, 0);
  return likely[
    Math.max(
      0,
      weights.findIndex((weight) => (left -= weight) < 0),
    )
  ];
}
