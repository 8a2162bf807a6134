/**
 * ln Gamma: in double-double for the tails, whose large terms cancel, and rounded to a double for the public. @module
 */
import { check } from './check.ts';
import { add, type DoubleDouble, exactly, ln, multiply, subtract } from './double-double.ts';

/**
 * ln Gamma(x) for x in (0, 1e15], accurate to about one unit in the last place everywhere, also beside its zeros at 1
 * and 2.
 *
 * @example
 * lnGamma(101); // 363.73937555556347 (ln 100!)
 */
export function lnGamma(x: number): number {
  check('x', x, x > 0 && x <= 1e15, 'a number in (0, 1e15]');
  if (Math.abs(x - 1) <= 0.5) return lnGammaOfOnePlus(x - 1);
  if (Math.abs(x - 2) <= 0.5) return lnGammaOfTwoPlus(x - 2);
  return lnGammaDD(exactly(x)).hi;
}

/**
 * ln Gamma(z) for z > 0 with an absolute error near 1e-18 (and 1e-30 of its size): Stirling's series (DLMF 5.11.1) from
 * z >= 16, and below it Gamma(z) = Gamma(z + m) / (z (z + 1) ... (z + m - 1)).
 */
export function lnGammaDD(z: DoubleDouble): DoubleDouble {
  if (z.hi >= STIRLING_FROM) return stirling(z);
  let product = z;
  let shifted = add(z, ONE);
  while (shifted.hi < STIRLING_FROM) {
    product = multiply(product, shifted);
    shifted = add(shifted, ONE);
  }
  return subtract(stirling(shifted), ln(product));
}

/** ln Gamma(1 + a) for |a| <= 0.5, with full relative precision as a -> 0. */
export function lnGammaOfOnePlus(a: number): number {
  return lnGammaOfTwoPlus(a) - Math.log1p(a);
}

/** ln Gamma(2 + a) = (1 - euler) a + sum over k >= 2 of (-1)^k (zeta(k) - 1) a^k / k (DLMF 5.7.3), for |a| <= 0.5. */
function lnGammaOfTwoPlus(a: number): number {
  let sum = 0;
  for (let k = ZETA_MINUS_1.length + 1; k >= 2; k--)
    sum = (k % 2 === 0 ? 1 : -1) * (ZETA_MINUS_1[k - 2]! / k) + a * sum;
  return a * (ONE_MINUS_EULER + a * sum);
}

/** (z - 1/2) ln z - z + ln(2 pi) / 2 + 1/(12 z) - ... for z >= 16, where the first term left out is below 1e-20. */
function stirling(z: DoubleDouble): DoubleDouble {
  const main = subtract(multiply(subtract(z, HALF), ln(z)), z);
  const y = 1 / z.hi;
  const y2 = y * y;
  const series =
    y *
    (1 / 12 + y2 * (-1 / 360 + y2 * (1 / 1260 + y2 * (-1 / 1680 + y2 * (1 / 1188 + y2 * (-691 / 360360 + y2 / 156))))));
  return add(main, add(HALF_LN_2PI, exactly(series)));
}

const STIRLING_FROM = 16;
const ONE = { hi: 1, lo: 0 };
const HALF = { hi: 0.5, lo: 0 };
/** ln(2 pi) / 2. */
export const HALF_LN_2PI: DoubleDouble = { hi: 0.9189385332046728, lo: -3.8782941580672414e-17 };
const ONE_MINUS_EULER = 0.42278433509846713;
// zeta(k) - 1 for k = 2..33 (mpmath 1.3.0 at 50 digits); at a = 0.5 the first term left out is below 1e-20.
const ZETA_MINUS_1 = [
  0.6449340668482264, 0.2020569031595943, 0.08232323371113819, 0.03692775514336993, 0.01734306198444914,
  0.008349277381922827, 0.00407735619794434, 0.0020083928260822143, 0.0009945751278180853, 0.0004941886041194645,
  0.0002460865533080483, 0.00012271334757848915, 6.124813505870483e-5, 3.058823630702049e-5, 1.528225940865187e-5,
  7.637197637899763e-6, 3.81729326499984e-6, 1.908212716553939e-6, 9.539620338727962e-7, 4.769329867878064e-7,
  2.38450502727733e-7, 1.1921992596531106e-7, 5.960818905125948e-8, 2.980350351465228e-8, 1.4901554828365043e-8,
  7.45071178983543e-9, 3.725334024788457e-9, 1.862659723513049e-9, 9.313274324196682e-10, 4.656629065033784e-10,
  2.3283118336765053e-10, 1.164155017270052e-10,
];
