/** Drawing a token from a row of logits, for engines that leave the choice to us. @module */
import { checkLogits } from './warp.ts';

/**
 * The token that a uniform number u in [0, 1) picks from softmax(logits).
 *
 * @example
 * sampleToken(Float32Array.of(0, -Infinity, 0), 0.75); // 2
 */
export function sampleToken(logits: Float32Array, u: number): number {
  if (!(u >= 0 && u < 1)) throw new RangeError(`"u" expected a number in [0, 1), got ${u}`);
  const largest = logits[largestToken(logits)];
  let total = 0;
  for (let v = 0; v < logits.length; v++) total += Math.exp(logits[v] - largest);
  let left = u * total;
  let last = 0;
  for (let v = 0; v < logits.length; v++) {
    const weight = Math.exp(logits[v] - largest);
    if (weight === 0) continue;
    last = v;
    if ((left -= weight) < 0) return v;
  }
  return last;
}

/** The token of the largest logit, the first of equals. */
export function largestToken(logits: Float32Array): number {
  checkLogits(logits);
  let best = 0;
  for (let v = 1; v < logits.length; v++) if (logits[v] > logits[best]) best = v;
  if (logits[best] > Number.NEGATIVE_INFINITY) return best;
  throw new RangeError('"logits" expected at least one token above -Infinity, got none');
}
