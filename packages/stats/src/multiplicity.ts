/**
 * Family-wise p-values in log space: what a search over keys, windows or tests must report instead of its raw minimum.
 * @module
 */
import { checkCount, checkList, checkLnP } from './check.ts';

/**
 * Bonferroni's family-wise ln p-value: min(0, ln m + smallest lnP). Valid under any dependence between the tests.
 *
 * Give either the smallest ln p-value and m, or all of them; then m defaults to their number and may be larger (tests
 * that were run and not listed) but never smaller.
 *
 * @throws TypeError, RangeError for lnP > 0, NaN, an empty list, and m below the number of p-values.
 * @example
 * bonferroni(-20, 1000); // -13.092244721017863
 * bonferroni([-20, -3, -0.5]); // -18.90138771133189
 */
export function bonferroni(lnP: number, m: number): number;
export function bonferroni(lnPs: ArrayLike<number>, m?: number): number;
export function bonferroni(lnPs: number | ArrayLike<number>, m?: number): number {
  const list = typeof lnPs === 'number' ? [lnPs] : checkList('lnPs', lnPs, 1);
  const tests = m ?? (typeof lnPs === 'number' ? Number.NaN : list.length);
  checkCount('m', tests, list.length);
  let least = 0;
  for (let i = 0; i < list.length; i++) {
    checkLnP(typeof lnPs === 'number' ? 'lnP' : `lnPs[${i}]`, list[i]!);
    least = Math.min(least, list[i]!);
  }
  return Math.min(0, least + Math.log(tests));
}

/**
 * Holm's step-down adjusted ln p-values, in the order given: reject test i at family-wise level alpha when the i-th
 * result is <= ln alpha. Never below the raw value, never above Bonferroni's, capped at 0, valid under any dependence
 * (Holm 1979).
 *
 * @throws TypeError, RangeError for lnP > 0 and NaN.
 * @example
 * holm([-3, -20, -0.5]); // [-2.3068528194400546, -18.90138771133189, -0.5]
 */
export function holm(lnPs: ArrayLike<number>): number[] {
  const list = checkList('lnPs', lnPs, 0);
  for (let i = 0; i < list.length; i++) checkLnP(`lnPs[${i}]`, list[i]!);
  const order = Array.from(list, (_, i) => i).sort((a, b) =>
    list[a]! < list[b]! ? -1 : list[a]! > list[b]! ? 1 : a - b,
  );
  const adjusted = new Array<number>(list.length);
  let running = -Infinity;
  order.forEach((index, rank) => {
    running = Math.max(running, Math.min(0, list[index]! + Math.log(list.length - rank)));
    adjusted[index] = running;
  });
  return adjusted;
}
