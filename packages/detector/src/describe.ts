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
      return `This mark was not found, and a text marked ${assumed(power)} would score this low with probability below ${formatP(power.lnMissed, 'up')} (${scored}, p = ${formatP(detection.lnP)}). That does not say who wrote it.`;
    case 'weak-evidence':
      return `A hint of the mark (p = ${formatP(detection.lnP)}, ${scored}), not enough at alpha = ${detection.alpha}. More text may decide.`;
    case 'too-short':
      return `Too short to tell: ${scored}; ${needed(power.needed)}.`;
    case 'repetitive':
      return `Too repetitive to tell: ${scored}; about ${power.needed} distinct contexts are needed, and it has ${power.contexts}.`;
    case 'no-evidence':
      return `No evidence of the mark (p = ${formatP(detection.lnP)}, ${scored}), but not enough text to rule it out.`;
  }
}

const assumed = ({ assumed, strength }: Detection['power']) =>
  assumed === 'one-bit' ? 'with one bit of choice per token' : `at a mean score of ${strength.mean} a pair`;

const needed = (pairs: number) =>
  Number.isFinite(pairs) ? `about ${pairs} are needed` : 'a mark of this strength cannot be found at any length';

/**
 * p from ln p, down to any size: `3.2e-45`, rounded to nearest, or up where it is a bound.
 *
 * @example
 * formatP(-5000); // '3.0e-2172'
 */
export function formatP(lnP: number, round: 'nearest' | 'up' = 'nearest'): string {
  if (lnP === Number.NEGATIVE_INFINITY) return '0';
  let exponent = Math.floor(lnP / Math.LN10);
  const exact = 10 * Math.exp(lnP - exponent * Math.LN10);
  let tenths = round === 'up' ? Math.ceil(exact) : Math.round(exact);
  if (tenths === 100) {
    tenths = 10;
    exponent++;
  }
  if (exponent < -3) return `${(tenths / 10).toFixed(1)}e${exponent}`;
  return Number(`${tenths}e${exponent - 1}`).toPrecision(2);
}
