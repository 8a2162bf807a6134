/**
 * The g-values of SynthID: a bit for each n-gram and layer, which two hashes in use derive in different ways.
 * @module
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { low32 } from '../int64.ts';
import { carryOf, M_HIGH, M_LOW, timesHigh } from '../random/lcg64.ts';

/** An n-gram is a context, n - 1 tokens from `from` on in `tokens`, and the token that follows. */
export interface GValues {
  readonly layers: number;
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
export function tableGValues(ngramLength: number, keys: readonly bigint[], table: Uint8Array): GValues {
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
    p: table.reduce((sum, bit) => sum + bit, 0) / table.length,
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

const M_SQUARED = Math.imul(M_LOW, M_LOW);

/**
 * Bits by hashing alone, as in the repository of synthid-text since its release 0.2.1: the hash starts from the SHA-256 of all
 * keys, and twelve more rounds of it, each followed by a shift, make the bit. Nothing is known to tell their mean from 1/2.
 */
export function hashedGValues(ngramLength: number, keys: readonly bigint[]): GValues {
  const layers = keys.length;
  const start = startOf(keys);
  const [startHigh, startLow] = [Number(start >> 32n) | 0, low32(start) | 0];
  // (h + key) * M + 1 is h * M plus an offset of the layer's own.
  const offsets = keys.map((key) => BigInt.asUintN(64, key * MULTIPLIER + 1n));
  const offsetsHigh = Int32Array.from(offsets, (offset) => Number(offset >> 32n));
  const offsetsLow = Int32Array.from(offsets, low32);
  let high = 0;
  let low = 0;
  const take = (token: number) => {
    const sum = (low + token) | 0;
    high = timesHigh((high + carryOf(sum, token)) | 0, sum);
    low = (Math.imul(sum, M_LOW) + 1) | 0;
    if (low === 0) high = (high + 1) | 0;
  };
  const takeContext = (tokens: Uint32Array, from: number) => {
    high = startHigh;
    low = startLow;
    for (let i = from; i < from + ngramLength - 1; i++) take(tokens[i]);
  };
  /** The bit of the n-gram that was taken, its hash times M being given. */
  const bitOf = (layer: number, timesMHigh: number, timesMLow: number) => {
    let l = (timesMLow + offsetsLow[layer]) | 0;
    let h = (timesMHigh + offsetsHigh[layer] + carryOf(l, timesMLow)) | 0;
    for (let round = 0; round < 12; round++) {
      const product = Math.imul(l, M_LOW);
      h = timesHigh(h, l);
      // (k + 1) * M + 1 is k * M plus M + 1.
      l = (product + M_LOW + 1) | 0;
      h = (h + M_HIGH + carryOf(l, product)) | 0;
      l = (l >>> 5) | (h << 27);
      h >>= 5;
    }
    return (l >>> 30) & 1;
  };
  return {
    layers,
    p: 0.5,
    read(tokens, from, token, bits) {
      takeContext(tokens, from);
      take(token);
      const [h, l] = [timesHigh(high, low), Math.imul(low, M_LOW)];
      let ones = 0;
      for (let layer = 0; layer < layers; layer++) ones += bits[layer] = bitOf(layer, h, l);
      return ones;
    },
    words(tokens, from, candidates, n, first, out) {
      takeContext(tokens, from);
      const [contextHigh, contextLow] = [high, low];
      for (let i = 0; i < n; i++) {
        high = contextHigh;
        low = contextLow;
        take(candidates[i]);
        const [h, l] = [timesHigh(high, low), Math.imul(low, M_LOW)];
        let word = 0;
        for (let layer = Math.min(first + 32, layers) - 1; layer >= first; layer--) {
          word = (word << 1) | bitOf(layer, h, l);
        }
        out[i] = word;
      }
    },
    unit(tokens, from, token) {
      takeContext(tokens, from);
      take(token);
      return [low >>> 0, high >>> 0];
    },
  };
}

/** Where the hash starts: the SHA-256 of the keys as little-endian int64, read big-endian, modulo 2^63 - 1. */
function startOf(keys: readonly bigint[]): bigint {
  const bytes = new Uint8Array(8 * keys.length);
  const view = new DataView(bytes.buffer);
  keys.forEach((key, i) => {
    view.setBigInt64(8 * i, key, true);
  });
  return sha256(bytes).reduce((sum, byte) => ((sum << 8n) | BigInt(byte)) % START_MODULUS, 0n);
}

const MULTIPLIER = 6364136223846793005n;
const START_MODULUS = 2n ** 63n - 1n;
