/** A detection in words, for people. @module */
import type { EngineFigures } from '@taggant/core';
import type { DecoyRank } from './cohorts.ts';
import type { DecoyKeyRank } from './decoy-keys.ts';
import type { Detection } from './detect.ts';
import type { Search } from './search.ts';

/** One or two sentences: the verdict, what it rests on, and what it does not say. */
export function describeDetection(detection: Detection): string {
  const { reason, n, power, positions } = detection;
  const scored = `${n} distinct pairs of ${positions.seen} tokens`;
  switch (reason) {
    case 'evidence':
      return `Carries the mark (${titleWithCohort(detection)}): ${scored} score this high by chance with p = ${formatP(detection.lnP)}.`;
    case 'ruled-out':
      return `This mark was not found, and a text marked ${assumed(power)} would score this low with probability below ${formatP(power.lnMissed, 'up')} (${scored}, p = ${formatP(detection.lnP)}). That does not say who wrote it.`;
    case 'weak-evidence':
      return `A hint of the mark (p = ${formatP(detection.lnP)}, ${scored}), not enough at alpha = ${formatAlpha(detection.alpha)}. More text may decide.`;
    case 'too-short':
      return `Too short to tell: ${scored}; ${needed(power.needed)}.`;
    case 'repetitive':
      return `Too repetitive to tell: ${scored}; about ${power.needed} distinct contexts are needed, and it has ${power.contexts}.`;
    case 'no-evidence':
      return `No evidence of the mark (p = ${formatP(detection.lnP)}, ${scored}), but not enough text to rule it out.`;
  }
}

/**
 * A search in words. `noun`: what a candidate is.
 *
 * @example
 * describeSearch(detectCohorts(ids, mark, { first: 0, count: 24_000 }), 'account');
 */
export function describeSearch(search: Search<number | string>, noun: string): string {
  const { correction, n, positions, alpha, candidates, title } = search;
  const all = `${correction.tests} ${noun}s`;
  if (search.verdict !== 'marked')
    return `${describeDetection(search)} That is the best of ${all}, corrected for their number.`;
  const found = candidates.filter(({ lnP }) => lnP <= Math.log(alpha));
  const named = found.map(({ name, lnP }) => `${noun} ${name} (p = ${formatP(lnP)})`).join(', ');
  const next = candidates[found.length];
  const after = next === undefined ? '' : ` Next comes ${noun} ${next.name}, p = ${formatP(next.lnP)}.`;
  return `Carries the mark (${title}) of ${named}: ${n} distinct pairs of ${positions.seen} tokens; every p is corrected for ${all}.${after}`;
}

/** The mark in words, with its cohort if it is not 0. */
export const titleWithCohort = ({ title, mark }: Pick<Detection, 'title' | 'mark'>): string =>
  mark.cohort ? `${title}, cohort ${mark.cohort}` : title;

/** What the mark's own engine would print, in words; nothing where it would print nothing. */
export function describeCompat({ detector, figures }: EngineFigures): string {
  if (Object.keys(figures).length === 0) return '';
  const printed = Object.entries(figures).map(([name, value]) => `${name} ${short(value)}`);
  return `For comparison, ${detector}: ${printed.join(', ')}.`;
}

const short = (value: number | boolean) =>
  typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;

/** Where a mark's cohort stands among its decoys, in words. */
export function describeDecoys({ count, atLeast, lnP }: DecoyRank): string {
  return `Of ${count} cohorts of this key, ${atLeast} score${atLeast === 1 ? 's' : ''} at least as high, its own counted in: p = ${formatP(lnP)} by rank alone.`;
}

/** Where a mark's key stands among decoy keys, in words, and whether the null law holds on this text. */
export function describeDecoyKeys({ count, atLeast, lnP, ks }: DecoyKeyRank): string {
  const rank = `Of ${count} keys, ${atLeast} score${atLeast === 1 ? 's' : ''} at least as high, its own counted in: p = ${formatP(lnP)} by rank alone.`;
  const uniform = `(Kolmogorov-Smirnov p = ${formatP(ks.lnP)})`;
  if (ks.lnP > Math.log(LEAST_UNIFORM)) return `${rank} The p-values of the ${ks.n} decoys look uniform ${uniform}.`;
  return `${rank} The p-values of the ${ks.n} decoys are not uniform ${uniform}: do not trust this test's p on this text.`;
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

/**
 * A threshold as people write it: `0.01`, `1e-6`.
 *
 * @example
 * formatAlpha(0.000001); // '1e-6'
 */
export const formatAlpha = (alpha: number): string => (alpha < 0.001 ? alpha.toExponential() : String(alpha));

/** One check in a thousand says so of a law that holds. */
const LEAST_UNIFORM = 0.01;

/**
 * An e-value from its ln: `0.41`, `3.2e5`, down from 1000 on.
 *
 * @example
 * formatE(2000); // '3.8e868'
 */
export function formatE(lnE: number): string {
  if (lnE < Math.log(1000)) return formatP(lnE);
  const exponent = Math.floor(lnE / Math.LN10);
  const tenths = Math.max(10, Math.floor(10 * Math.exp(lnE - exponent * Math.LN10)));
  return `${(tenths / 10).toFixed(1)}e${exponent}`;
}
