/** The tail of a weighted sum of two gammas in log space: the null law of a Gumbel mark with two keys. @module */
import { check } from './check.ts';
import { lnGammaTail } from './gamma.ts';
import { lnGamma } from './ln-gamma.ts';
import { lnAdd } from './log-space.ts';

/**
 * ln P[a G + b H >= x] for independent G and H, each a sum of n unit exponentials.
 *
 * A gamma of the larger scale b is one of the smaller scale a with K more terms, K negative binomial with success
 * probability a / b (Moschopoulos 1985, "The distribution of the sum of independent gamma random variables", of which this is
 * the case of two): the tail is the sum over k of P[K = k] P[Gamma(2 n + k, 1) >= x / a], all of it positive.
 *
 * x: any finite number >= 0. n: an integer from 1 to 2^31. Scales above 0, of which one is at most 100 times the other. The
 * relative error of p is below 1e-9 for ln p down to -16384.
 *
 * @throws TypeError, RangeError for anything else; never returns NaN.
 * @example
 * lnGammaSumTail(150, 100, [0.9, 0.1]); // -13.967005831856836
 */
export function lnGammaSumTail(x: number, n: number, scales: readonly [number, number]): number {
  check('x', x, x >= 0 && x < Infinity, 'a finite number >= 0');
  check('n', n, Number.isInteger(n) && n >= 1 && n <= 2 ** 31, 'an integer in [1, 2^31]');
  const [small, large] = scales[0] < scales[1] ? scales : [scales[1], scales[0]];
  check('scales', small, small > 0 && large <= 100 * small, 'two numbers > 0, the larger at most 100 times the other');
  if (x === 0) return 0;
  const scaled = x / small;
  if (small === large) return lnGammaTail(scaled, 2 * n);
  const lnShare = Math.log1p(-small / large);
  const lnStart = n * Math.log(small / large) - lnGamma(n);
  const lnChance = (k: number) => lnStart + lnGamma(n + k) - lnGamma(k + 1) + k * lnShare;
  const lnTerm = (k: number) => lnChance(k) + lnGammaTail(scaled, 2 * n + k);
  const top = peakOf(lnTerm);
  const floor = lnTerm(top) - NEGLIGIBLE;
  let k = firstAbove(lnTerm, floor, top);
  let chance = lnChance(k);
  let tail = lnGammaTail(scaled, 2 * n + k);
  let lnStep = (2 * n + k) * Math.log(scaled) - scaled - lnGamma(2 * n + k + 1);
  let sum = Number.NEGATIVE_INFINITY;
  // Q(s + 1, x) = Q(s, x) + x^s e^-x / Gamma(s + 1) (DLMF 8.8.6), and the chances by their ratio.
  for (; ; k++) {
    sum = lnAdd(sum, chance + tail);
    if (k > top && chance + tail < floor) return Math.min(0, sum);
    chance += lnShare + Math.log((n + k) / (k + 1));
    tail = lnAdd(tail, lnStep);
    lnStep += Math.log(scaled / (2 * n + k + 1));
  }
}

/** Where a function of k = 0, 1, 2, ... that rises and then falls is largest. */
function peakOf(f: (k: number) => number): number {
  let high = 1;
  while (f(2 * high) > f(2 * high - 1)) high *= 2;
  let low = 0;
  high *= 2;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (f(middle + 1) > f(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The first k up to `top` where a function that rises until then is at least `floor`. */
function firstAbove(f: (k: number) => number, floor: number, top: number): number {
  let low = 0;
  let high = top;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (f(middle) >= floor) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Terms smaller than the largest by this factor's exponential are left out: 1e-20 of it. */
const NEGLIGIBLE = 46;
