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
  if (topK > 0 && topK < logits.length) dropBelow(logits, kthLargest(logits, topK));
  if (topP < 1) dropBelow(logits, nucleusFloor(logits, topP, temperature));
}

function dropBelow(logits: Float32Array, floor: number): void {
  for (let v = 0; v < logits.length; v++) if (logits[v] < floor) logits[v] = Number.NEGATIVE_INFINITY;
}

/** Hoare's selection, in a scratch copy: linear in the vocabulary, where sorting takes a hundred times a mark's own cost. */
function kthLargest(logits: Float32Array, k: number): number {
  const row = scratch(logits.length);
  row.set(logits);
  let [left, right] = [0, row.length - 1];
  while (left < right) {
    const pivot = row[(left + right) >>> 1];
    let [i, j] = [left, right];
    while (i <= j) {
      while (row[i] > pivot) i++;
      while (row[j] < pivot) j--;
      if (i > j) break;
      const swapped = row[i];
      row[i++] = row[j];
      row[j--] = swapped;
    }
    if (k - 1 <= j) right = j;
    else if (k - 1 >= i) left = i;
    else break;
  }
  return row[k - 1];
}

/** The smallest logit that top-p keeps: sorts only the tokens near the largest, widening until they hold the mass. */
function nucleusFloor(logits: Float32Array, topP: number, temperature: number): number {
  const largest = logits.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  let total = 0;
  for (let v = 0; v < logits.length; v++) total += Math.exp((logits[v] - largest) / temperature);
  for (let range = 4; ; range *= 2) {
    const near = scratch(logits.length);
    let n = 0;
    for (let v = 0; v < logits.length; v++) if (logits[v] >= largest - range * temperature) near[n++] = logits[v];
    const sorted = near.subarray(0, n).sort();
    let mass = 0;
    for (let i = n - 1; i >= 0; i--) {
      mass += Math.exp((sorted[i] - largest) / temperature);
      if (mass >= topP * total) return sorted[i];
    }
    // Beyond 800 nats every weight is 0.
    if (range > 800) return Number.NEGATIVE_INFINITY;
  }
}

/** Reused from row to row. */
function scratch(length: number): Float32Array {
  if (buffer.length < length) buffer = new Float32Array(length);
  return buffer.subarray(0, length);
}

let buffer = new Float32Array(0);
