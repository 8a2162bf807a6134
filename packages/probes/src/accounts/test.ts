/**
 * Whose served text was this suspect trained on? Every number of an assignment is tested at once, and what is named has
 * a p-value that is corrected for all of them.
 *
 * Two kinds of randomness speak for an innocent account. The key's: under a key that had no part in the text every number's
 * sum follows the exact null law; where other numbers of the key had a part, the sum of an innocent one lies at or below it
 * (docs/statistics.md, "Cohorts of one key"), and that is proved for green lists and Gumbel draws in texts, and in students
 * that write a token no more often for having seen another in its place, as n-gram models do. The draw's: an account's number
 * could as well have been any that nobody has, whatever the suspect and its training were. So nobody is named above whom a
 * number stands that nobody has.
 * @module
 */
import type { MarkKey, NativeDescriptor, NativeMark, NullLaw, Pairs } from '@taggant/core';
import { lnTail, zScore } from '@taggant/detector';
import { bonferroni, holm, ksUniform } from '@taggant/stats';
import type { Assignment, Holder } from './assignment.ts';
import { atLeast, type OpenKey, type Scores, scoreAll } from './scores.ts';

export interface AccountsOptions {
  /** Family-wise p at or below which somebody is named. Default 1e-6: a false accusation harms somebody. */
  readonly alpha?: number;
  /** How many of the best to list. Default 10. */
  readonly top?: number;
  /**
   * Keys to test, whose labels are the assignment's: epochs, tenants. Default: the mark's own, for an assignment without
   * tenants. With them the mark says the parameters only.
   */
  readonly keys?: readonly MarkKey[];
}

/** How well the text fits one number under one key. The number is secret. */
export interface AccountScore extends Holder {
  /** The key: its label, where the caller named labels, and its kid. */
  readonly label?: string;
  readonly kid?: string;
  readonly score: number;
  readonly z: number;
  /** ln p, corrected for every number under every key (Holm). */
  readonly lnP: number;
  /**
   * How the number ranks among those that nobody has, itself counted in: (1 + those at least as high) / (1 + all). Uniform
   * or above for an account that was fixed beforehand and took no part, whoever else did; it is not corrected for a choice.
   */
  readonly rank: { readonly atLeast: number; readonly count: number };
}

/** How well the text fits the owner's list (number 0) under one key. */
export interface LabelScore {
  readonly label?: string;
  readonly tenant?: string;
  readonly kid?: string;
  readonly score: number;
  readonly z: number;
  /** ln p, corrected for the labels that were tested. */
  readonly lnP: number;
}

/** What the numbers that nobody has look like under one key: they should follow the null law, or lie below it. */
export interface DecoyCheck {
  readonly label?: string;
  readonly count: number;
  readonly highest: number;
  /** ln p of the Kolmogorov-Smirnov test that their p-values are too small; of the first 1,024 of them. */
  readonly lnTooSmall: number;
}

export interface AccountsResult {
  readonly verdict: 'named' | 'nobody';
  /** Corrected p at most alpha, and no number that nobody has scores as high; best first. */
  readonly named: readonly AccountScore[];
  /** The best `top`, named or not. */
  readonly best: readonly AccountScore[];
  /** The best one's: family-wise over all numbers and keys. */
  readonly lnP: number;
  readonly alpha: number;
  /** Numbers times keys. */
  readonly tests: number;
  readonly n: number;
  readonly law: NullLaw;
  readonly title: string;
  /**
   * Whether it is proved that a number which took no part is not favoured by others of its key that did; for tournaments it
   * is only measured.
   */
  readonly proved: boolean;
  /** The owner's list under each key, a question of its own with a correction of its own; best first. */
  readonly labels: readonly LabelScore[];
  readonly decoys: readonly DecoyCheck[];
}

/**
 * Tests pairs for every account and tier of an assignment, and the owner's list under every key. The mark's cohort plays no
 * part. Throws RangeError for pairs that were not collected with `dedup: 'context'`.
 *
 * @example
 * const { named, best } = testAccounts(pairs, mark, assignment);
 * named.map(({ kind, id }) => `${kind} ${id}`); // nobody, the one, or the few
 */
