/**
 * The green list of Three Bricks (facebookresearch/three_bricks, commit ee9c7a28, method `maryland`), derived anew from its
 * formulas. Fernandez, Chaffin, Tit, Chappelier & Furon 2023, "Three Bricks to Consolidate Watermarks for Large Language Models".
 *
 * The list is rolled by the payload: under message m token t is green if t + m is on it. Its generator permutes a row of logits,
 * its detector the tokenizer's ids: where the two widths differ it does not find its own mark, and `vocabSize` is the row's.
 * Its detector skips the first token that has a whole context. The key is reduced to 32 bits of seed, for a
 * generator that runs on a CPU whatever the model's device.
 * @module
 */
import type { EngineFigures } from '@taggant/core';
import { lnBinomialTail } from '@taggant/stats';
import { distinctFlags, normalTail, sumOf, zOfGreen } from '../families/green-figures.ts';
import { permutedGreenlist } from '../families/permuted-greenlist.ts';
import { floorMod, SEED_MODULUS } from '../int64.ts';
import { needVocabSize, type Recipe, type Settings } from '../opener.ts';
import { cpuPermutations } from '../random/permutations.ts';

export function openGreenlist(settings: Settings): Recipe {
  const { config } = settings;
  const vocabSize = needVocabSize(settings);
  config.choice('method', ['maryland'], 'maryland');
  // The other modes of seeding fail in the detector, or in the generator too.
  config.choice('seeding', ['hash'], 'hash');
  const width = config.integer('ngram', 1, 64, 4);
  const key = config.key('seed', 0n, SEED_MODULUS, 0n);
  // The class and the command line call it by two names. With 0 no key would enter the seed.
  const salt = BigInt(config.integer(config.has('salt_key') ? 'salt_key' : 'hash_key', 1, 2 ** 53 - 1, 35317));
  const gamma = config.share('gamma', 0.25);
  const delta = config.number('delta', -100, 100, 4);
  const most = config.integer('payload_max', 0, vocabSize - 1, 0);
  const payload = config.integer('payload', 0, vocabSize - 1, 0);
  const once = config.choice('scoring_method', ['none', 'v1', 'v2'], 'none');
  const test = config.choice('method_detect', ['same', 'maryland', 'marylandz'], 'same');
  config.ignore('temperature', 'top_p');
  return permutedGreenlist({
    title: `Three Bricks green list gamma ${gamma} delta ${delta} payload ${payload}, context ${width}`,
    contextWidth: width,
    permutations: cpuPermutations(vocabSize),
    greenCount: Math.trunc(vocabSize * gamma),
    delta,
    stage: 'pre-temperature',
    roll: payload,
    seedOf(tokens, from) {
      let seed = key;
      for (let i = from; i < from + width; i++) seed = floorMod(seed * salt + BigInt(tokens[i]), SEED_MODULUS);
      return seed;
    },
    compat(tokens, flagsOf) {
      const scored = tokens.subarray(1);
      const tail = test === 'marylandz' ? normalP : exactP;
      const counts = Array.from({ length: most + 1 }, (_, message) => {
        const all = flagsOf(scored, message);
        const flags = once === 'none' ? all : distinctFlags(scored, once === 'v1' ? width : width + 1, all);
        return { green: sumOf(flags), n: flags.length };
      });
      const pValues = counts.map(({ green, n }) => (n === 0 ? 1 : Math.max(1e-200, tail(green, n, gamma))));
      return figuresOf(counts, pValues);
    },
  });
}

const exactP = (green: number, n: number, gamma: number) => Math.exp(lnBinomialTail(green, n, gamma));
const normalP = (green: number, n: number, gamma: number) => normalTail(zOfGreen(green, n, gamma));

/** The message with the smallest p-value, and that p-value corrected for all the messages there are. */
function figuresOf(counts: readonly { green: number; n: number }[], pValues: readonly number[]): EngineFigures {
  const payload = pValues.indexOf(Math.min(...pValues));
  const { green, n } = counts[payload];
  const tests = counts.length;
  const p = pValues[payload];
  const corrected = p > Math.min(1 / tests, 1e-5) ? 1 - (1 - p) ** tests : tests * p;
  return {
    detector: 'Three Bricks',
    figures: { num_token: n, score: n === 0 ? 0 : green / n, pvalue: tests === 1 ? p : corrected, payload },
  };
}
