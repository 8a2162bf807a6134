/** Every number's sum of scores under every label's key, a key at a time. @module */
import { type Mark, type MarkKey, type NativeMark, openMark, type Pairs, show } from '@taggant/core';
import type { Assignment } from './assignment.ts';

/** @internal */
export interface OpenKey {
  readonly mark: NativeMark;
  /** Undefined when the caller named no labels: the mark's own key is everybody's. */
  readonly label: string | undefined;
  readonly tenant: string | undefined;
}

/** @internal A key with the sums of scores of all numbers under it. */
export interface Scores extends OpenKey {
  /** By number, from 0, the owner's list, to the end of the range. */
  readonly totals: Float64Array;
}

/** @internal Under the mark's own key; or under each of `keys`, whose labels must be the assignment's. */
export function scoreAll(
  pairs: Pairs,
  mark: NativeMark,
  assignment: Assignment,
  keys: readonly MarkKey[] | undefined,
): Scores[] {
  checkSeparable(pairs, mark);
  return openKeys(mark, assignment, keys).map((one) => ({
    ...one,
    totals: scoreRange(one.mark, pairs, assignment.range),
  }));
}

/** @internal The mark's own key, or each of `keys`, whose labels must be the assignment's. */
export function openKeys(mark: NativeMark, assignment: Assignment, keys: readonly MarkKey[] | undefined): OpenKey[] {
  if (keys === undefined) {
    if (assignment.tenants.length === 0) return [{ mark, label: undefined, tenant: undefined }];
    throw new RangeError(
      '"keys" expected for an assignment with tenants, whose accounts have keys of their own, got none',
    );
  }
  if (keys.length === 0) throw new RangeError('"keys" expected at least one key, got none');
  const known = new Map(assignment.labels().map((one) => [one.label, one]));
  const { kid: _, ...parameters } = mark.descriptor;
  return [...new Map(keys.map((key) => [key.kid, key])).values()].map((key) => {
    const label = known.get(key.label);
    if (label === undefined) throw new RangeError(`"keys" expected labels of the assignment, got ${show(key.label)}`);
    return { mark: openMark(parameters, key), label: label.label, tenant: label.tenant };
  });
}

/** Numbers of one key are told apart by the first token of each context (docs/statistics.md, "Cohorts of one key"). */
function checkSeparable({ dedup }: Pairs, { contextWidth }: Mark): void {
  if (contextWidth === 0)
    throw new RangeError('"mark" expected contextWidth of at least 1 to tell accounts apart, got 0');
  if (dedup !== 'context')
    throw new RangeError(
      `"pairs" expected dedup 'context' to tell accounts of one key apart, got ${dedup === undefined ? 'none' : `'${dedup}'`}`,
    );
}

function scoreRange(mark: Mark, pairs: Pairs, range: number): Float64Array {
  if (mark.scoreCohorts === undefined) throw new RangeError('"mark" expected one that has cohorts (taggant/1)');
  const totals = new Float64Array(range);
  for (let first = 0; first < range; first += CHUNK) {
    mark.scoreCohorts(pairs, first, totals.subarray(first, Math.min(range, first + CHUNK)));
  }
  return totals;
}

/** @internal How many of the others, in rising order, are at least as high. */
export function atLeast(others: Float64Array, sum: number): number {
  let [low, high] = [0, others.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (others[middle] >= sum) high = middle;
    else low = middle + 1;
  }
  return others.length - low;
}

const CHUNK = 2 ** 20;
