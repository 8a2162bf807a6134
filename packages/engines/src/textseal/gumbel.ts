/**
 * TextSeal's `gumbelmax` (0.0.5 and 0.2.0) and its mark of two keys, `textseal` (0.2.0).
 *
 * A uniform is the lower end of one of 8,191 cells, so a score is never above the exponential that it stands for. How the
 * levels of different pairs hang together is another matter: see prf.ts.
 *
 * Of 0.2.0, which is on no package index, we have no figures to compare with: its mark has no `compat`. A token drawn anew at
 * each step, without any key, chooses the key, so both are needed to detect; by default the second is the first plus 12345.
 * @module
 */
import { lnGammaTail } from '@taggant/stats';
import { type GumbelKey, uniformGumbel } from '../families/uniform-gumbel.ts';
import { int64 } from '../int64.ts';
import type { Recipe, Settings } from '../opener.ts';
import { figuresOf, positionsOf } from './figures.ts';
import { distinctSums, LEVELS, prf, textSealFields } from './prf.ts';

export function openGumbel({ config }: Settings): Recipe {
  const { key, ngram, scoring } = textSealFields(config, ['gumbelmax', 'openai']);
  const { level, seed } = prf(key, ngram);
  return uniformGumbel({
    title: `TextSeal gumbelmax, context ${ngram}`,
    contextWidth: ngram,
    keys: [gumbelKey(key, ngram, 1)],
    distinct: distinctSums,
    compat(tokens) {
      const positions = positionsOf(tokens, ngram, scoring);
      const n = positions.length;
      let sum = 0;
      for (const i of positions) {
        seed(tokens, i - ngram);
        const u = Math.fround(level(tokens[i]) / LEVELS);
        sum -= Math.fround(Math.log(Math.fround(1 - u)));
      }
      const p = n === 0 ? Number.NaN : Math.exp(lnGammaTail(sum, n));
      return { detector: 'TextSeal evaluator', figures: figuresOf(sum, n, p) };
    },
  });
}

export function openDualKeyGumbel({ config }: Settings): Recipe {
  const { key, secondKey, alpha, ngram } = textSealFields(config, ['textseal']);
  const second = secondKey < 0n ? int64(key + 12345n) : secondKey;
  return uniformGumbel({
    title: `TextSeal textseal mixing ${alpha}, context ${ngram}`,
    contextWidth: ngram,
    // The same key twice is one key.
    keys:
      int64(second) === int64(key)
        ? [gumbelKey(key, ngram, 1)]
        : [gumbelKey(key, ngram, alpha), gumbelKey(second, ngram, 1 - alpha)],
    distinct: distinctSums,
  });
}

function gumbelKey(key: bigint, ngram: number, share: number): GumbelKey {
  const { seed, level } = prf(key, ngram);
  return { share, uniforms: { seed, of: (token) => level(token) / LEVELS } };
}
