/**
 * Layers: several marks tested on one text. What is reported for the whole is the family-wise p-value, by Bonferroni,
 * which holds however the tests depend on each other.
 * @module
 */
import type { DedupMode, Mark } from '@taggant/core';
import { bonferroni } from '@taggant/stats';
import { checkSeparable } from './cohorts.ts';
import { DEFAULT_ALPHA, type Detection, type DetectOptions, detectTokens } from './detect.ts';
import type { Reason, Verdict } from './verdict.ts';

export interface LayeredDetection extends Detection {
  /** Each layer's own test, uncorrected, judged at alpha over the number of layers. */
  readonly layers?: readonly Detection[];
}

/**
 * Tests token ids for every mark of a stack; `lnP` is that of the best layer times their number. Layers that share a key
 * (cohorts of it) count each context once unless `dedup` says otherwise, so that one layer's mark cannot speak for another
 * (docs/statistics.md, "Cohorts of one key").
 *
 * @example
 * detectLayers(ids, [ownerMark, accountMark]).layers; // each layer's own Detection
 */
export function detectLayers(
  tokens: ArrayLike<number>,
  marks: readonly Mark[],
  options: Omit<DetectOptions, 'decoyKeys'> = {},
): LayeredDetection {
  const { alpha = DEFAULT_ALPHA, dedup = dedupOf(marks) } = options;
  if (marks.length === 0) throw new RangeError('"marks" expected at least one mark, got none');
  const layers = marks.map((mark) => detectTokens(tokens, mark, { ...options, dedup, alpha: alpha / marks.length }));
  const best = layers.reduce((a, b) => (b.lnP < a.lnP ? b : a));
  const lnP = bonferroni(layers.map((layer) => layer.lnP));
  const { verdict, reason, decisive } = judge(layers, best, lnP, alpha);
  // A rank that was picked as the best of several is none; each layer has its own.
  const { details: _, decoys: __, ...rest } = best;
  const correction = { method: 'bonferroni', tests: layers.length } as const;
  return { ...rest, verdict, reason, lnP, p: Math.exp(lnP), alpha, correction, power: decisive.power, layers };
}

function dedupOf(marks: readonly Mark[]): DedupMode {
  const shared = marks.filter(
    ({ descriptor: { kid } }) => kid !== undefined && marks.filter((one) => one.descriptor.kid === kid).length > 1,
  );
  shared.forEach(checkSeparable);
  return shared.length > 0 ? 'context' : 'pair';
}

/**
 * `not-marked` when every layer is ruled out: a text that carries any of them at the stated strength is then missed with
 * probability at most beta. `decisive` is the layer that the verdict hangs on.
 */
function judge(
  layers: readonly Detection[],
  best: Detection,
  lnP: number,
  alpha: number,
): { verdict: Verdict; reason: Reason; decisive: Detection } {
  if (lnP <= Math.log(alpha)) return { verdict: 'marked', reason: 'evidence', decisive: best };
  if (lnP <= Math.log(0.01)) return { verdict: 'inconclusive', reason: 'weak-evidence', decisive: best };
  const open = layers.find((layer) => layer.reason !== 'ruled-out');
  if (open === undefined) {
    const decisive = layers.reduce((a, b) => (b.power.lnMissed > a.power.lnMissed ? b : a));
    return { verdict: 'not-marked', reason: 'ruled-out', decisive };
  }
  // A layer's own weak evidence does not outlive the correction.
  const reason = open.reason === 'weak-evidence' ? 'no-evidence' : open.reason;
  return { verdict: 'inconclusive', reason, decisive: open };
}
