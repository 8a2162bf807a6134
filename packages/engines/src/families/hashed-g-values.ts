/** The g-values of synthid-text after its release 0.2.1. Arithmetic modulo 2^64 is in two signed 32-bit halves. @module */
import { sha256 } from '@noble/hashes/sha2.js';
import { low32 } from '../int64.ts';
import { copiesIn, type GValues } from './g-values.ts';

/**
 * Bits by hashing alone, as in the repository of synthid-text since its release 0.2.1: the hash starts from the SHA-256 of all
 * keys, and twelve more rounds of it, each followed by a shift, make the bit. Nothing is known to tell their mean from 1/2.
 *
 * The bits of hashes at a fixed distance correlate, by about 0.03 of either sign (measured; a good hash: 0). Unmarked text does
 * not show it. But a text that was marked under one key is not at chance under another: at 300 tokens and 30 layers z has a
 * variance of 3.7, and 12 % of other keys give p below 0.01 (measured); longer texts are worse. So a p says which of several
 * such keys made a text only next to the p of the others.
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
    copies: copiesIn(keys),
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

/** The high half of (high, low) * M; the low half is `Math.imul(low, M_LOW)`. Both quarters of M_LOW are below 2^15. */
function timesHigh(high: number, low: number): number {
  const a = low & 0xffff;
  const b = low >>> 16;
  const middle = (Math.imul(b, 0x7f2d) + (Math.imul(a, 0x7f2d) >>> 16)) | 0;
  const cross = (Math.imul(a, 0x4c95) + (middle & 0xffff)) | 0;
  const carried = (Math.imul(b, 0x4c95) + (middle >>> 16) + (cross >>> 16)) | 0;
  return (carried + Math.imul(low, M_HIGH) + Math.imul(high, M_LOW)) | 0;
}

/** The 33rd bit of a + b, of which `sum` has the low 32: set where both top bits are, or one is and the sum's is not. */
const carryOf = (a: number, b: number, sum: number): number => ((a & b) | ((a | b) & ~sum)) >>> 31;

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
/** The multiplier's words. */
const M_HIGH = 0x5851f42d;
const M_LOW = 0x4c957f2d;
const ROUNDS = 12;
const MULTIPLIER = 6364136223846793005n;
const START_MODULUS = 2n ** 63n - 1n;
