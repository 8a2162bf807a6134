/** Exact binomial intervals: for a measured rate, and for the counts that a stated rate allows. @module */
import { lnBinomialLowerTail, lnBinomialTail } from './binomial.ts';
import { check, checkConfidence, checkCount, checkInteger, checkProbability } from './check.ts';

/**
 * Clopper and Pearson's (1934) exact interval for a success probability after k successes in n trials: each end leaves
 * (1 - confidence) / 2. It covers the truth at least that often, whatever the truth. n >= 1, 0 <= k <= n, confidence in
 * (0, 1).
 *
 * @throws TypeError, RangeError for anything else.
 * @example
 * binomialInterval(0, 1000, 0.95); // [0, 0.003682083896865671] (no false alarm in 1000 shows no more than this)
 */
export function binomialInterval(k: number, n: number, confidence: number): [lo: number, hi: number] {
  checkCount('n', n, 1);
  checkInteger('k', k);
  check('k', k, k >= 0 && k <= n, `an integer in [0, ${n}]`);
  checkConfidence(confidence);
  const lnHalfAlpha = Math.log((1 - confidence) / 2);
  return [
    k === 0 ? 0 : crossing((p) => lnBinomialTail(k, n, p) < lnHalfAlpha),
    k === n ? 1 : crossing((p) => lnBinomialLowerTail(k, n, p) > lnHalfAlpha),
  ];
}

/**
 * The counts that Binomial(n, p) stays within: lo and hi (both included) such that P[X < lo] and P[X > hi] are each at
 * most (1 - confidence) / 2, and no narrower region has that property. For gates such as "rejections inside the 99.9 %
 * band".
 *
 * @throws TypeError, RangeError for n < 0, p outside [0, 1], confidence outside (0, 1).
 * @example
 * binomialBand(1000, 0.01, 0.999); // [2, 22]
 */
export function binomialBand(n: number, p: number, confidence: number): [lo: number, hi: number] {
  checkCount('n', n);
  checkProbability('p', p);
  checkConfidence(confidence);
  const lnHalfAlpha = Math.log((1 - confidence) / 2);
  return [
    firstInteger(n, (k) => lnBinomialLowerTail(k, n, p) > lnHalfAlpha),
    firstInteger(n, (k) => lnBinomialTail(k + 1, n, p) <= lnHalfAlpha),
  ];
}

/**
 * The p at which `below` turns from true to false, by bisection of ln p down to the spacing of doubles: at most 64
 * steps.
 */
function crossing(below: (p: number) => boolean): number {
  let lo = LN_SMALLEST;
  let hi = 0;
  for (;;) {
    const middle = (lo + hi) / 2;
    if (hi - lo <= 2 ** -54 || middle <= lo || middle >= hi) return Math.exp(middle);
    if (below(Math.exp(middle))) lo = middle;
    else hi = middle;
  }
}

/** The least k in [0, n] for which the monotone predicate holds; it holds at n. */
function firstInteger(n: number, holds: (k: number) => boolean): number {
  let lo = 0;
  let hi = n;
  while (lo < hi) {
    const middle = lo + Math.floor((hi - lo) / 2);
    if (holds(middle)) hi = middle;
    else lo = middle + 1;
  }
  return lo;
}

const LN_SMALLEST = -745;
