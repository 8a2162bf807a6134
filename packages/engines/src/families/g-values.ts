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
  // The layer's hash (h + key) * M + 1 and the first round's, of that plus 1, make h * M * M plus an offset of the layer's own.
  const offsets = keys.map((key) => BigInt.asUintN(64, (key * MULTIPLIER + 2n) * MULTIPLIER + 1n));
  const offsetsHigh = Int32Array.from(offsets, (offset) => Number(offset >> 32n));
  const offsetsLow = Int32Array.from(offsets, low32);
  const context = new Int32Array(2);
  const ngram = new Int32Array(2);
  const bits = new Uint8Array(layers);
  const takeContext = (tokens: Uint32Array, from: number) => {
    context[HIGH] = Number(start >> 32n);
    context[LOW] = low32(start);
    for (let i = from; i < from + ngramLength - 1; i++) step(context, tokens[i], context);
  };
  return {
    layers,
    p: 0.5,
    read(tokens, from, token, bits) {
      takeContext(tokens, from);
      step(context, token, ngram);
      return bitsOf(ngram, offsetsHigh, offsetsLow, bits);
    },
    words(tokens, from, candidates, n, first, out) {
      takeContext(tokens, from);
      const end = Math.min(first + 32, layers);
      for (let i = 0; i < n; i++) {
        step(context, candidates[i], ngram);
        bitsOf(ngram, offsetsHigh, offsetsLow, bits);
        let word = 0;
        for (let layer = end - 1; layer >= first; layer--) word = (word << 1) | bits[layer];
        out[i] = word;
      }
    },
    unit(tokens, from, token) {
      takeContext(tokens, from);
      step(context, token, ngram);
      return [ngram[LOW], ngram[HIGH]];
    },
  };
}

/** One number more: from (h) to (h + token) * M + 1. */
function step(hash: Int32Array, token: number, out: Int32Array): void {
  const low = hash[LOW];
  const sum = (low + token) | 0;
  const high = (hash[HIGH] + carryOf(low, token, sum)) | 0;
  const product = Math.imul(sum, M_LOW);
  out[HIGH] = timesHigh(high, sum) + (product === -1 ? 1 : 0);
  out[LOW] = product + 1;
}

/** Writes the bits of all layers for an n-gram's hash; returns how many are 1. */
function bitsOf(hash: Int32Array, offsetsHigh: Int32Array, offsetsLow: Int32Array, bits: Uint8Array): number {
  const once = Math.imul(hash[LOW], M_LOW);
  const twice = Math.imul(once, M_LOW);
  const twiceHigh = timesHigh(timesHigh(hash[HIGH], hash[LOW]), once);
  let ones = 0;
  for (let layer = 0; layer < offsetsLow.length; layer++) {
    const offset = offsetsLow[layer];
    let low = (twice + offset) | 0;
    let high = (twiceHigh + offsetsHigh[layer] + carryOf(twice, offset, low)) | 0;
    for (let round = 1; round < ROUNDS; round++) {
      low = (low >>> 5) | (high << 27);
      high >>= 5;
      // (k + 1) * M + 1 is k * M plus M + 1.
      const product = Math.imul(low, M_LOW);
      high = (timesHigh(high, low) + M_HIGH) | 0;
      low = (product + M_LOW + 1) | 0;
      high = (high + carryOf(product, M_LOW + 1, low)) | 0;
    }
    // Bit 30 of what the last shift by 5 would leave.
    ones += bits[layer] = (high >>> 3) & 1;
  }
  return ones;
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

const HIGH = 0;
const LOW = 1;
const ROUNDS = 12;
const MULTIPLIER = 6364136223846793005n;
const START_MODULUS = 2n ** 63n - 1n;
