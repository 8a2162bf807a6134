/** From the sum of n scores to an exact ln p under the mark's null law (statistics.md). @module */
import type { NullLaw } from '@taggant/core';
import { lnBinomialTail, lnGammaSumTail, lnGammaTail } from '@taggant/stats';

/** ln P[sum >= observed] for n distinct pairs: the exact upper tail, never a normal approximation. */
export function lnTail(law: NullLaw, sum: number, n: number): number {
  if (n === 0) return 0;
  switch (law.law) {
    case 'binomial':
      return lnBinomialTail(sum, n * law.trials, law.p);
    case 'gamma':
      return lnGammaTail(sum, n * law.shape);
    case 'gamma-sum':
      return lnGammaSumTail(sum, n, law.scales);
  }
}

/** Mean and variance of one pair's score under the null. */
export function nullMoments(law: NullLaw): { mean: number; variance: number } {
  switch (law.law) {
    case 'binomial':
      return { mean: law.trials * law.p, variance: law.trials * law.p * (1 - law.p) };
    case 'gamma':
      return { mean: law.shape, variance: law.shape };
    case 'gamma-sum':
      return {
        mean: law.scales.reduce((sum, scale) => sum + scale, 0),
        variance: law.scales.reduce((sum, scale) => sum + scale * scale, 0),
      };
  }
}

/** (sum - mean) / sd under the null: for display and comparison with other tools; the verdict rests on ln p. */
export function zScore(law: NullLaw, sum: number, n: number): number {
  if (n === 0) return 0;
  const { mean, variance } = nullMoments(law);
  return (sum - n * mean) / Math.sqrt(n * variance);
}
