/** Results as lines: JSON for programs, words for people. @module */
import { type DedupMode, type MarkDescriptor, type NullLaw, printable } from '@taggant/core';
import {
  type DecoyKeyRank,
  describeCompat,
  describeDecoyKeys,
  describeDecoys,
  describeDetection,
  describeSearch,
  formatP,
  type LayeredDetection,
  type Reason,
  type Search,
  type StreamEvidence,
  titleWithCohort,
} from '@taggant/detector';
import picocolors from 'picocolors';
import { jsonInLog, jsonLine } from './output.ts';

/**
 * What is printed of one input: a detection, of one mark or of layers, or a search and what its candidates are called, or where
 * a stream stands behind it.
 */
export type Result = Tested | CohortSearch | StreamResult;
type Tested = LayeredDetection & { readonly decoyKeys?: DecoyKeyRank & { readonly seed?: string } };
type CohortSearch = Search<number> & { readonly noun: 'cohort' | 'payload' };

export interface StreamResult extends StreamEvidence {
  readonly verdict: 'marked' | 'inconclusive';
  readonly reason: Reason;
  readonly documents: number;
  readonly alpha: number;
  readonly dedup: DedupMode;
  readonly law: NullLaw;
  readonly mark: MarkDescriptor;
  readonly title: string;
  /** Of the last document. */
  readonly positions: { readonly seen: number };
}

/** One JSON object, ended by a newline. JSON has no Infinity: `needed: null` means that no length would do. */
export function jsonResult(id: string | number, result: Result): string {
  const description = describeResult(result);
  if ('documents' in result) return streamForJson(id, result, description);
  const more = 'candidates' in result ? candidatesForJson(result) : { layers: result.layers?.map(forJson) };
  return `${jsonInLog(JSON.stringify({ id, ...forJson(result), description, ...more }))}\n`;
}

function streamForJson(id: string | number, result: StreamResult, description: string): string {
  const { verdict, reason, lnE, lnSup, lnP, crossed, n, documents, alpha, dedup, law, mark } = result;
  const evidence = { verdict, reason, crossed, lnE, lnSup, lnP, p: Math.exp(lnP), n, documents };
  return jsonLine({ id, ...evidence, alpha, dedup, law, mark, description });
}

/** `cohort` (or `payload`): the one that was found, null if none was. */
function candidatesForJson({ noun, verdict, candidates }: CohortSearch) {
  const found = verdict === 'marked' ? candidates[0].name : null;
  const list = candidates.map(({ name, lnP, ...rest }) => ({ [noun]: name, ...rest, lnP, p: Math.exp(lnP) }));
  return { [noun]: found, candidates: list };
}

function forJson(detection: Tested) {
  const { lnP, p, score, z, power, details, decoys, decoyKeys, compat } = detection;
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
    decoyKeys: decoyKeys && { ...decoyKeys, p: Math.exp(decoyKeys.lnP) },
    power: { ...power, needed: Number.isFinite(power.needed) ? power.needed : null },
    details: details && { positions: Array.from(details.positions), scores: Array.from(details.scores) },
  };
}

/** One line: the verdict, coloured where somebody sees it, and what it rests on. */
export function wordResult(id: string | number, result: Result, colored: boolean): string {
  const { verdict, reason, lnP, n } = result;
  const { green, dim, yellow } = picocolors.createColors(colored);
  const paint = { marked: green, 'not-marked': dim, inconclusive: yellow };
  const line = (words: string) =>
    `${paint[verdict](verdict.padEnd(12))}  ${printable(String(id))}  ${reason}, ${words}\n`;
  if ('documents' in result) {
    const { lnE, documents } = result;
    return line(`E = ${formatE(lnE)}, p = ${formatP(lnP)} at any stop, n = ${n}, documents = ${documents}`);
  }
  const { score, z, correction, decoys, decoyKeys } = result;
  const found = 'candidates' in result && verdict === 'marked' ? `${result.noun} ${result.candidates[0].name}, ` : '';
  const nouns = 'candidates' in result ? `${result.noun}s` : 'layers';
  const tests = correction.tests > 1 ? `, corrected for ${correction.tests} ${nouns}` : '';
  const ofCohorts = decoys === undefined ? '' : `, rank ${decoys.atLeast} of ${decoys.count}`;
  const ofKeys = decoyKeys === undefined ? '' : `, rank ${decoyKeys.atLeast} of ${decoyKeys.count} keys`;
  const numbers = `n = ${n}, score = ${Number(score.toFixed(2))}, z = ${z.toFixed(1)}`;
  const words = `${found}p = ${formatP(lnP)}, ${numbers}${tests}${ofCohorts}${ofKeys}`;
  return line(words);
}

/** E from ln E, of any size, rounded down: `1.0e6`. */
function formatE(lnE: number): string {
  const exponent = Math.floor(lnE / Math.LN10 + 1e-12);
  if (exponent < 4) return formatP(lnE);
  const tenths = Math.floor(10 * Math.exp(lnE - exponent * Math.LN10) + 1e-9);
  return `${(Math.max(10, tenths) / 10).toFixed(1)}e${exponent}`;
}

/** Sentences, without a newline. */
export function describeResult(result: Result): string {
  if ('candidates' in result) return describeSearch(result, result.noun);
  if ('documents' in result) return describeStream(result);
  const { layers, decoys, decoyKeys, compat } = result;
  if (layers === undefined) {
    const more = [
      decoys && describeDecoys(decoys),
      decoyKeys && describeKeys(decoyKeys),
      compat && describeCompat(compat),
    ];
    return [describeDetection(result), ...more].filter(Boolean).join(' ');
  }
  const each = layers.map((layer, i) => `layer ${i + 1} p = ${formatP(layer.lnP)}`).join(', ');
  return `${describeDetection(result)} This p is corrected for ${layers.length} layers; on their own: ${each}.`;
}

const describeKeys = ({ seed, ...rank }: NonNullable<Tested['decoyKeys']>) =>
  `${describeDecoyKeys(rank)} Made from --seed ${printable(JSON.stringify(seed))}.`;

function describeStream(result: StreamResult): string {
  const { crossed, lnSup, lnP, n, documents, alpha } = result;
  const read = `${n} distinct ${result.dedup}s of ${documents} document${documents === 1 ? '' : 's'}`;
  const most = `E reached ${formatE(lnSup)}`;
  if (crossed) {
    return `Carries the mark (${titleWithCohort(result)}): ${most} over ${read}, at least 1/alpha; chance alone ever takes it there with probability at most ${formatP(lnP)}, whatever rule stopped the stream.`;
  }
  return `Not enough evidence of the mark: ${most} over ${read}, and 1/alpha is ${formatE(-Math.log(alpha))}. More text may be added at any time; that does not say that it is unmarked.`;
}
