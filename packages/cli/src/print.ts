/** Results as lines: JSON for programs, words for people. @module */
import { type Detection, describeDetection, formatP, type LayeredDetection } from '@taggant/detector';
import picocolors from 'picocolors';
import { printable } from './errors.ts';

/** One JSON object, ended by a newline. JSON has no Infinity: `needed: null` means that no length would do. */
export function jsonResult(id: string | number, detection: LayeredDetection): string {
  const { layers } = detection;
  const description = describeResult(detection);
  const ofLayers = layers === undefined ? undefined : layers.map(forJson);
  return `${JSON.stringify({ id, ...forJson(detection), description, layers: ofLayers })}\n`;
}

function forJson(detection: Detection) {
  const { lnP, p, score, z, power, details } = detection;
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
    power: { ...power, needed: Number.isFinite(power.needed) ? power.needed : null },
    details: details && { positions: Array.from(details.positions), scores: Array.from(details.scores) },
  };
}

/** One line: the verdict, coloured where somebody sees it, and what it rests on. */
export function wordResult(id: string | number, detection: LayeredDetection, colored: boolean): string {
  const { verdict, reason, lnP, n, score, z, correction } = detection;
  const { green, dim, yellow } = picocolors.createColors(colored);
  const paint = { marked: green, 'not-marked': dim, inconclusive: yellow };
  const tests = correction.tests > 1 ? `, corrected for ${correction.tests} layers` : '';
  const words = `p = ${formatP(lnP)}, n = ${n}, score = ${Number(score.toFixed(2))}, z = ${z.toFixed(1)}${tests}`;
  return `${paint[verdict](verdict.padEnd(12))}  ${printable(String(id))}  ${reason}, ${words}\n`;
}

/** Sentences, without a newline. */
export function describeResult(detection: LayeredDetection): string {
  const { layers } = detection;
  if (layers === undefined) return describeDetection(detection);
  const each = layers.map((layer, i) => `layer ${i + 1} p = ${formatP(layer.lnP)}`).join(', ');
  return `${describeDetection(detection)} This p is corrected for ${layers.length} layers; on their own: ${each}.`;
}
