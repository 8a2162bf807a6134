/**
 * How low, and how high, the sum of a response's scores can come out: bounds that hold at any n.
 *
 * Green counts: binomial tails, which bound those of unequal chances of the same mean (Hoeffding 1956, theorem 4).
 * Other scores: P[S <= E - t] <= exp(-t^2 / (2 (V + c t))), sub-gamma with scale c (Boucheron, Lugosi, Massart 2013,
 * section 2.4). A marked Gumbel score is the largest of x unit exponentials, a sum of independent E_j / j (Renyi): c =
 * 0 below and 1 above, V the sum of the variances; of two keys, of which one chose, the same and the larger scale on
 * both sides. A tournament's score lies in [0, m]: c = m / 3 on both sides (Bernstein).
 * @module
 */
import type { NullLaw, Strength } from '@taggant/core';
import { nullMoments } from '@taggant/detector';
import { binomialBand, binomialInterval, lnBinomialLowerTail } from '@taggant/stats';
import type { StrengthRange } from './token-strength.ts';

/** Upper bound on ln P[n scores of this strength sum to no more than this]. */
export function lnMissed(law: NullLaw, { mean, variance }: Strength, sum: number, n: number): number {
  const short = n * mean - sum;
  if (short <= 0) return 0;
  if (isCount(law)) return lnBinomialLowerTail(sum, n, mean);
  return (-short * short) / (2 * (n * variance + scalesOf(law).below * short));
}

/** What n scores of this strength sum to at least, but for a chance of at most beta. */
export function leastSum(law: NullLaw, { mean, variance }: Strength, n: number, beta: number): number {
  if (isCount(law)) return binomialBand(n, mean, 1 - 2 * beta)[0];
  const least = Math.max(0, n * mean - deviation(n * variance, scalesOf(law).below, beta));
  return law.law === 'binomial' ? Math.floor(least) : least;
}

/**
 * The evidence that is there, as a share of what a wholly marked response would carry: (E[S] - null) / (E[S marked] -
 * null). Each end is wrong with probability at most beta. The upper end leans on the least strength, the lower end on
 * the most. It needs nothing to be known about which steps were left unmarked.
 *
 * @example
 * const half = { mean: 0.5, variance: 0.25 };
 * shareOf({ law: 'binomial', trials: 1, p: 0.25 }, { least: half, most: half }, 300, 800, 1e-3);
 * // [0.29085968477827917, 0.7176194506502294]
 */
export function shareOf(law: NullLaw, range: StrengthRange, sum: number, n: number, beta: number): [number, number] {
  if (n === 0) return [0, 1];
  const none = nullMoments(law);
  const [low, high] = meanBounds(law, Math.max(none.variance, range.least.variance, range.most.variance), sum, n, beta);
  const share = (mean: number, whole: number) => Math.min(1, Math.max(0, (mean - none.mean) / (whole - none.mean)));
  return [
    range.most.mean > none.mean ? share(low, range.most.mean) : 0,
    range.least.mean > none.mean ? share(high, range.least.mean) : 1,
  ];
}

/** Bounds on the mean of n scores, each of at most this variance. */
function meanBounds(law: NullLaw, variance: number, sum: number, n: number, beta: number): [number, number] {
  if (isCount(law)) return binomialInterval(sum, n, 1 - 2 * beta);
  const { below, above } = scalesOf(law);
  return [(sum - deviation(n * variance, above, beta)) / n, (sum + deviation(n * variance, below, beta)) / n];
}

/** The t of exp(-t^2 / (2 (V + c t))) = beta. */
function deviation(variance: number, scale: number, beta: number): number {
  const nats = -Math.log(beta);
  return nats * scale + Math.sqrt((nats * scale) ** 2 + 2 * nats * variance);
}

const isCount = (law: NullLaw) => law.law === 'binomial' && law.trials === 1;

function scalesOf(law: NullLaw): { below: number; above: number } {
  switch (law.law) {
    case 'binomial':
      return { below: law.trials / 3, above: law.trials / 3 };
    case 'gamma':
      return { below: 0, above: 1 };
    case 'gamma-sum':
      return { below: Math.max(...law.scales), above: Math.max(...law.scales) };
  }
}
