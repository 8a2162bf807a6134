/** Something that has to hold of a deployment, asked anew at every look. @module */
import type { LookLevels } from '../looks.ts';
import type { Values } from '../measures/measure.ts';
import type { CheckResult } from '../result.ts';
import type { Sample } from '../sample.ts';

/** What there is at a look. */
export interface Texts {
  readonly marked: readonly Sample[];
  readonly unmarked: readonly Sample[];
  /** Of marked texts, by measure. */
  readonly values: Values;
  /** The same of unmarked texts. */
  readonly plainValues: Values;
}

export interface Check {
  readonly id: string;
  readonly title: string;
  /** More texts change nothing: it is looked at once, in effect, and nothing is asked for its sake. */
  readonly isFixed?: boolean;
  /** What the texts at hand say, at these levels. */
  look(texts: Texts, levels: LookLevels): CheckResult;
}

/** Bounds that were asked for; at least one of the two. */
export interface Expected {
  readonly least?: number;
  readonly most?: number;
}

/** `between 0.9 and 1.1`. */
export function wordsOf({ least, most }: Expected, show: (value: number) => string): string {
  if (least === undefined) return `at most ${show(most as number)}`;
  return most === undefined ? `at least ${show(least)}` : `between ${show(least)} and ${show(most)}`;
}

/** Passed when the interval at the pass level lies inside, failed when the one at the fail level lies outside. */
export function decide(
  { least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY }: Expected,
  inner: readonly [number, number],
  outer: readonly [number, number],
): CheckResult['outcome'] {
  if (outer[1] < least || outer[0] > most) return 'failed';
  return inner[0] >= least && inner[1] <= most ? 'passed' : 'undecided';
}
