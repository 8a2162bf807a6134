/**
 * MarkLLM's KGW (THU-BPM/MarkLLM, commit 112fa74, and PyPI 0.1.5: watermark/kgw/kgw.py). It is not the mark of Kirchenbauer et
 * al. 2023: the context is hashed by a keyed permutation of the V token ids, and the seed is reduced modulo V, so there are
 * V lists in all, the same ones for every key. V is the length of the tokenizer there, unless it was told another. Its configuration's
 * device, a graphics card by default, draws the permutation and the lists.
 *
 * Weak: those V lists can be tabulated once and for all. A previous token of 0 gives every context one list with `time`, whose
 * products collide 5.6 times too often modulo 50,272. Pairs that share list and token count once here. The null law takes the
 * lists for random ones; over random keys only the choice among the V is random.
 * @module
 */
import type { EngineFigures } from '@taggant/core';
import { sumOf, zOfGreen } from '../families/green-figures.ts';
import { permutedGreenlist } from '../families/permuted-greenlist.ts';
import { floorMod, INT64_MIN, SEED_MODULUS } from '../int64.ts';
import { needVocabSize, type Recipe, type Settings } from '../opener.ts';
import { permutationsOf } from '../random/permutations.ts';

export function openKgw(settings: Settings): Recipe {
  const { config } = settings;
  const vocabSize = needVocabSize(settings);
  const permutations = permutationsOf(settings, vocabSize);
  config.choice('algorithm_name', ['KGW'], 'KGW');
  const gamma = config.share('gamma', 0.5);
  const delta = config.number('delta', -100, 100, 2);
  const key = config.key('hash_key', INT64_MIN, SEED_MODULUS, 15485863n);
  const width = config.integer('prefix_length', 1, 64, 1);
  const fScheme = config.choice('f_scheme', ['time', 'additive', 'skip', 'min'], 'time');
  const f = FUNCTIONS[fScheme];
  const scheme = config.choice('window_scheme', ['left', 'self'], 'left');
  const threshold = config.number('z_threshold', -1e9, 1e9, 4);
  const keyed = Number(floorMod(key, BigInt(vocabSize)));
  let made: Uint32Array | undefined;
  const permutation = () => {
    made ??= permutations.head(permutations.seed(BigInt.asUintN(64, key)), vocabSize).slice();
    return made;
  };
  return permutedGreenlist({
    title: `MarkLLM KGW ${fScheme} ${scheme} gamma ${gamma} delta ${delta}, context ${width}`,
    contextWidth: width,
    permutations,
    greenCount: Math.trunc(vocabSize * gamma),
    delta,
    stage: 'pre-temperature',
    // Every candidate is looked at.
    ...(scheme === 'self' ? { selfSaltCandidates: Number.POSITIVE_INFINITY } : {}),
    seedOf(tokens, from, candidate) {
      const prf = permutation();
      const value = f(prf, tokens, from, width);
      return BigInt((value * (scheme === 'self' ? prf[candidate % vocabSize] : keyed)) % vocabSize);
    },
    compat(tokens, flagsOf): EngineFigures {
      const flags = flagsOf(tokens);
      const score = zOfGreen(sumOf(flags), flags.length, gamma);
      const figures: EngineFigures['figures'] = flags.length === 0 ? {} : { score, is_watermarked: score > threshold };
      return { detector: 'MarkLLM KGW', figures };
    },
  });
}

type ContextFunction = (prf: Uint32Array, tokens: Uint32Array, from: number, width: number) => number;

/** Of the `width` tokens from `from` on, each below 2^24: products stay below 2^48. Ids beyond V, which it refuses, are reduced. */
const FUNCTIONS: Readonly<Record<'time' | 'additive' | 'skip' | 'min', ContextFunction>> = {
  time(prf, tokens, from, width) {
    let product = 1;
    for (let i = from; i < from + width; i++) product = (product * tokens[i]) % prf.length;
    return prf[product % prf.length];
  },
  additive(prf, tokens, from, width) {
    let sum = 0;
    for (let i = from; i < from + width; i++) sum += tokens[i];
    return prf[sum % prf.length];
  },
  skip: (prf, tokens, from) => prf[tokens[from] % prf.length],
  min(prf, tokens, from, width) {
    let least = prf.length;
    for (let i = from; i < from + width; i++) least = Math.min(least, prf[tokens[i] % prf.length]);
    return least;
  },
};
