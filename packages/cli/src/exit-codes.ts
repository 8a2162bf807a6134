/** What the command's exit status says. @module */
import type { Tally } from './tally.ts';

export const EXIT = { marked: 0, 'not-marked': 1, error: 2, inconclusive: 3 } as const;

/** Of several inputs: 0 if any is marked (as grep finds), else 3 if any is inconclusive, else 1. */
export function exitCodeOf(tally: Tally): number {
  const decisive = (['marked', 'inconclusive', 'not-marked'] as const).find((verdict) => tally[verdict] > 0);
  return decisive === undefined ? EXIT.error : EXIT[decisive];
}
