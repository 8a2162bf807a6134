/**
 * Temperature, top-k and top-p on a row of logits, in place: what turns a model's logits into the distribution that is
 * sampled. Removed tokens become -Infinity. The order is that of Hugging Face transformers: temperature, top-k, top-p.
 * @module
 */
import { checkFinite, checkInteger } from '@taggant/core';

export interface Truncation {
  /** Keep the k largest logits (and their ties); 0 keeps all. */
  readonly topK?: number;
  /** Keep the fewest tokens (and their ties) whose probability reaches p; 1 keeps all. */
  readonly topP?: number;
}

/**
 * Divides by the temperature, then truncates. A row with NaN or +Infinity is refused.
 *
 * @example
 * const row = Float32Array.of(1, 3, 2);
 * warp(row, { temperature: 1, topK: 2 }); // row: [-Infinity, 3, 2]
 */
export function warp(
  logits: Float32Array,
  { temperature = 1, topK = 0, topP = 1 }: Truncation & { temperature?: number },
): void {
  if (!(checkFinite(temperature, 'temperature') > 0)) {
    throw new RangeError(`"temperature" expected a number above 0, got ${temperature}`);
  }
  const truncation = checkTruncation({ topK, topP });
  checkLogits(logits);
  if (temperature !== 1) for (let v = 0; v < logits.length; v++) logits[v] /= temperature;
  truncate(logits, truncation, 1);
}

/** @internal Throws at the first NaN or +Infinity. */
export function checkLogits(logits: Float32Array): void {
  for (let i = 0; i < logits.length; i++) {
    if (logits[i] < Number.POSITIVE_INFINITY) continue;
    throw new RangeError(`"logits[${i}]" expected a number below +Infinity, got ${logits[i]}`);
  }
}

/** @internal */
export function checkTruncation({ topK = 0, topP = 1 }: Truncation): Required<Truncation> {
  checkInteger(topK, 'topK', 0, 2 ** 24);
  if (!(checkFinite(topP, 'topP') > 0 && topP <= 1))
    throw new RangeError(`"topP" expected a number in (0, 1], got ${topP}`);
  return { topK, topP };
}

/** @internal Truncates a row that is still to be divided by the temperature; what is kept stays as it is. */
export function truncate(logits: Float32Array, { topK, topP }: Required<Truncation>, temperature: number): void {
  if (topK > 0 && topK < logits.length) dropBelow(logits, logits.toSorted()[logits.length - topK]);
  if (topP < 1) dropBelow(logits, nucleusFloor(logits, topP, temperature));
}

function dropBelow(logits: Float32Array, floor: number): void {
  for (let v = 0; v < logits.length; v++) if (logits[v] < floor) logits[v] = Number.NEGATIVE_INFINITY;
}

/** The smallest logit that top-p keeps. */
function nucleusFloor(logits: Float32Array, topP: number, temperature: number): number {
  const sorted = logits.filter((logit) => logit > Number.NEGATIVE_INFINITY).sort();
  const largest = sorted[sorted.length - 1];
  let total = 0;
  for (const logit of sorted) total += Math.exp((logit - largest) / temperature);
  let mass = 0;
  for (let i = sorted.length - 1; i >= 0; i--) {
    mass += Math.exp((sorted[i] - largest) / temperature);
    if (mass >= topP * total) return sorted[i];
  }
  return Number.NEGATIVE_INFINITY;
}
