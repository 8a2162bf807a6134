/** Drawing a token from a row of logits, for engines that leave the choice to us. @module */
import { Peaks } from '@taggant/core';

/**
 * The token that a uniform number u in [0, 1) picks from softmax(logits). Masked tokens cost next to nothing. Throws
 * RangeError if u is out of range, or the row has NaN, +Infinity, or no token above -Infinity.
 *
 * @example
 * sampleToken(Float32Array.of(0, -Infinity, 0), 0.75); // 2
 */
export function sampleToken(logits: Float32Array, u: number): number {
  if (!(u >= 0 && u < 1)) throw new RangeError(`"u" expected a number in [0, 1), got ${u}`);
  const n = near(logits, WEIGHTLESS);
  if (weights.length < n) weights = new Float64Array(n);
  let total = 0;
  for (let i = 0; i < n; i++) total += weights[i] = Math.exp(logits[ids[i]] - peaks.largest);
  let left = u * total;
  let last = 0;
  for (let i = 0; i < n; i++) {
    if (weights[i] === 0) continue;
    last = ids[i];
    if ((left -= weights[i]) < 0) return last;
  }
  return last;
}

/**
 * The token of the largest logit, the first of equals. Throws as `sampleToken` does.
 *
 * @example
 * largestToken(Float32Array.of(1, 3, 3)); // 1
 */
export function largestToken(logits: Float32Array): number {
  near(logits, 0);
  return ids[0];
}

/** Gathers the tokens within so many nats of the largest; returns their number. */
function near(logits: Float32Array, range: number): number {
  peaks.read(logits);
  if (peaks.largest === Number.NEGATIVE_INFINITY) {
    throw new RangeError('"logits" expected at least one token above -Infinity, got none');
  }
  if (ids.length < logits.length) ids = new Uint32Array(logits.length);
  return peaks.collect(logits, peaks.largest - range, ids);
}

/** exp of anything below is 0. */
const WEIGHTLESS = 746;

/** Reused from row to row. */
const peaks = new Peaks();
let ids = new Uint32Array(0);
let weights = new Float64Array(0);
