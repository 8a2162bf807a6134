/**
 * `torch.randperm(n, generator=g)` on a CPU, read only as far as it is needed.
 *
 * PyTorch (aten/src/ATen/native/TensorFactories.cpp, `randperm_cpu`, for n below 2^32 / 20) shuffles forward: at step i it
 * swaps the i-th element with one from i to n - 1, drawn as 32 random bits modulo n - i. So the first k elements are final
 * after k steps, and where one element ends can be followed without moving any other.
 * @module
 */
import { BLOCK, quickTwister } from '../mersenne-twister.ts';

/**
 * The first `count` elements of `randperm(n)` under a seed (its low 32 bits), n at most 2^24.
 *
 * @example
 * permutationHead(0, 10, 10); // [4, 1, 7, 5, 3, 9, 0, 8, 6, 2]
 */
export function permutationHead(seed: number, n: number, count: number): Uint32Array {
  const elements = numbersBelow(n).slice();
  const steps = Math.min(count, n - 1);
  quickTwister.seed(seed);
  for (let from = 0; from < steps; from += BLOCK) {
    const end = Math.min(BLOCK, steps - from);
    const words = quickTwister.block(end);
    for (let k = 0; k < end; k++) {
      const i = from + k;
      const j = i + remainder(words[k], n - i);
      const element = elements[i];
      elements[i] = elements[j];
      elements[j] = element;
    }
  }
  return elements.subarray(0, count);
}

/** See Kernels.permutationPlaces. */
export function permutationPlaces(
  seeds: Uint32Array,
  elements: Uint32Array,
  n: number,
  count: number,
  out: Int32Array,
): void {
  prepareDivisors(n);
  const at = new Uint32Array(1);
  for (let i = 0; i < out.length; i++) {
    at[0] = elements[i]!;
    out[i] = placeOf(seeds[i]!, n, count, at);
  }
}

/** The place of the element that begins at `at[0]`. */
function placeOf(seed: number, n: number, count: number, at: Uint32Array): number {
  const steps = Math.min(count, n - 1);
  quickTwister.seed(seed);
  for (let from = 0; from < steps; from += BLOCK) {
    const end = Math.min(BLOCK, steps - from);
    const place = follow(quickTwister.block(end), end, from, n, at);
    if (place >= 0) return place;
  }
  // After n - 1 steps the one element that no draw took is the last.
  return count >= n ? n - 1 : -1;
}

/** Follows an element through a block's steps: the one that makes its place final, or -1; `at[0]` is where it lies now. */
function follow(words: Uint32Array, count: number, from: number, n: number, at: Uint32Array): number {
  let begin = 0;
  for (;;) {
    // Until the element's own step comes, it stays where it is unless a draw hits it.
    const place = at[0] - from;
    const end = Math.min(place, count);
    const hit = firstHit(words, begin, end, place, n - from);
    if (hit >= 0) return from + hit;
    if (end === count) return -1;
    const moved = remainder(words[end], n - at[0]);
    if (moved === 0) return at[0];
    at[0] += moved;
    begin = end + 1;
  }
}

/** The first k from `begin` to `end` with words[k] modulo n - k = place - k, or -1. The hot loop: no division. */
function firstHit(words: Uint32Array, begin: number, end: number, place: number, n: number): number {
  const { inverse, most } = divisors;
  let range = n - begin;
  let rest = place - begin;
  for (let k = begin; k < end; k++) {
    // A word with this rest passes the test of divisibility; what passes is checked.
    const multiple = Math.imul(words[k] - rest, inverse[range]) >>> 0;
    if (multiple <= most[range] && words[k] % range === rest) return k;
    range--;
    rest--;
  }
  return -1;
}

/** value % divisor of a 32-bit value: a quotient of doubles never rounds up to the next integer here. */
const remainder = (value: number, divisor: number) => value - Math.floor(value / divisor) * divisor;

/**
 * For each d: the inverse modulo 2^32 of its odd part, and the largest multiple of that part, divided by it, below 2^32. An
 * integer is a multiple of the odd part just when the inverse times it is not above `most` (Granlund & Montgomery 1994,
 * "Division by invariant integers using multiplication", section 9).
 */
interface Divisors {
  readonly inverse: Int32Array;
  readonly most: Uint32Array;
}

let divisors: Divisors = { inverse: new Int32Array(0), most: new Uint32Array(0) };

function prepareDivisors(n: number): void {
  if (divisors.inverse.length > n) return;
  const inverse = new Int32Array(n + 1);
  const most = new Uint32Array(n + 1);
  for (let d = 1; d <= n; d++) {
    const odd = d >>> (31 - Math.clz32(d & -d));
    let x = odd;
    // Newton: each step doubles the bits that are right, from three on.
    for (let step = 0; step < 4; step++) x = Math.imul(x, 2 - Math.imul(odd, x));
    inverse[d] = x;
    most[d] = 0xffffffff / odd;
  }
  divisors = { inverse, most };
}

let numbers = new Uint32Array(0);

/** 0, 1, 2, ... n - 1: to be read only. */
function numbersBelow(n: number): Uint32Array {
  if (numbers.length < n) {
    numbers = new Uint32Array(n);
    for (let i = 0; i < n; i++) numbers[i] = i;
  }
  return numbers.subarray(0, n);
}
