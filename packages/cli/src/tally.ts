/** How many results of each verdict. @module */
import type { Verdict } from '@taggant/detector';

export type Tally = Readonly<Record<Verdict, number>>;

export const NO_RESULTS: Tally = { marked: 0, inconclusive: 0, 'not-marked': 0 };

export const size = (tally: Tally): number => tally.marked + tally.inconclusive + tally['not-marked'];

export const plus = (a: Tally, b: Tally): Tally => ({
  marked: a.marked + b.marked,
  inconclusive: a.inconclusive + b.inconclusive,
  'not-marked': a['not-marked'] + b['not-marked'],
});

/** `2 marked, 1 inconclusive`. */
export const summary = (tally: Tally): string =>
  Object.entries(tally)
    .filter(([, count]) => count > 0)
    .map(([verdict, count]) => `${count} ${verdict}`)
    .join(', ');
