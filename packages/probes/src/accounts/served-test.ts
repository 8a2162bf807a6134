/**
 * Accounts, tiers and clusters tested on the contexts that each was served: the form of the test that finds small shares.
 *
 * Which contexts an account was served hangs on the key, though never on the slot that is scored: a context is reached
 * before its slots are read. So in the order in which the account's text reached them, the scores are fresh draws of the null
 * law one after the other, and only their number hangs on earlier ones. A p-value for a fixed number would be near the mark;
 * an e-value is exact whatever ended the text (Ville's inequality), and 1/E is the p that is given here: E is the mean of
 * exponential tilts of the null law, exp(lambda S - n K(lambda)), over a fixed grid of lambda.
 * @module
 */
import type { MarkKey, NativeMark, NullLaw, Pairs } from '@taggant/core';
import { cumulantOf, tiltsOf, zScore } from '@taggant/detector';
import { holm, lnSumExp } from '@taggant/stats';
import type { Assignment, Holder } from './assignment.ts';
import { type Cluster, checkPartition } from './clusters.ts';
import { openKeys } from './scores.ts';
import type { ServedTo } from './served-to.ts';
import { checkAlpha, DEFAULT_ALPHA, isProved, keyOf } from './test.ts';

export interface ServedOptions {
  /** Family-wise p at or below which somebody is named. Default 1e-6. */
  readonly alpha?: number;
  /** How many of the best to list. Default 10. */
  readonly top?: number;
  /** As in `AccountsOptions`. */
  readonly keys?: readonly MarkKey[];
  /** Accounts that are taken for one party's, stated before looking: each number on what its own account was served. */
  readonly clusters?: readonly Cluster[];
}

export interface ServedScore {
  readonly kind: Holder['kind'] | 'cluster';
  readonly id: string;
  readonly label?: string;
  readonly kid?: string;
  /** Scores that were summed: the suspect's contexts among those served. */
  readonly n: number;
  readonly score: number;
  readonly z: number;
  /** ln of the e-value. */
  readonly lnE: number;
  /** ln p, from 1/E, corrected for everybody tested under every key (Holm). */
  readonly lnP: number;
}

export interface ServedResult {
  readonly verdict: 'named' | 'nobody';
  /** Corrected p at most alpha; best first. */
  readonly named: readonly ServedScore[];
  readonly best: readonly ServedScore[];
  readonly lnP: number;
  readonly alpha: number;
  /** Accounts, tiers and clusters, times keys; those that were served none of the suspect's contexts count too. */
  readonly tests: number;
  readonly law: NullLaw;
  readonly title: string;
  readonly proved: boolean;
}

/**
 * Tests every account and tier of an assignment on what it was served. Beside `testAccounts`, which needs no logs: both tried on one
 * suspect are two searches, each to be held to half of alpha.
 *
 * @example
 * testServedAccounts(mark, assignment, servedTo).named.map(({ id }) => id);
 */
export function testServedAccounts(
  mark: NativeMark,
  assignment: Assignment,
  servedTo: ServedTo,
  { alpha = DEFAULT_ALPHA, top = 10, keys, clusters = [] }: ServedOptions = {},
): ServedResult {
  checkAlpha(alpha);
  checkPartition(clusters, assignment);
  const { law, title, descriptor } = mark;
  const lnEOf = lnEValue(law);
  const tested = openKeys(mark, assignment, keys).flatMap((key) => {
    const sum = (number: number | undefined, pairs: Pairs) => ({ n: pairs.n, score: scoreOf(key.mark, number, pairs) });
    const holders = assignment.holders(key.tenant).map((holder) => {
      const accounts = assignment.accountsOf(holder).filter(({ tenant }) => tenant === key.tenant);
      const { kind, id, number } = holder;
      return { kind, id, ...sum(number, servedTo.of(accounts.map((account) => account.id))) };
    });
    const groups = clusters.map(({ id, accounts }) => {
      const members = accounts.map((one) => assignment.account(one)).filter(({ tenant }) => tenant === key.tenant);
      const sums = members.flatMap(({ id, number }) => (number === undefined ? [] : sum(number, servedTo.of([id]))));
      const total = (of: 'n' | 'score') => sums.reduce((all, one) => all + one[of], 0);
      return { kind: 'cluster' as const, id, n: total('n'), score: total('score') };
    });
    return [...holders, ...groups].map((one) => ({ ...one, ...keyOf(key), lnE: lnEOf(one.score, one.n) }));
  });
  if (tested.length === 0) throw new RangeError('"assignment" expected at least one account, got none');
  const lnPs = holm(tested.map(({ lnE }) => Math.min(0, -lnE)));
  const sorted = tested
    .map((one, i): ServedScore => ({ ...one, z: zScore(law, one.score, one.n), lnP: lnPs[i] }))
    .sort((a, b) => b.lnE - a.lnE);
  const named = sorted.filter(({ lnP }) => lnP <= Math.log(alpha));
  return {
    verdict: named.length > 0 ? 'named' : 'nobody',
    named,
    best: sorted.slice(0, top),
    lnP: sorted[0].lnP,
    alpha,
    tests: tested.length,
    law,
    title,
    proved: isProved(descriptor),
  };
}

function scoreOf(mark: NativeMark, number: number | undefined, pairs: Pairs): number {
  if (number === undefined || pairs.n === 0) return 0;
  if (mark.scoreCohorts === undefined) throw new RangeError('"mark" expected one that has cohorts (taggant/1)');
  const out = new Float64Array(1);
  mark.scoreCohorts(pairs, number, out);
  return out[0];
}

function lnEValue(law: NullLaw): (sum: number, n: number) => number {
  const cumulant = cumulantOf(law);
  const tilts = tiltsOf(law);
  const costs = tilts.map(cumulant);
  return (sum, n) => lnSumExp(tilts.map((lambda, j) => lambda * sum - n * costs[j])) - Math.log(tilts.length);
}
