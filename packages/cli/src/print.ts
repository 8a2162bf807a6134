/** Results as lines: JSON for programs, words for people. @module */
import {
  type Detection,
  describeCompat,
  describeDecoys,
  describeDetection,
  describeSearch,
  formatP,
  type LayeredDetection,
  type Search,
} from '@taggant/detector';
import picocolors from 'picocolors';
import { printable } from './errors.ts';

/** What is printed of one input: a detection, of one mark or of layers, or a search and what its candidates are called. */
export type Result = LayeredDetection | CohortSearch;
type CohortSearch = Search<number> & { readonly noun: 'cohort' | 'payload' };

/** One JSON object, ended by a newline. JSON has no Infinity: `needed: null` means that no length would do. */
export function jsonResult(id: string | number, result: Result): string {
  const description = describeResult(result);
  const more = 'candidates' in result ? candidatesForJson(result) : { layers: result.layers?.map(forJson) };
  return `${JSON.stringify({ id, ...forJson(result), description, ...more })}\n`;
}

/** `cohort` (or `payload`): the one that was found, null if none was. */
function candidatesForJson({ noun, verdict, candidates }: CohortSearch) {
  const found = verdict === 'marked' ? candidates[0].name : null;
  const list = candidates.map(({ name, lnP, ...rest }) => ({ [noun]: name, ...rest, lnP, p: Math.exp(lnP) }));
  return { [noun]: found, candidates: list };
}

function forJson(detection: Detection) {
  const { lnP, p, score, z, power, details, decoys, compat } = detection;
  const numbers = [lnP, p, score, z, power.lnMissed, power.strength.mean, power.strength.variance];
  // JSON.stringify would write null, in silence.
  if (!numbers.every(Number.isFinite)) throw new RangeError(`a result expected finite numbers, got ${numbers}`);
  return {
    verdict: detection.verdict,
    reason: detection.reason,
    lnP,
    p,
    n: detection.n,
    score,
    z,
    technique: detection.technique,
    law: detection.law,
    dedup: detection.dedup,
    alpha: detection.alpha,
    correction: detection.correction,
    calibration: detection.calibration,
    positions: detection.positions,
    mark: detection.mark,
    compat,
    decoys: decoys && { ...decoys, p: Math.exp(decoys.lnP) },
    power: { ...power, needed: Number.isFinite(power.needed) ? power.needed : null },
    details: details && { positions: Array.from(details.positions), scores: Array.from(details.scores) },
  };
}

/** One line: the verdict, coloured where somebody sees it, and what it rests on. */
export function wordResult(id: string | number, result: Result, colored: boolean): string {
  const { verdict, reason, lnP, n, score, z, correction, decoys } = result;
  const { green, dim, yellow } = picocolors.createColors(colored);
  const paint = { marked: green, 'not-marked': dim, inconclusive: yellow };
  const found = 'candidates' in result && verdict === 'marked' ? `${result.noun} ${result.candidates[0].name}, ` : '';
  const nouns = 'candidates' in result ? `${result.noun}s` : 'layers';
  const tests = correction.tests > 1 ? `, corrected for ${correction.tests} ${nouns}` : '';
  const rank = decoys === undefined ? '' : `, rank ${decoys.atLeast} of ${decoys.count}`;
  const numbers = `n = ${n}, score = ${Number(score.toFixed(2))}, z = ${z.toFixed(1)}`;
  const words = `${found}p = ${formatP(lnP)}, ${numbers}${tests}${rank}`;
  return `${paint[verdict](verdict.padEnd(12))}  ${printable(String(id))}  ${reason}, ${words}\n`;
}

/** Sentences, without a newline. */
export function describeResult(result: Result): string {
  if ('candidates' in result) return describeSearch(result, result.noun);
  const { layers, decoys, compat } = result;
  if (layers === undefined) {
    const more = [decoys && describeDecoys(decoys), compat && describeCompat(compat)];
    return [describeDetection(result), ...more].filter(Boolean).join(' ');
  }
  const each = layers.map((layer, i) => `layer ${i + 1} p = ${formatP(layer.lnP)}`).join(', ');
  return `${describeDetection(result)} This p is corrected for ${layers.length} layers; on their own: ${each}.`;
}
