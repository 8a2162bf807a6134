/**
 * SBW, "stateless Bernoulli watermarking", as vLLM's open pull request 56859 has it (commit 01c268bc), in no release up to 0.33.0:
 * a green list whose coins are words of Philox, seeded by an integer made of key and context. It biases raw logits.
 *
 * What is weak: the seed is 0 under every key where the context sums up to 0 (lefthash: previous token 0) or key is 0, and for
 * some keys where the context is not yet whole (selfhash). Such coins are no secret, and are not scored here. A selfhash
 * of width w looks at w - 1 tokens only; of width 1 at none, which gives one fixed list. The detector of the pull request hashes
 * the tokens that lefthash sums up, and its generator does not: it cannot find its own lefthash texts. Its z-test is not exact.
 * @module
 */
import type { EngineFigures, Pairs } from '@taggant/core';
import { philoxBlock } from '@taggant/kernels';
import { lnNormalTail } from '@taggant/stats';
import { distinctSeeds, only } from '../distinct.ts';
import { bernoulliGreenlist, type Coins } from '../families/bernoulli-greenlist.ts';
import { INT64_MAX, low32 } from '../int64.ts';
import type { Recipe, Settings } from '../opener.ts';
import { multiply64 } from '../random/multiply64.ts';
import { START } from './prf.ts';
import { padded, vllmSettings } from './settings.ts';

export function openSbw({ config }: Settings): Recipe {
  const scheme = config.choice('sbw_scheme', ['selfhash', 'lefthash'], 'selfhash');
  const gamma = config.number('sbw_gamma', 2 ** -31, 1 - 2 ** -31, 0.5);
  const delta = config.number('sbw_delta', 0, 100, 2);
  // Keys from 2^63 on overflow in the pull request.
  const { key, width, detector } = vllmSettings(config, 'sbw', {
    width: scheme === 'selfhash' ? 4 : 1,
    most: INT64_MAX,
  });
  const limit = Math.trunc(gamma * 0x7fffffff);
  const seeds = scheme === 'selfhash' ? selfhash(key, width) : lefthash(key, width, (token) => token | 0);
  const coins = coinsOf(seeds, limit);
  const theirs = scheme === 'selfhash' ? coins : coinsOf(lefthash(key, width, jenkins), limit);
  return bernoulliGreenlist({
    title: `vLLM sbw ${scheme} gamma ${gamma} delta ${delta}, context ${width}`,
    acts: 'logits',
    stage: 'pre-temperature',
    contextWidth: width,
    start: START,
    coins,
    p: limit / 2 ** 31,
    delta,
    distinct(pairs) {
      const keyed = seededPairs(pairs, seeds);
      return distinctSeeds(keyed, (i) => {
        seeds.take(keyed.contexts, i * width);
        return Array.from(seeds.of(keyed.tokens[i]));
      });
    },
    compat(tokens): EngineFigures {
      const text = padded(tokens, width);
      const positions = detector.positions(text);
      let green = 0;
      for (const i of positions) {
        theirs.seed(text, i - width);
        if (theirs.isGreen(text[i])) green++;
      }
      const n = positions.length;
      const z = (green - gamma * n) / Math.sqrt(n * gamma * (1 - gamma));
      return detector.figures(green, n === 0 ? 1 : Math.exp(lnNormalTail(z)), n);
    },
  });
}

/** Seeds of 64 bits. */
interface Seeds {
  /** Takes up the context that starts at `from`. */
  take(tokens: Uint32Array, from: number): void;
  /** Low and high word of a candidate's seed, in memory that the next call writes again. */
  of(token: number): Uint32Array;
}

/** The key times the sum of the context's values. */
function lefthash(key: bigint, width: number, termOf: (token: number) => number): Seeds {
  const [low, high] = [low32(key), low32(key >> 32n)];
  const seed = new Uint32Array(2);
  return {
    take(tokens, from) {
      let sum = 0;
      for (let i = from; i < from + width; i++) sum += termOf(tokens[i]);
      multiply64(low, high, sum | 0, Math.floor(sum / 2 ** 32), seed);
    },
    of: () => seed,
  };
}

/** The least of key * h(token) * h(token) and of key * h(c) * h(token) for each c of the context but the oldest. */
function selfhash(key: bigint, width: number): Seeds {
  const [low, high] = [low32(key), low32(key >> 32n)];
  // The key times each h(c), in pairs of words; the last pair is the candidate's own.
  const scaled = Array.from({ length: width }, () => new Uint32Array(2));
  const own = scaled[width - 1];
  const seed = new Uint32Array(2);
  const least = new Uint32Array(2);
  return {
    take(tokens, from) {
      for (let i = 1; i < width; i++) {
        const hash = jenkins(tokens[from + i]);
        multiply64(low, high, hash, hash >> 31, scaled[i - 1]);
      }
    },
    of(token) {
      const hash = jenkins(token);
      multiply64(low, high, hash, hash >> 31, own);
      for (let i = 0; i < width; i++) {
        multiply64(scaled[i][0], scaled[i][1], hash, hash >> 31, seed);
        if (i === 0 || isLess(seed, least)) least.set(seed);
      }
      return least;
    },
  };
}

/** Compares signed integers of 64 bits. */
function isLess(a: Uint32Array, b: Uint32Array): boolean {
  return a[1] === b[1] ? a[0] < b[0] : (a[1] | 0) < (b[1] | 0);
}

/** Jenkins' mix of a token plus 1, with signed shifts, as 32 signed bits; 0 where there is no token. */
function jenkins(token: number): number {
  let i = (token + 1) | 0;
  i = (i - (i << 6)) | 0;
  i ^= i >> 17;
  i = (i - (i << 9)) | 0;
  i ^= i << 4;
  i = (i - (i << 3)) | 0;
  i ^= i << 10;
  return i ^ (i >> 15);
}

function coinsOf(seeds: Seeds, limit: number): Coins {
  const block = new Uint32Array(4);
  return {
    seed: seeds.take,
    isGreen(token) {
      const seed = seeds.of(token);
      block[0] = token >>> 2;
      block[1] = 0;
      block[2] = 0;
      block[3] = 0;
      philoxBlock(block, seed[0], seed[1]);
      return (block[token & 3] & 0x7fffffff) < limit;
    },
  };
}

/** The pairs whose seed is not 0. */
function seededPairs(pairs: Pairs, seeds: Seeds): Pairs {
  const { n, contextWidth: width, contexts, tokens } = pairs;
  const kept: number[] = [];
  for (let i = 0; i < n; i++) {
    seeds.take(contexts, i * width);
    const [low, high] = seeds.of(tokens[i]);
    if (low !== 0 || high !== 0) kept.push(i);
  }
  return only(pairs, kept, undefined);
}
