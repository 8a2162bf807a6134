/**
 * Temperature, top-k and top-p on a row of logits, in place: what turns a model's logits into the distribution that is
 * sampled. Removed tokens become -Infinity. The order is that of Hugging Face transformers: temperature, top-k, top-p.
 * @module
 */
import { checkFinite, checkInteger, checkPositive, kthLargest, LEAST_TEMPERATURE, Peaks } from '@taggant/core';

/** What is kept of the distribution before the draw. */
export interface Truncation {
  /** Keep the k largest logits (and their ties); 0 keeps all. Default 0. */
  readonly topK?: number;
  /** Keep the fewest tokens (and their ties) whose probability reaches p, in (0, 1]; 1 keeps all. Default 1. */
  readonly topP?: number;
}

/**
 * Divides by the temperature (above 0), then truncates. A row with NaN or +Infinity is refused with a RangeError.
 *
 * @example
 * const row = Float32Array.of(1, 3, 2);
 * warp(row, { temperature: 1, topK: 2 }); // row: [-Infinity, 3, 2]
 */
export function warp(
  logits: Float32Array,
  { temperature = 1, topK = 0, topP = 1 }: Truncation & { temperature?: number },
): void {
  checkPositive(temperature, 'temperature');
  const truncation = checkTruncation({ topK, topP });
  peaks.read(logits);
  if (temperature !== 1) for (let v = 0; v < logits.length; v++) logits[v] /= temperature;
  truncate(logits, truncation, 1);
}

/** @internal Throws at the first NaN or +Infinity. */
export function checkLogits(logits: Float32Array): void {
  peaks.read(logits);
}

/** @internal Greedy decoding, or a temperature to divide by. */
export function checkTemperature(temperature: number): void {
  if (checkFinite(temperature, 'temperature') === 0 || temperature >= LEAST_TEMPERATURE) return;
  throw new RangeError(`"temperature" expected 0 or at least ${LEAST_TEMPERATURE}, got ${temperature}`);
}

/** @internal */
export function checkTruncation({ topK = 0, topP = 1 }: Truncation): Required<Truncation> {
  checkInteger(topK, 'topK', 0, 2 ** 24);
  if (!(checkFinite(topP, 'topP') > 0 && topP <= 1))
    throw new RangeError(`"topP" expected a number in (0, 1], got ${topP}`);
  return { topK, topP };
}

/**
 * @internal Truncates a row that is still to be divided by the temperature; what is kept stays as it is. A row with NaN or
 * +Infinity is refused.
 */
export function truncate(logits: Float32Array, { topK, topP }: Required<Truncation>, temperature: number): void {
  const cutsK = topK > 0 && topK < logits.length;
  if (!cutsK && topP === 1) return;
  peaks.read(logits);
  if (peaks.largest === Number.NEGATIVE_INFINITY) return;
  if (ids.length < logits.length) {
    ids = new Uint32Array(logits.length);
    values = new Float32Array(logits.length);
    scratch = new Float32Array(logits.length);
  }
  let kept = cutsK ? gather(logits, peaks.floorOf(topK)) : 0;
  if (cutsK && kept > topK) {
    scratch.set(values.subarray(0, kept));
    kept = drop(kept, kthLargest(scratch, kept, topK));
  }
  if (topP < 1) {
    if (cutsK) kept = drop(kept, nucleusOf(kept, topP, temperature));
    else kept = gather(logits, nucleus(logits, topP, temperature));
  }
  logits.fill(Number.NEGATIVE_INFINITY);
  for (let i = 0; i < kept; i++) logits[ids[i]] = values[i];
}

/** Gathers the tokens with a logit of at least `floor`; returns their number. */
function gather(logits: Float32Array, floor: number): number {
  const n = peaks.collect(logits, floor, ids);
  for (let i = 0; i < n; i++) values[i] = logits[ids[i]];
  return n;
}

/** Drops gathered tokens below the floor; returns how many are left. */
function drop(n: number, floor: number): number {
  let kept = 0;
  for (let i = 0; i < n; i++) {
    if (values[i] < floor) continue;
    ids[kept] = ids[i];
    values[kept++] = values[i];
  }
  return kept;
}

/** The smallest logit that top-p keeps of the first n gathered tokens, the row's only ones. */
function nucleusOf(n: number, topP: number, temperature: number): number {
  const total = weigh(values, n, temperature);
  return floorOf(sorted(n), topP * total, temperature);
}

/**
 * The smallest logit that top-p keeps of the whole row. Only tokens near the largest are gathered and weighed one by one,
 * widening until they hold the mass; the kernels bound what lies below. Where the answer hangs on where between the
 * bounds it is, the whole row is weighed.
 */
function nucleus(logits: Float32Array, topP: number, temperature: number): number {
  let exact: number | undefined;
  // Beyond 800 nats every weight is 0.
  for (let range = 4; range <= 1600; range *= 2) {
    const floor = Math.fround(peaks.largest - range * temperature);
    const n = gather(logits, floor);
    const near = weigh(values, n, temperature);
    const [least, most] =
      exact === undefined ? peaks.massBelow(logits, floor, temperature) : [exact - near, exact - near];
    const ascending = sorted(n);
    const low = floorOf(ascending, topP * (near + least), temperature);
    const high = floorOf(ascending, topP * (near + most), temperature);
    if (low === high && high > Number.NEGATIVE_INFINITY) return high;
    if (low > Number.NEGATIVE_INFINITY) {
      exact ??= weigh(logits, logits.length, temperature);
      const floor = floorOf(ascending, topP * exact, temperature);
      if (floor > Number.NEGATIVE_INFINITY) return floor;
    }
  }
  return Number.NEGATIVE_INFINITY;
}

/** The mass of the first n logits; the largest token's is 1. */
function weigh(logits: Float32Array, n: number, temperature: number): number {
  let mass = 0;
  for (let i = 0; i < n; i++) mass += Math.exp((logits[i] - peaks.largest) / temperature);
  return mass;
}

/** The first n gathered logits, the smallest first. Valid until the next call. */
function sorted(n: number): Float32Array {
  const copy = scratch.subarray(0, n);
  copy.set(values.subarray(0, n));
  return copy.sort();
}

/** The smallest of the fewest ascending logits, from the largest down, that have the mass; -Infinity if all have not. */
function floorOf(ascending: Float32Array, mass: number, temperature: number): number {
  let sum = 0;
  for (let i = ascending.length - 1; i >= 0; i--) {
    sum += Math.exp((ascending[i] - peaks.largest) / temperature);
    if (sum >= mass) return ascending[i];
  }
  return Number.NEGATIVE_INFINITY;
}

/** Reused from row to row. */
const peaks = new Peaks();
let ids = new Uint32Array(0);
let values = new Float32Array(0);
let scratch = new Float32Array(0);
