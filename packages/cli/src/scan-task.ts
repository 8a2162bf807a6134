/** The work of `scan` on some hypotheses about a text, in any thread. @module */
import { type Hypothesis, openScan, type Reading, type ScanPart } from '@taggant/detector';
import { unseal } from './mark-file.ts';
import type { SealedHypothesis, Tried } from './scan/hypotheses.ts';

export interface ScanSetup {
  /** Each text in all of its readings. */
  readonly texts: readonly (readonly Reading[])[];
  /** How many of the best to keep. */
  readonly top: number;
}

export interface ScanWork {
  /** Which of the texts. */
  readonly text: number;
  readonly hypotheses: readonly SealedHypothesis[];
}

export default function openScanTask({ texts, top }: ScanSetup): (work: ScanWork) => ScanPart<Tried> {
  // Pairs are made when they are asked for, and kept while the same text is scanned.
  let current: { text: number; test: ReturnType<typeof openScan<Tried>> } | undefined;
  return ({ text, hypotheses }) => {
    if (current?.text !== text) current = { text, test: openScan<Tried>(texts[text], { top }) };
    return current.test(hypotheses.map(opened));
  };
}

const opened = ({ of, mark, isVariant }: SealedHypothesis): Hypothesis<Tried> => ({
  of,
  open() {
    try {
      return unseal(mark);
    } catch (error) {
      if (isVariant) return undefined;
      throw error;
    }
  },
});
