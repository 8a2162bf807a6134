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

/**
 * ln E[exp(lambda X)] of one pair's score under the null, the cumulant of an `EProcess`; Infinity where there is none: for
 * Gumbel scores from lambda = 1 on, for the sum of two from 1 over the larger scale on. What a Gumbel score really has is a little
 * less, because it is -ln(1 - u) at the middle u of one of 2^32 cells, and the mean over a cell of a convex function is
 * more than its value there: an e-value needs no correction for that.
 *
 * @example
 * cumulantOf({ law: 'gamma', shape: 1 })(0.5); // 0.6931471805599453: E[exp(X / 2)] = 2
 */
export function cumulantOf(law: NullLaw): (lambda: number) => number {
  const ofExponential = (t: number) => (t < 1 ? -Math.log1p(-t) : Number.POSITIVE_INFINITY);
  switch (law.law) {
    case 'binomial': {
      const { trials, p } = law;
      // The second form neither overflows nor cancels.
      return (t) => trials * (t < 1 ? Math.log1p(p * Math.expm1(t)) : t + Math.log(p + (1 - p) * Math.exp(-t)));
    }
    case 'gamma':
      return (t) => law.shape * ofExponential(t);
    case 'gamma-sum':
      return (t) => law.scales.reduce((sum, scale) => sum + ofExponential(t * scale), 0);
  }
}

/**
 * Lambdas for an `EProcess` of scores under this law, a factor of sqrt(2) apart, so that one of them is within a factor of
 * 2^(1/4) of the best for any mark, which costs at most 5 % of the growth: from traces that shift a score's mean by 1/500 of
 * its standard deviation to texts in which nearly every score is as high as it gets. 15 to 27 of them.
 *
 * `largestWeight`: the largest that scores will be multiplied by; the grid then begins so much lower, at two lambdas more for each
 * doubling; for Gumbel scores it ends so much lower too, because lambda times weight has to stay below 1.
 *
 * @example
 * const evidence = new EProcess(cumulantOf(mark.law), tiltsOf(mark.law));
 */
export function tiltsOf(law: NullLaw, largestWeight = 1): number[] {
  if (!(largestWeight >= 1 && largestWeight < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`"largestWeight" expected a finite number of at least 1, got ${largestWeight}`);
  }
  const weakest = WEAKEST / Math.sqrt(nullMoments(law).variance);
  if (law.law === 'binomial') {
    // e^-4 of the growth that a text of nothing but successes has is lost at the strongest.
    const strongest = 4 + Math.max(0, Math.log((1 - law.p) / law.p));
    return geometric(weakest / largestWeight, strongest);
  }
  // An exponential score of mean 1 + x has its best lambda at x / (1 + x).
  const largestScale = law.law === 'gamma' ? 1 : Math.max(...law.scales);
  const odds = geometric(weakest * largestScale, STRONGEST_ODDS);
  return odds.map((x) => x / (1 + x) / (largestScale * largestWeight));
}

function geometric(from: number, to: number): number[] {
  const steps = Math.ceil(2 * Math.log2(to / from));
  return Array.from({ length: steps + 1 }, (_, i) => from * 2 ** (i / 2));
}

/** Shift of the mean, in standard deviations. */
const WEAKEST = 1 / 500;
/** Gumbel scores of 17 on average: each token one of more than ten million. */
const STRONGEST_ODDS = 16;
