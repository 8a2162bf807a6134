/**
 * Permutation tests: is one group of numbers larger than another? Exact whatever the numbers' law, as long as under the null
 * each relabelling is as likely as the one that was seen (Fisher 1935; Phipson and Smyth 2010 for the 1 in numerator and
 * denominator: a p of 0 is no p). @module
 */
import { check, checkCount } from './check.ts';

export interface PermutationOptions {
  /** How many random relabellings, 1 or more: p is at least 1 / (1 + draws). Default 9,999. */
  readonly draws?: number;
  /** Uniform numbers in [0, 1). */
  readonly random: () => number;
}

/**
 * ln p of the hypothesis that differences of pairs are as likely of one sign as of the other, against a mean above zero. All
 * finite; no differences give 0.
 *
 * @throws TypeError, RangeError for NaN, the infinities, and draws below 1.
 * @example
 * lnSignFlip([1, 2, 3], { draws: 7, random: () => 0.9 }); // -2.0794415416798357 (1 / 8: no flip sums so high)
 */
export function lnSignFlip(differences: readonly number[], { draws = 9999, random }: PermutationOptions): number {
  checkCount('draws', draws, 1);
  const sum = total('differences', differences);
  const slack = tolerance(differences);
  let asHigh = 0;
  for (let k = 0; k < draws; k++) {
    let flipped = 0;
    for (const difference of differences) flipped += random() < 0.5 ? difference : -difference;
    if (flipped >= sum - slack) asHigh++;
  }
  return Math.log((1 + asHigh) / (1 + draws));
}

/**
 * ln p of the hypothesis that two groups of numbers come in an order that says nothing, against a larger mean of the first.
 * Neither group may be empty.
 *
 * @throws TypeError, RangeError for NaN, the infinities, empty groups, and draws below 1.
 * @example
 * lnPermutation([5, 6], [1, 2], { draws: 9, random: () => 0.9 }); // -0.916290731874155 (4 / 10: three shuffles sum so high)
 */
export function lnPermutation(
  first: readonly number[],
  second: readonly number[],
  { draws = 9999, random }: PermutationOptions,
): number {
  checkCount('draws', draws, 1);
  check('first', first.length, first.length > 0, 'at least one number');
  check('second', second.length, second.length > 0, 'at least one number');
  const sum = total('first', first);
  total('second', second);
  const all = Float64Array.from([...first, ...second]);
  const slack = tolerance(all);
  let asHigh = 0;
  for (let k = 0; k < draws; k++) {
    let drawn = 0;
    // The first numbers of a shuffle (Fisher and Yates), as far as they are needed.
    for (let i = 0; i < first.length; i++) {
      const j = i + Math.floor(random() * (all.length - i));
      const taken = all[j];
      all[j] = all[i];
      all[i] = taken;
      drawn += taken;
    }
    if (drawn >= sum - slack) asHigh++;
  }
  return Math.log((1 + asHigh) / (1 + draws));
}

function total(name: string, values: readonly number[]): number {
  let sum = 0;
  for (const value of values) {
    check(name, value, Number.isFinite(value), 'finite numbers');
    sum += value;
  }
  return sum;
}

/** Sums of the same numbers in another order differ by rounding; they count as equal. */
function tolerance(values: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]));
  return values.length * values.length * largest * 2 ** -52;
}
