/**
 * When the gate looks at what it has, and how sure it must be then.
 *
 * The number of texts doubles from look to look. A check passes or fails at the first look whose bounds say so; what the bounds
 * may be wrong by is shared out evenly over the looks (Bonferroni), so that it holds whenever the gate stops. Passing needs every
 * check, so a deployment that violates one passes with that check's error at most: no correction over checks. Failing needs only one, so
 * the false failures are shared out over the checks, too.
 * @module
 */
import { number } from '@taggant/core/fields';
import { object, openShare } from './readers.ts';

/** What the gate may be wrong by. */
export interface Levels {
  /** The chance at most that a gate whose every expectation holds fails, at least 1e-4. Default 0.01. */
  readonly falseFailure?: number;
  /** Of the bound that lets a check pass. Default 0.99. */
  readonly confidence?: number;
}

/** Checks levels. Smaller false failures would take more permutations than there is time for. */
export const readLevels = object({
  falseFailure: number('from 1e-4 to 1', (value) => value >= 1e-4 && value < 1),
  confidence: openShare,
});

/** One-sided errors of the bounds at one look. */
export interface LookLevels {
  readonly pass: number;
  readonly fail: number;
}

/**
 * Texts at each look: doubling from `first`, the last one `most`.
 *
 * @example
 * looksOf(32, 200); // [32, 64, 128, 200]
 */
export function looksOf(first: number, most: number): number[] {
  const looks: number[] = [];
  for (let texts = first; texts < most; texts *= 2) looks.push(texts);
  return [...looks, most];
}

/** The levels of one look among `looks`, with `checks` that might fail. */
export const lookLevels = ({ falseFailure = 0.01, confidence = 0.99 }: Levels, looks: number, checks: number) => ({
  pass: (1 - confidence) / looks,
  fail: falseFailure / (looks * Math.max(1, checks)),
});
