/** Evidence as it accumulates: the exact tail after each scored token. @module */
import { type Detection, lnTail } from '@taggant/detector';

/** A detection that was asked for its `details`. */
export type DetailedDetection = Detection & Required<Pick<Detection, 'details'>>;

/** One prefix of a text: how many tokens were read, and ln p of what they score. */
export interface Prefix {
  readonly tokens: number;
  readonly lnP: number;
}

/** ln p after each scored token, corrected as the detection's, from nothing read (ln p = 0) to the detection's own ln p. */
export function cumulativeEvidence({ law, details, correction }: DetailedDetection): readonly Prefix[] {
  const price = Math.log(correction.tests);
  let sum = 0;
  return [
    { tokens: 0, lnP: 0 },
    ...Array.from(details.scores, (score, i) => {
      sum += score;
      return { tokens: details.positions[i] + 1, lnP: Math.min(0, lnTail(law, sum, i + 1) + price) };
    }),
  ];
}

/** -log10 p, the height of a point. A score that no key can give has p = 0: it is drawn high, and not infinitely high. */
export const decades = (lnP: number): number => Math.min(Math.max(0, -lnP / Math.LN10), MOST_DECADES);

const MOST_DECADES = 1e9;
