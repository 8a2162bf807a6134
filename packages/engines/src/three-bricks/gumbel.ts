/**
 * The Gumbel mark of Three Bricks (facebookresearch/three_bricks, commit ee9c7a28, method `openai`), derived anew from its formulas.
 * Fernandez, Chaffin, Tit, Chappelier & Furon 2023, "Three Bricks to Consolidate Watermarks for Large Language Models".
 *
 * The key `seed` and the context are folded into 32 bits that seed torch's CPU generator, whatever the model's device; the
 * candidate's uniform is one of its draws, rolled by the payload. A uniform is k / 2^24 with k random, the lower end of its
 * cell, so a score is never above the exponential that it stands for, and p never too small. What is weak: 32 bits of seed
 * can be searched, and where contexts are short the seed is linear in key and tokens. Contexts of one seed count once here.
 *
 * Its detector skips the first token that has a whole context. It sums in float32, we in float64: p agrees to 1e-4.
 * @module
 */
import type { EngineFigures } from '@taggant/core';
import { lnGammaTail, lnNormalTail } from '@taggant/stats';
import { distinctSeeds } from '../distinct.ts';
import { type Uniforms, uniformGumbel } from '../families/uniform-gumbel.ts';
import { floorMod, low32, SEED_MODULUS } from '../int64.ts';
import { needVocabSize, type Recipe, type Settings } from '../opener.ts';
import { TorchRand } from '../random/torch-rand.ts';
import { scoredPositions } from '../scored.ts';

export function openGumbel(settings: Settings): Recipe {
  const { config } = settings;
  const vocabSize = needVocabSize(settings);
  config.choice('method', ['openai'], 'openai');
  // The other modes of seeding fail in the detector, or in the generator too.
  config.choice('seeding', ['hash'], 'hash');
  const width = config.integer('ngram', 1, 64, 4);
  const key = config.key('seed', 0n, SEED_MODULUS, 0n);
  // The class and the command line call it by two names. With 0 no key would enter the seed.
  const salt = BigInt(config.integer(config.has('salt_key') ? 'salt_key' : 'hash_key', 1, 2 ** 53 - 1, 35317));
  const most = config.integer('payload_max', 0, vocabSize - 1, 0);
  const payload = config.integer('payload', 0, vocabSize - 1, 0);
  const once = ONCE[config.choice('scoring_method', ['none', 'v1', 'v2'], 'none')];
  const test = config.choice('method_detect', ['same', 'openai', 'openaiz'], 'same');
  config.ignore('temperature', 'top_p', 'gamma', 'delta');
  const seedOf = (tokens: Uint32Array, from: number) => {
    let seed = key;
    for (let i = from; i < from + width; i++) seed = floorMod(seed * salt + BigInt(tokens[i]), SEED_MODULUS);
    return low32(seed);
  };
  const draws = new TorchRand();
  const uniformsOf = (message: number): Uniforms => ({
    seed: (tokens, from) => draws.seed(seedOf(tokens, from)),
    of: (token) => draws.at((token + message) % vocabSize),
  });
  return uniformGumbel({
    title: `Three Bricks gumbel payload ${payload}, context ${width}`,
    contextWidth: width,
    keys: [{ uniforms: uniformsOf(payload), share: 1 }],
    distinct: (pairs) => distinctSeeds(pairs, (i) => [seedOf(pairs.contexts, i * width)]),
    compat(tokens) {
      const positions = scoredPositions(tokens, { first: width + 1, width, once });
      const sums = new Float64Array(most + 1);
      for (const i of positions) {
        draws.seed(seedOf(tokens, i - width));
        for (let message = 0; message <= most; message++) {
          sums[message] -= Math.log1p(-draws.at((tokens[i] + message) % vocabSize));
        }
      }
      return figuresOf(sums, positions.length, test === 'openaiz' ? normalTail : gammaTail);
    },
  });
}

/** The message with the smallest p-value, and that p-value corrected for all the messages there are. */
function figuresOf(sums: Float64Array, n: number, tail: (sum: number, n: number) => number): EngineFigures {
  const pValues = Array.from(sums, (sum) => (n === 0 ? 1 : Math.max(1e-200, tail(sum, n))));
  const payload = pValues.indexOf(Math.min(...pValues));
  const tests = sums.length;
  const p = pValues[payload];
  const corrected = p > Math.min(1 / tests, 1e-5) ? 1 - (1 - p) ** tests : tests * p;
  const pvalue = tests === 1 ? p : corrected;
  return { detector: 'Three Bricks', figures: { num_token: n, score: sums[payload] / n, pvalue, payload } };
}

const gammaTail = (sum: number, n: number) => Math.exp(lnGammaTail(sum, n));
/** Theirs divides by the deviation of a Gumbel variable, pi / sqrt(6), where that of an exponential is 1. */
const normalTail = (sum: number, n: number) =>
  Math.exp(lnNormalTail(((sum / n - 1) * Math.sqrt(n)) / (Math.PI / Math.sqrt(6))));

const ONCE = { none: 'all', v1: 'context', v2: 'pair' } as const;
