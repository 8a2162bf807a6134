/**
 * Accounts that one party turned out to operate, tested as one: the sum of scores over all of their numbers.
 *
 * Different numbers read different slots of a context, so over a key that had no part in the text the sum of c numbers over
 * n first tokens of contexts has exactly the law of c n scores. Where other numbers of the key had a part, it lies at or
 * below that law: that v was chosen makes high slots of all its competitors less likely at once (Harris' inequality),
 * under the conditions of docs/statistics.md, "Cohorts of one key".
 *
 * A piece of text carries one number of the cluster, nobody knows which. Its likelihood, the mean over the numbers of
 * what each makes of the piece's token, is linear in how many of them the token is green under: the sum loses next to nothing.
 * @module
 */
import type { NativeMark, NullLaw, Pairs } from '@taggant/core';
import { lnTail, zScore } from '@taggant/detector';
import { holm } from '@taggant/stats';
import type { Assignment } from './assignment.ts';
import { atLeast, type Scores, scoreAll } from './scores.ts';
import { type AccountsOptions, checkAlpha, DEFAULT_ALPHA, isProved, keyOf } from './test.ts';

/** Ids of accounts that are taken for one party's. */
export interface Cluster {
  readonly id: string;
  readonly accounts: readonly string[];
}

export interface ClustersOptions extends AccountsOptions {
  /** How many partitions of the accounts were or will be tried on this suspect: every p is multiplied by it. Default 1. */
  readonly partitions?: number;
}

export interface ClusterScore {
  readonly id: string;
  readonly label?: string;
  readonly kid?: string;
  /** Numbers that were summed over: those of the cluster's accounts under this key. */
  readonly numbers: number;
  readonly score: number;
  readonly z: number;
  /** ln p, corrected for every cluster under every key (Holm), and for the partitions. */
  readonly lnP: number;
  /** The rank among sets of as many numbers that nobody has, the cluster counted in. */
  readonly rank: { readonly atLeast: number; readonly count: number };
}

export interface ClustersResult {
  readonly verdict: 'named' | 'nobody';
  /** Corrected p at most alpha, and no set of unassigned numbers scores as high; best first. */
  readonly named: readonly ClusterScore[];
  readonly best: readonly ClusterScore[];
  readonly lnP: number;
  readonly alpha: number;
  /** Clusters times keys. */
  readonly tests: number;
  readonly partitions: number;
  readonly n: number;
  readonly law: NullLaw;
  readonly title: string;
  readonly proved: boolean;
}

/**
 * Tests clusters of accounts, each as one party. The clusters must have been stated before looking at this suspect's scores,
 * from payment or network data, say. Accounts without a number of their own are no part of a sum. Throws RangeError for an
 * account in two clusters, and a cluster without numbers.
 *
 * @example
 * testClusters(pairs, mark, assignment, [{ id: 'ring 7', accounts: ['ada', 'bob'] }]).verdict;
 */
export function testClusters(
  pairs: Pairs,
  mark: NativeMark,
  assignment: Assignment,
  clusters: readonly Cluster[],
  { alpha = DEFAULT_ALPHA, top = 10, keys, partitions = 1 }: ClustersOptions = {},
): ClustersResult {
  checkAlpha(alpha);
  if (!Number.isInteger(partitions) || partitions < 1)
    throw new RangeError(`"partitions" expected an integer of at least 1, got ${partitions}`);
  checkPartition(clusters, assignment);
  const { n } = pairs;
  const { law, title, descriptor } = mark;
  const unassigned = assignment.unassigned();
  const tested = scoreAll(pairs, mark, assignment, keys).flatMap((scores) =>
    clusters.flatMap(({ id, accounts }) => {
      const numbers = numbersOf(accounts, assignment, scores);
      return numbers.length === 0 ? [] : { id, scores, numbers: numbers.length, score: sumOf(scores.totals, numbers) };
    }),
  );
  if (tested.length === 0) throw new RangeError('"clusters" expected accounts of the keys tested, got none');
  const own = tested.map(({ numbers, score }) => lnTail(law, score, numbers * n));
  const lnPs = holm(own).map((lnP) => Math.min(0, lnP + Math.log(partitions)));
  const known = new Map<string, Float64Array>();
  const decoysOf = ({ mark: { descriptor }, totals }: Scores, size: number) => {
    const name = `${descriptor.kid} ${size}`;
    const sums = known.get(name) ?? sumsOfSets(totals, unassigned, size).sort();
    known.set(name, sums);
    return sums;
  };
  const best = [...tested.keys()]
    .sort((a, b) => lnPs[a] - lnPs[b] || own[a] - own[b])
    .map((i): ClusterScore => {
      const { id, scores, numbers, score } = tested[i];
      const decoys = decoysOf(scores, numbers);
      const rank = { atLeast: 1 + atLeast(decoys, score), count: 1 + decoys.length };
      return { id, ...keyOf(scores), numbers, score, z: zScore(law, score, numbers * n), lnP: lnPs[i], rank };
    });
  const named = best.filter(({ lnP, rank }) => lnP <= Math.log(alpha) && rank.atLeast === 1);
  return {
    verdict: named.length > 0 ? 'named' : 'nobody',
    named,
    best: best.slice(0, top),
    lnP: best[0].lnP,
    alpha,
    tests: tested.length,
    partitions,
    n,
    law,
    title,
    proved: isProved(descriptor),
  };
}

/** @internal */
export function checkPartition(clusters: readonly Cluster[], assignment: Assignment): void {
  const seen = new Set<string>();
  for (const { id, accounts } of clusters) {
    for (const account of accounts) {
      assignment.account(account);
      if (seen.has(account)) throw new RangeError('"clusters" expected each account in one cluster, got one twice');
      seen.add(account);
    }
    if (accounts.every((account) => assignment.account(account).number === undefined))
      throw new RangeError(`"clusters" expected accounts with numbers of their own, got none in ${JSON.stringify(id)}`);
  }
}

/** The numbers of those accounts that this key marks. */
function numbersOf(accounts: readonly string[], assignment: Assignment, { tenant }: Scores): number[] {
  return accounts.flatMap((id) => {
    const account = assignment.account(id);
    return account.tenant === tenant && account.number !== undefined ? account.number : [];
  });
}

const sumOf = (totals: Float64Array, numbers: readonly number[]) =>
  numbers.reduce((sum, number) => sum + totals[number], 0);

/** As many disjoint sets of `size` of the numbers as there are, with their sums. */
function sumsOfSets(totals: Float64Array, numbers: readonly number[], size: number): Float64Array {
  const sets = Math.floor(numbers.length / size);
  const sums = new Float64Array(sets);
  for (let i = 0; i < sets * size; i++) sums[i % sets] += totals[numbers[i]];
  return sums;
}
