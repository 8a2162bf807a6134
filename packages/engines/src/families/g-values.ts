/**
 * The g-values of SynthID: a bit for each n-gram and layer, which two hashes in use derive in different ways. Both begin with a
 * linear congruential generator, `h -> (h + x) * M + 1` mod 2^64 for each number x of what is hashed, the layer's key last.
 * @module
 */
import { low32 } from '../int64.ts';
import type { SamplingTable } from '../random/sampling-table.ts';

/** An n-gram is a context, n - 1 tokens from `from` on in `tokens`, and the token that follows. */
export interface GValues {
  readonly layers: number;
  /** The layers whose bits are always those of an earlier one, because the keys of both come to the same. */
  readonly copies: readonly number[];
  /** The share of ones over all keys. */
  readonly p: number;
  /** Writes the n-gram's bits, by layer; returns how many are 1. */
  read(tokens: Uint32Array, from: number, token: number, bits: Uint8Array): number;
  /**
   * For each of the first n candidates a word with the bits of up to 32 layers, from layer `first` on, the lowest bit for the
   * first.
   */
  words(tokens: Uint32Array, from: number, candidates: Uint32Array, n: number, first: number, out: Uint32Array): void;
  /** Two words that are equal for n-grams with the same bits under every key. */
  unit(tokens: Uint32Array, from: number, token: number): readonly [number, number];
}

/**
 * Bits from a table: the n-gram and the layer's key are hashed, and the hash modulo the table's size is the place.
 *
 * Sizes are powers of two, so the low bits of the hash are all that matters, and they depend on the low bits of tokens and key
 * only: a layer has no more keys than the table has bits, and n-grams share all their bits whenever they share that many
 * bits of hash. Over keys a bit is one of the table's, each as likely; two n-grams' bits are the table's at two places of a
 * fixed distance, so their correlation is the table's own at that distance, about 1 / sqrt(size) either way.
 */
export function tableGValues(
  ngramLength: number,
  keys: readonly bigint[],
  { bits: table, share }: SamplingTable,
): GValues {
  const layers = keys.length;
  const mask = table.length - 1;
  // (h + key) * M + 1 is h * M plus an offset of the layer's own.
  const offsets = Int32Array.from(keys, (key) => (Math.imul(low32(key), M_LOW) + 1) & mask);
  const place = (tokens: Uint32Array, from: number, token: number) => {
    let hash = 1;
    for (let i = from; i < from + ngramLength - 1; i++) hash = Math.imul(hash + tokens[i], M_LOW) + 1;
    return Math.imul(Math.imul(hash + token, M_LOW) + 1, M_LOW) & mask;
  };
  const wordsByPlace = new Map<number, Uint32Array>();
  const allWords = (first: number) => {
    let words = wordsByPlace.get(first);
    if (words === undefined) {
      words = Uint32Array.from(table, (_, at) => {
        let word = 0;
        for (let layer = Math.min(first + 32, layers) - 1; layer >= first; layer--) {
          word = (word << 1) | table[(at + offsets[layer]) & mask];
        }
        return word;
      });
      wordsByPlace.set(first, words);
    }
    return words;
  };
  return {
    layers,
    copies: copiesIn([...offsets]),
    p: share,
    read(tokens, from, token, bits) {
      const at = place(tokens, from, token);
      let ones = 0;
      for (let layer = 0; layer < layers; layer++) ones += bits[layer] = table[(at + offsets[layer]) & mask];
      return ones;
    },
    words(tokens, from, candidates, n, first, out) {
      const words = allWords(first);
      // Places of one context lie apart as their tokens do, times M * M.
      const start = place(tokens, from, 0);
      for (let i = 0; i < n; i++) out[i] = words[(start + Math.imul(candidates[i], M_SQUARED)) & mask];
    },
    unit: (tokens, from, token) => [place(tokens, from, token), 0],
  };
}

/** @internal Which of the values are the same as an earlier one. */
export const copiesIn = (keys: readonly unknown[]) => [...keys.keys()].filter((i) => keys.indexOf(keys[i]) < i);

/** The low word of the multiplier 6364136223846793005, Knuth's for MMIX. */
const M_LOW = 0x4c957f2d;
const M_SQUARED = Math.imul(M_LOW, M_LOW);
