/**
 * TextSeal's pseudorandom function (textseal 0.0.5, common/watermark/pseudorandom.py; the same in 0.2.0): a linear sum of tokens and
 * key, times a constant, one shift, and the rest modulo 8191.
 *
 * What is weak: it is no pseudorandom function. Over keys each level of 0 to 8190 is equally likely, but the levels of two
 * pairs hang together by the difference of their sums, with correlations of some hundredths either way; no law of a sum of them
 * can be exact. Pairs with equal sums are copies, and count once here.
 * @module
 */
import type { Pairs } from '@taggant/core';
import type { Config } from '../config.ts';
import { distinctUnits } from '../distinct.ts';
import { INT64_MAX, INT64_MIN, low32 } from '../int64.ts';
import { multiply64 } from '../random/multiply64.ts';

export interface Prf {
  /** Takes up the context that starts at `from` in `tokens`: what `level` gives from then on belongs to it. */
  seed(tokens: Uint32Array, from: number): void;
  /** 0 to 8190: the uniform of a token is that, divided by 8191. */
  level(token: number): number;
}

/** For contexts of `ngram` tokens. */
export function prf(key: bigint, ngram: number): Prf {
  const keyed = KEY_FACTOR * key;
  const [keyLow, keyHigh] = [low32(keyed), low32(keyed >> 32n)];
  const product = new Uint32Array(2);
  let context = 0;
  return {
    seed(tokens, from) {
      context = linearSum(tokens, from, ngram);
    },
    level(token) {
      const sum = context + TOKEN_FACTOR * token;
      const low = (sum >>> 0) + keyLow;
      multiply64(low, Math.floor(sum / TWO_32) + keyHigh + (low >= TWO_32 ? 1 : 0), SCALE_LOW, SCALE_HIGH, product);
      const high = product[1] | 0;
      const mixedLow = (product[0] ^ ((product[0] >>> 13) | (high << 19))) >>> 0;
      const mixedHigh = high ^ (high >> 13);
      // Modulo 2^13 - 1, 2^32 is 2^6.
      const rest = (64 * mixedHigh + mixedLow) % LEVELS;
      return rest < 0 ? rest + LEVELS : rest;
    },
  };
}

/** Of the context's tokens; below 2^53, with the token's part too. */
export function linearSum(tokens: Uint32Array, from: number, ngram: number): number {
  let sum = 0;
  for (let i = 0; i < ngram; i++) sum += PRIMES[i] * tokens[from + i];
  return sum;
}

/** Pairs of different sums. */
export function distinctSums(pairs: Pairs): Pairs {
  const { contexts, contextWidth, tokens } = pairs;
  return distinctUnits(pairs, (i) => {
    const sum = linearSum(contexts, i * contextWidth, contextWidth) + TOKEN_FACTOR * tokens[i];
    return [sum >>> 0, Math.floor(sum / TWO_32)];
  });
}

/** How many levels make a green token. */
export function greenLevels(gamma: number): number {
  const limit = Math.fround(gamma);
  let levels = 0;
  while (levels < LEVELS && Math.fround(levels / LEVELS) < limit) levels++;
  return levels;
}

/** The fields that all of TextSeal's marks read. `types`: the names of the mark in `watermark_type`. */
export function textSealFields(config: Config, types: readonly string[]) {
  config.choice('watermark_type', types, types[0]);
  config.choice('method', ['uniform', 'binary'], 'uniform');
  if (config.flag('key_routing', false))
    throw new RangeError('"config.key_routing" expected false, got true: unknown here');
  // What other marks of TextSeal read.
  config.ignore('alpha', 'k_morphmark', 'p_0', 'chunk_size', 'num_drafts', 'base_watermark');
  return {
    key: config.key('secret_key', INT64_MIN, INT64_MAX, 42n),
    // Of 0.2.0: the second key, and how often the first one chooses.
    secondKey: config.key('secret_key_b', INT64_MIN, INT64_MAX, -1n),
    alpha: config.number('mixing_alpha', 0, 1, 0.5),
    ngram: config.integer('ngram', 1, PRIMES.length, 1),
    gamma: config.number('gamma', 1 / LEVELS, 1 - 1 / LEVELS, 0.5),
    depth: config.integer('depth', 1, 32, 30),
    delta: config.number('delta', 0, 100, 2),
    afterTopP: config.flag('after_topp', true),
    scoring: config.choice('scoring_method', ['none', 'v1', 'v2'], 'v2'),
  };
}

export const LEVELS = 8191;
export const TOKEN_FACTOR = 100000007;
const KEY_FACTOR = 500001713n;
const SCALE = 15485863n * 40499n;
const [SCALE_LOW, SCALE_HIGH] = [low32(SCALE), low32(SCALE >> 32n)];
/** The oldest token's factor comes first. */
const PRIMES = [
  10000019, 10000247, 10000439, 10000643, 10000747, 10000867, 10000993, 10001213, 10001357, 10001501,
] as const;
const TWO_32 = 2 ** 32;
