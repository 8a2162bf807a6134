/** Cohorts of a native mark: scored many at a time, and ranked as decoys of each other (native-mark.md). @module */
import { checkInteger, MAX_COHORTS, type Mark, type Pairs, show } from '@taggant/core';

/** A range of cohorts, or a list of them. */
export type Cohorts = { readonly first: number; readonly count: number } | ArrayLike<number>;

/** Cohorts that one pass scores. */
export interface Block {
  readonly first: number;
  readonly count: number;
  /** Those of the range that are asked for, in rising order; absent when all are. */
  readonly listed?: readonly number[];
}

/**
 * @internal Cohorts of one key are told apart by the first token of each context (docs/statistics.md, "Cohorts of one key"),
 * and a mark without context has one context only.
 */
export function checkSeparable({ contextWidth }: Mark): void {
  if (contextWidth > 0) return;
  throw new RangeError(
    '"mark" expected contextWidth of at least 1 to tell cohorts of one key apart, got 0: give the parties labels (deriveKey)',
  );
}

/** @internal A set of cohorts in blocks: of a range all of it, of a list what lies near each other. */
export function blocksOf(cohorts: Cohorts): Block[] {
  if (typeof cohorts !== 'object' || cohorts === null || !('first' in cohorts || 'length' in cohorts)) {
    throw new TypeError(`"cohorts" expected { first, count } or a list of cohorts, got ${show(cohorts)}`);
  }
  if ('first' in cohorts) return rangeBlocks(cohorts.first, cohorts.count);
  const sorted = Float64Array.from(cohorts, (cohort, i) =>
    checkInteger(cohort, `cohorts[${i}]`, 0, MAX_COHORTS - 1),
  ).sort();
  if (sorted.length === 0) throw new RangeError('"cohorts" expected at least one cohort, got none');
  const near = new Map<number, Set<number>>();
  for (const cohort of sorted) {
    const block = Math.floor(cohort / NEAR);
    near.set(block, (near.get(block) ?? new Set()).add(cohort));
  }
  return [...near.values()].map((set) => {
    const listed = [...set];
    return { first: listed[0], count: listed[listed.length - 1] - listed[0] + 1, listed };
  });
}

/** @internal The sum of scores under each cohort of a block. */
export function scoreBlock(mark: Mark, pairs: Pairs, { first, count, listed }: Block): Float64Array {
  const totals = scoreRange(mark, pairs, first, count);
  return listed === undefined ? totals : Float64Array.from(listed, (cohort) => totals[cohort - first]);
}

/** Where a cohort stands among all cohorts of a range. Another that took part in writing the text counts against it. */
export interface DecoyRank {
  /** Cohorts in the range, the tested one counted in: a power of two. */
  readonly count: number;
  /** How many of them score at least as high as the tested one, itself counted in. */
  readonly atLeast: number;
  /** ln(atLeast / count). No claim by decoys goes below ln(1 / count). */
  readonly lnP: number;
}

/**
 * @internal The rank of the mark's cohort in the smallest range of 2^k cohorts that holds it and at least `decoys` others.
 * Exact without any law: for a text written without the key, the joint law of all scores of such a range is the same
 * when every cohort is XORed with the same number, so each is as likely as the tested one to stand where it stands.
 */
export function rankAmongDecoys(pairs: Pairs, mark: Mark, decoys: number): DecoyRank {
  checkInteger(decoys, 'decoys', 1, MAX_COHORTS - 1);
  const count = 2 ** Math.ceil(Math.log2(decoys + 1));
  const { cohort = 0 } = mark.descriptor;
  const [tested] = scoreRange(mark, pairs, cohort, 1);
  let atLeast = 0;
  for (const block of rangeBlocks(cohort - (cohort % count), count)) {
    const totals = scoreRange(mark, pairs, block.first, block.count);
    for (let i = 0; i < totals.length; i++) if (totals[i] >= tested) atLeast++;
  }
  return { count, atLeast, lnP: Math.log(atLeast / count) };
}

function scoreRange(mark: Mark, pairs: Pairs, first: number, count: number): Float64Array {
  if (mark.scoreCohorts === undefined) throw new RangeError('"mark" expected one that has cohorts (taggant/1)');
  const totals = new Float64Array(count);
  mark.scoreCohorts(pairs, first, totals);
  return totals;
}

function rangeBlocks(first: number, count: number): Block[] {
  checkInteger(first, 'cohorts.first', 0, MAX_COHORTS - 1);
  checkInteger(count, 'cohorts.count', 1, MAX_COHORTS - first);
  return Array.from({ length: Math.ceil(count / MOST) }, (_, i) => ({
    first: first + i * MOST,
    count: Math.min(MOST, count - i * MOST),
  }));
}

/** What a pass of the kernel scores at gamma 1/2: listed cohorts in one such block cost no more than one of them. */
const NEAR = 2048;
/** At most 8 MiB of sums at a time. */
const MOST = 2 ** 20;
