/** Sums and complements of probabilities that are held as natural logs. @module */
import { check, checkList, checkLnP } from './check.ts';

/**
 * ln(e^a + e^b), for any logs, -Infinity (a zero) included.
 *
 * @example
 * lnAdd(-1000, -1000); // -999.3068528194401
 */
export function lnAdd(a: number, b: number): number {
  check('a', a, a < Infinity, 'a number or -Infinity');
  check('b', b, b < Infinity, 'a number or -Infinity');
  const high = Math.max(a, b);
  return high === -Infinity ? -Infinity : high + Math.log1p(Math.exp(Math.min(a, b) - high));
}

/**
 * ln of the sum of e^v over all values; -Infinity (a sum of nothing) for an empty list.
 *
 * @example
 * lnSumExp([-1000, -1000, -1000, -1000]); // -998.6137056388801
 */
export function lnSumExp(values: ArrayLike<number>): number {
  checkList('values', values, 0);
  let high = -Infinity;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    check(`values[${i}]`, value, value < Infinity, 'a number or -Infinity');
    high = Math.max(high, value);
  }
  if (high === -Infinity) return -Infinity;
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += Math.exp(values[i]! - high);
  return high + Math.log(sum);
}

/**
 * ln(1 - e^lnP) for a log-probability lnP <= 0: the log of the complement.
 *
 * The branch at -ln 2 follows Mächler, "Accurately computing log(1 - exp(-|a|))" (2012), section 2: each side keeps
 * full precision where the other cancels.
 *
 * @example
 * lnOneMinusExp(-1e-20); // -46.051701859880914
 */
export function lnOneMinusExp(lnP: number): number {
  checkLnP('lnP', lnP);
  // The sum with 0 turns -0, the complement of an underflow, into 0.
  return 0 + (lnP > -Math.LN2 ? Math.log(-Math.expm1(lnP)) : Math.log1p(-Math.exp(lnP)));
}
