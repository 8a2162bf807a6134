/**
 * Binomial tails in log space: the null law of a green-list count.
 *
 * tail(k) = pmf(k) x (1 + pmf(k+1)/pmf(k) + ...). ln pmf is the plain formula with ln Gamma, in double-double, so that
 * nothing cancels; the bracket is a short sum of positive terms, or for large n its integral form (DLMF 8.17.1-5).
 * @module
 */
import { checkCount, checkInteger, checkProbability } from './check.ts';
import { decayLength, integrateDecay, log1pMinus } from './decay-integral.ts';
import { add, complementOf, type DoubleDouble, divide, exactly, ln, scale, subtract, twoSum } from './double-double.ts';
import { lnGammaDD } from './ln-gamma.ts';
import { lnOneMinusExp } from './log-space.ts';

/**
 * ln P[Binomial(n, p) >= k]: the natural log of the p-value of k or more successes.
 *
 * n: trials, 0 to 2^53 - 1. p: success probability in [0, 1], taken as the exact value of the double. k: any integer;
 * k <= 0 gives 0 and k > n gives -Infinity. The error of the result, which is the relative error of p, is half a unit
 * in its last place plus at most 2e-14: below 1e-12 down to ln p = -16384.
 *
 * @throws TypeError, RangeError for anything else; never returns NaN.
 * @example
 * lnBinomialTail(900, 1000, 0.25); // -954.4821635412358 (p = 3e-415, which no double holds)
 */
export function lnBinomialTail(k: number, n: number, p: number): number {
  checkArguments(k, n, p);
  return lnUpperTail(k, n, p, exactly(p), complementOf(p));
}

/**
 * ln P[Binomial(n, p) <= k]. Ranges, errors and accuracy as for {@link lnBinomialTail}; k < 0 gives -Infinity, k >= n
 * gives 0.
 *
 * @example
 * lnBinomialLowerTail(100, 1000, 0.25); // -75.22781763722453
 */
export function lnBinomialLowerTail(k: number, n: number, p: number): number {
  checkArguments(k, n, p);
  // At most k successes are at least n - k failures; a k below zero must not let n - k leave the exact integers.
  return k < 0 ? -Infinity : lnUpperTail(n - k, n, 1 - p, complementOf(p), exactly(p));
}

/**
 * ln P[Binomial(n, p) = k]; -Infinity where k is impossible. Ranges and errors as for {@link lnBinomialTail}.
 *
 * @example
 * lnBinomialPmf(250, 1000, 0.25); // -3.536189066839433
 */
export function lnBinomialPmf(k: number, n: number, p: number): number {
  checkArguments(k, n, p);
  if (k < 0 || k > n) return -Infinity;
  if (p === 0 || p === 1) return k === n * p ? 0 : -Infinity;
  return lnPmfDD(k, n, exactly(p), complementOf(p)).hi;
}

/** ln P[Binomial(n, p) = k] for 0 <= k <= n and p + q = 1, both positive. */
export function lnPmfDD(k: number, n: number, p: DoubleDouble, q: DoubleDouble): DoubleDouble {
  const powers = add(scale(ln(p), k), scale(ln(q), n - k));
  if (k === 0 || k === n) return powers;
  const lnFactorial = (m: number) => lnGammaDD(twoSum(m, 1));
  const lnChoose = subtract(lnFactorial(n), add(lnFactorial(k), lnFactorial(n - k)));
  return add(lnChoose, powers);
}

function lnUpperTail(k: number, n: number, pRounded: number, p: DoubleDouble, q: DoubleDouble): number {
  if (k <= 0) return 0;
  if (k > n || p.hi === 0) return -Infinity;
  if (q.hi === 0) return 0;
  if (k > n * pRounded) return lnTailAboveMean(k, n, p, q);
  // The tail holds about half or more, so its complement is at most about half and 1 - x loses nothing.
  return lnOneMinusExp(lnTailAboveMean(n - k + 1, n, q, p));
}

/** ln P[Binomial(n, p) >= k] for n p < k <= n. */
function lnTailAboveMean(k: number, n: number, p: DoubleDouble, q: DoubleDouble): number {
  return add(lnPmfDD(k, n, p, q), exactly(Math.log(tailOverPmf(k, n, p, q)))).hi;
}

/**
 * P[X >= k] / P[X = k] for n p < k <= n.
 *
 * Equals k times the integral over u in [0, 1] of (1 - u)^(k-1) (1 + odds u)^(n-k), with odds = p / q (substitute
 * t = p (1 - u) in the beta integral of the tail). Its log falls with slope (k - 1 - (n - 1) p) / q at 0.
 */
function tailOverPmf(k: number, n: number, p: DoubleDouble, q: DoubleDouble): number {
  if (k === n) return 1;
  const odds = divide(p, q).hi;
  const slope = divide(subtract(exactly(k - 1), scale(p, n - 1)), q).hi;
  const length = decayLength(slope, k - 1 + (n - k) * odds * odds);
  if (length < 0.25 && odds * length < 0.3) {
    return k * integrateDecay(length, (u) => (k - 1) * log1pMinus(-u) + (n - k) * log1pMinus(odds * u) - slope * u);
  }
  // A long or lopsided decay means few terms: below about 1000, whatever n.
  let term = 1;
  let sum = 1;
  for (let i = k; i < n && term > sum * 1e-18; i++) {
    term *= ((n - i) / (i + 1)) * odds;
    sum += term;
  }
  return sum;
}

function checkArguments(k: number, n: number, p: number): void {
  checkInteger('k', k);
  checkCount('n', n);
  checkProbability('p', p);
}
