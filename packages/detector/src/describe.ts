/** A detection in words, for people. @module */
import { describeMark } from '@taggant/core';
import type { Detection } from './detect.ts';

/** One or two sentences: the verdict, what it rests on, and what it does not say. */
export function describeDetection(detection: Detection): string {
  const { reason, n, mark, power, positions } = detection;
  const scored = `${n} distinct pairs of ${positions.seen} tokens`;
  switch (reason) {
    case 'evidence':
      return `Carries the mark (${describeMark(mark)}): ${scored} score this high by chance with p = ${formatP(detection.lnP)}.`;
    case 'ruled-out':
      return `This mark was not found, and a text marked with one bit of choice per token would score this low with probability below ${formatP(power.lnMissed)} (${scored}, p = ${formatP(detection.lnP)}). That does not say who wrote it.`;
    case 'weak-evidence':
      return `A hint of the mark (p = ${formatP(detection.lnP)}, ${scored}), not enough at alpha = ${detection.alpha}. More text may decide.`;
    case 'too-short':
      return `Too short to tell: ${scored}; ${needed(power.needed)}.`;
    case 'repetitive':
      return `Too repetitive to tell: ${scored}; about ${power.needed} distinct pairs are needed.`;
    case 'no-evidence':
      return `No evidence of the mark (p = ${formatP(detection.lnP)}, ${scored}), but not enough text to rule it out.`;
  }
}

const needed = (pairs: number) =>
  Number.isFinite(pairs) ? `about ${pairs} are needed` : 'a mark of this strength cannot be found at any length';

/**
 * p from ln p, down to any size: `3.2e-45`.
 *
 * @example
 * formatP(-5000); // '3.0e-2172'
 */
export function formatP(lnP: number): string {
  if (lnP === Number.NEGATIVE_INFINITY) return '0';
  if (lnP > Math.log(0.001)) return Math.exp(lnP).toPrecision(2);
  let exponent = Math.floor(lnP / Math.LN10);
  let mantissa = Math.exp(lnP - exponent * Math.LN10).toFixed(1);
  if (mantissa === '10.0') {
    mantissa = '1.0';
    exponent++;
  }
  return `${mantissa}e${exponent}`;
}
