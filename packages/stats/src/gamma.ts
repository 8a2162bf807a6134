/**
 * Gamma and chi-square tails in log space: the null law of a sum of exponential scores (the Gumbel mark). @module
 */
import { check } from './check.ts';
import { decayLength, integrateDecay, log1pMinus } from './decay-integral.ts';
import { add, type DoubleDouble, exactly, ln, scale, subtract, twoSum } from './double-double.ts';
import { lnGammaDD, lnGammaOfOnePlus } from './ln-gamma.ts';
import { lnOneMinusExp } from './log-space.ts';

/**
 * ln P[Gamma(shape, 1) >= x]: the natural log of the p-value of a sum of `shape` unit exponentials.
 *
 * shape: [1e-300, 1e15], integer or not. x: any finite number >= 0. The error of the result, which is
 * the relative error of p, is half a unit in its last place plus at most 2e-14: below 1e-12 down to ln p = -16384.
 *
 * @throws TypeError, RangeError for anything else; never returns NaN.
 * @example
 * lnGammaTail(1400, 1000); // -66.99295886845277
 */
export function lnGammaTail(x: number, shape: number): number {
  checkArguments(x, shape);
  if (x === 0) return 0;
  const { upper, lnP } = smallerTail(x, shape);
  return upper ? lnP : lnOneMinusExp(lnP);
}

/**
 * ln P[Gamma(shape, 1) <= x]. Ranges, errors and accuracy as for {@link lnGammaTail}; x = 0 gives -Infinity.
 *
 * @example
 * lnGammaLowerTail(600, 1000); // -114.28593896855044
 */
export function lnGammaLowerTail(x: number, shape: number): number {
  checkArguments(x, shape);
  if (x === 0) return -Infinity;
  const { upper, lnP } = smallerTail(x, shape);
  return upper ? lnOneMinusExp(lnP) : lnP;
}

/**
 * ln P[ChiSquare(df) >= x], which is ln P[Gamma(df / 2) >= x / 2]. df: [2e-300, 2e15], integer or not.
 * x: any finite number >= 0.
 *
 * @example
 * lnChiSquareTail(3.841458820694124, 1); // -2.99573227355399 (ln 0.05)
 */
export function lnChiSquareTail(x: number, df: number): number {
  check('x', x, x >= 0 && x < Infinity, 'a finite number >= 0');
  check('df', df, df >= 2e-300 && df <= 2e15, 'a number in [2e-300, 2e15]');
  return lnGammaTail(x / 2, df / 2);
}

/**
 * The tail that holds less than about 2/3, from a formula without cancellation; the other is its complement, safely.
 */
function smallerTail(x: number, a: number): { upper: boolean; lnP: number } {
  if (x >= a && (x >= 1 || a >= 1)) return { upper: true, lnP: lnUpperTail(x, a) };
  const lnP = lnLowerTail(x, a);
  return a < 1 && lnP > -Math.LN2 ? { upper: true, lnP: lnUpperTailSmall(x, a) } : { upper: false, lnP };
}

/**
 * x >= shape: Q = x^a e^-x / Gamma(a) times the integral over u >= 0 of (1 + u)^(a-1) e^(-x u) (DLMF 8.6.5), by
 * quadrature where the integrand is narrow and by its continued fraction where it is not.
 */
function lnUpperTail(x: number, a: number): number {
  const slope = add(twoSum(x, -a), ONE).hi;
  const length = decayLength(slope, Math.max(0, a - 1));
  const integral =
    length < 0.25 ? integrateDecay(length, (u) => (a - 1) * log1pMinus(u) - slope * u) : continuedFraction(slope, a);
  return add(lnPowerOverGamma(x, a, exactly(a)), exactly(Math.log(integral))).hi;
}

/**
 * Legendre's fraction for the upper gamma (DLMF 8.9.2), even part, from the bottom up. Where the integrand is wide, x
 * is below about 180 or the shape below about 1500; there 98 levels were the most that any of 8000 random points
 * needed.
 */
function continuedFraction(slope: number, a: number): number {
  let value = 0;
  for (let i = FRACTION_LEVELS; i > 0; i--) value = (i * (a - i)) / (slope + 2 * i + value);
  return 1 / (slope + value);
}

/**
 * x < shape, or both below 1: P = x^a e^-x / Gamma(a + 1) times 1 + x/(a+1) + x^2/((a+1)(a+2)) + ... (DLMF 8.7.1), all
 * terms positive; or a times the integral over u in [0, 1] of (1 - u)^(a-1) e^(x u) where that is narrow.
 */
function lnLowerTail(x: number, a: number): number {
  const slope = add(twoSum(a, -x), MINUS_ONE).hi;
  const length = a > 1 ? decayLength(slope, a - 1) : 1;
  const ratio =
    length < 0.25 ? a * integrateDecay(length, (u) => (a - 1) * log1pMinus(-u) - slope * u) : lowerSeries(x, a);
  return add(lnPowerOverGamma(x, a, twoSum(a, 1)), exactly(Math.log(ratio))).hi;
}

function lowerSeries(x: number, a: number): number {
  let term = 1;
  let sum = 1;
  for (let i = 1; term > sum * 1e-18; i++) {
    term *= x / (a + i);
    sum += term;
  }
  return sum;
}

/**
 * Both below 1: Q = 1 - x^a / Gamma(1 + a) x (1 - a x / (1! (a+1)) + a x^2 / (2! (a+2)) - ...) (DLMF 8.7.3), arranged
 * by powers of a so that the leading 1 cancels exactly (after Gautschi 1979, section 4). Q is then about a x E1(x).
 */
function lnUpperTailSmall(x: number, a: number): number {
  // x^a / Gamma(1 + a) = e^(a g)
  const g = Math.log(x) - (a <= 0.5 ? lnGammaOfOnePlus(a) : lnGammaDD(twoSum(a, 1)).hi) / a;
  const y = a * g;
  let term = x;
  let series = x / (a + 1);
  for (let i = 2; term > 1e-18; i++) {
    term *= x / i;
    series += (i % 2 === 0 ? -term : term) / (a + i);
  }
  return Math.log(a) + Math.log(Math.exp(y) * series - Math.expm1(y) / a);
}

/** ln(x^a e^-x / Gamma(z)). */
function lnPowerOverGamma(x: number, a: number, z: DoubleDouble): DoubleDouble {
  return subtract(subtract(scale(ln(exactly(x)), a), exactly(x)), lnGammaDD(z));
}

function checkArguments(x: number, shape: number): void {
  check('x', x, x >= 0 && x < Infinity, 'a finite number >= 0');
  check('shape', shape, shape >= 1e-300 && shape <= 1e15, 'a number in [1e-300, 1e15]');
}

const FRACTION_LEVELS = 120;
const ONE = { hi: 1, lo: 0 };
const MINUS_ONE = { hi: -1, lo: 0 };
