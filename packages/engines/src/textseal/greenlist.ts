/**
 * TextSeal's `greenlist`, 0.0.5 and 0.2.0 (posthoc/generator.py, posthoc/detector.py): by default the bias comes behind temperature
 * and top-p, on what is left of the row; with `after_topp` false, on raw logits.
 *
 * The share of green levels is not gamma, but 4096 / 8191 where gamma is 0.5. Its p-value takes gamma, and is a mid-p value: smaller
 * than the exact one. How the levels of different pairs hang together: see prf.ts.
 * @module
 */
import { bernoulliGreenlist } from '../families/bernoulli-greenlist.ts';
import type { Recipe, Settings } from '../opener.ts';
import { figuresOf, greenFigures, midP, positionsOf } from './figures.ts';
import { distinctSums, greenLevels, LEVELS, prf, textSealFields } from './prf.ts';

export function openGreenlist({ config }: Settings): Recipe {
  const { key, ngram, gamma, delta, afterTopP, scoring } = textSealFields(config, ['greenlist', 'maryland']);
  const { seed, level } = prf(key, ngram);
  const limit = greenLevels(gamma);
  const place = afterTopP
    ? ({ acts: 'distribution' } as const)
    : ({ acts: 'logits', stage: 'pre-temperature' } as const);
  return bernoulliGreenlist({
    title: `TextSeal greenlist gamma ${gamma} delta ${delta}, context ${ngram}`,
    ...place,
    contextWidth: ngram,
    coins: { seed, isGreen: (token) => level(token) < limit },
    p: limit / LEVELS,
    delta,
    distinct: distinctSums,
    compat(tokens) {
      const positions = positionsOf(tokens, ngram, scoring);
      const n = positions.length;
      let green = 0;
      for (const i of positions) {
        seed(tokens, i - ngram);
        if (level(tokens[i]) < limit) green++;
      }
      const figures = { ...figuresOf(green, n, midP(green, n, gamma)), ...greenFigures(green, n) };
      return { detector: 'TextSeal evaluator', figures };
    },
  });
}