export function testAccounts(
  pairs: Pairs,
  mark: NativeMark,
  assignment: Assignment,
  { alpha = DEFAULT_ALPHA, top = 10, keys }: AccountsOptions = {},
): AccountsResult {
  checkAlpha(alpha);
  const { n } = pairs;
  const { law, title, descriptor } = mark;
  const unassigned = assignment.unassigned();
  const scores = scoreAll(pairs, mark, assignment, keys);
  const decoys = scores.map(({ totals }) => Float64Array.from(unassigned, (number) => totals[number]));
  const sorted = decoys.map((sums) => sums.toSorted());
  const tested = scores.flatMap(({ totals, tenant }, key) =>
    assignment.holders(tenant).map((holder) => ({ holder, key, score: totals[holder.number] })),
  );
  if (tested.length === 0) throw new RangeError('"assignment" expected at least one account, got none');
  const lnTailOf = remembered((score) => lnTail(law, score, n));
  const lnPs = holm(tested.map(({ score }) => lnTailOf(score)));
  const listed = [...tested.keys()].sort((a, b) => tested[b].score - tested[a].score);
  const lnAlpha = Math.log(alpha);
  const best: AccountScore[] = [];
  const named: AccountScore[] = [];
  for (const i of listed) {
    if (best.length >= top && lnPs[i] > lnAlpha) break;
    const { holder, key, score } = tested[i];
    const higher = atLeast(sorted[key], score);
    const one: AccountScore = {
      ...holder,
      ...keyOf(scores[key]),
      score,
      z: zScore(law, score, n),
      lnP: lnPs[i],
      rank: { atLeast: 1 + higher, count: 1 + unassigned.length },
    };
    if (best.length < top) best.push(one);
    if (lnPs[i] <= lnAlpha && higher === 0) named.push(one);
  }
  return {
    verdict: named.length > 0 ? 'named' : 'nobody',
    named,
    best,
    lnP: lnPs[listed[0]],
    alpha,
    tests: tested.length,
    n,
    law,
    title,
    proved: isProved(descriptor),
    labels: labelScores(scores, law, n),
    decoys: scores.map(({ label }, key) => ({
      ...(label === undefined ? {} : { label }),
      count: unassigned.length,
      highest: sorted[key].at(-1) ?? 0,
      lnTooSmall: ksUniform(Array.from(decoys[key].subarray(0, MOST_CHECKED), (sum) => Math.exp(lnTailOf(sum))))
        .lnPTooSmall,
    })),
  };
}

function labelScores(scores: readonly Scores[], law: NullLaw, n: number): LabelScore[] {
  return scores
    .map((one) => ({
      ...keyOf(one),
      ...(one.tenant === undefined ? {} : { tenant: one.tenant }),
      score: one.totals[0],
      z: zScore(law, one.totals[0], n),
      lnP: bonferroni(lnTail(law, one.totals[0], n), scores.length),
    }))
    .sort((a, b) => b.score - a.score);
}

/** @internal */
export const keyOf = ({ label, mark: { descriptor } }: OpenKey) => ({
  ...(label === undefined ? {} : { label }),
  kid: descriptor.kid,
});

/** @internal */
export const isProved = ({ scheme }: NativeDescriptor) => scheme !== 'tournament';

/** @internal */
export function checkAlpha(alpha: number): void {
  if (!(alpha > 0 && alpha < 1)) throw new RangeError(`"alpha" expected a number in (0, 1), got ${alpha}`);
}

/** Counts come again: tens of thousands of numbers share a few hundred of them. */
function remembered(lnTailOf: (score: number) => number): (score: number) => number {
  const known = new Map<number, number>();
  return (score) => {
    const lnP = known.get(score) ?? lnTailOf(score);
    known.set(score, lnP);
    return lnP;
  };
}

/** @internal A false accusation harms somebody. */
export const DEFAULT_ALPHA = 1e-6;
/** The exact test takes microseconds for each, and a law that failed would show on fewer. */
const MOST_CHECKED = 1024;
