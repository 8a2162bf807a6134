/** A scan in words: what fits, where the settings are wrong, and why nothing may have been found. @module */
import { printable } from '@taggant/core';
import { type Finding, formatAlpha, formatP, type Scan } from '@taggant/detector';
import type { Tried } from './hypotheses.ts';

/** One paragraph. */
export function diagnosisOf(result: Scan<Tried>): string {
  const { findings, tests, lnP } = result;
  const corrected = `corrected for ${tests} ${tests === 1 ? 'test' : 'tests'}`;
  const [best] = findings;
  if (result.verdict === 'found') {
    const { of, title, reading } = best;
    const how =
      of.differs.length === 0 ? 'as its settings say' : `but not as its settings say: ${of.differs.join(', ')}`;
    return `${title}, key ${of.key}, fits ${how}; read as ${reading}; p = ${formatP(lnP)}, ${corrected}.`;
  }
  const outside =
    result.outside === 0
      ? ''
      : ` ${result.outside} of the tests could not fit: an id lies beyond their vocabulary, or there is no such mark.`;
  if (lnP <= LN_HINT) {
    return `A hint (p = ${formatP(lnP)}, ${corrected}) of ${best.title}, key ${best.of.key}, not enough at alpha = ${formatAlpha(result.alpha)}. More text may decide.${outside}`;
  }
  if (best === undefined)
    return `Nothing came near, ${corrected}: the text reads like any other under these keys.${outside}`;
  const most = Math.max(...findings.map(({ n }) => n));
  if (most === 0)
    return `The text is too short to be tested: no token of it has the context that these marks read.${outside}`;
  const why =
    most < FEW_PAIRS
      ? `The text is short (${most} distinct pairs): a mark may be there all the same.`
      : 'Another key, scheme, tokenizer or device may have been used, or the text was never marked, or was rewritten.';
  return `The best has p = ${formatP(lnP)}, ${corrected}. ${why}${outside}`;
}

/** The best hypotheses, a line each. */
export function tableOf(findings: readonly Finding<Tried>[]): string {
  return findings
    .map(({ of, title, reading, n, z, lnP }) => {
      const differs = of.differs.length === 0 ? 'as set' : of.differs.join(', ');
      return `  p = ${formatP(lnP).padEnd(8)} z = ${z.toFixed(1).padStart(5)} n = ${n}  ${printable(of.key)}  ${title}  [${differs}]  ${reading}\n`;
    })
    .join('');
}

const FEW_PAIRS = 100;
const LN_HINT = Math.log(0.01);
