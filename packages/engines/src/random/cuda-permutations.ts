/**
 * `torch.randperm(n, generator=g)` on an Nvidia card, of a freshly seeded generator, as PyTorch has drawn it since 1.9: numbers from
 * 0 to n - 1 in the order of random keys (aten/src/ATen/native/cuda/Randperm.cu).
 *
 * A key is the low bits of a 64-bit word of Philox, just so many that all n differ in nine of ten permutations; elements with equal
 * keys are shuffled afterwards (Randperm.cuh). Which word an element gets depends on how many threads the card starts at once,
 * multiprocessors x threads of each (DistributionTemplates.h, `calc_execution_policy`): thread t of T makes the words of the
 * elements t, t + T, t + 2 T and so on. Up to n = T no element waits, and all cards agree. Below n = 30,084 keys have 32 bits, which
 * torch draws in one way until 2.6 and in another since; no recorded text says which one is followed right, so none is.
 *
 * One word in 2^64 is reduced to 0 there, and not here.
 * @module
 */
import { kernels, philoxBlock } from '@taggant/kernels';
import { low32 } from '../int64.ts';
import { CUDA_THREADS } from './cards.ts';
import type { Permutations } from './permutations.ts';

export class CudaPermutations implements Permutations<bigint> {
  readonly n: number;
  readonly device: string;
  readonly #threads: number;
  /** The bits of a key above the lowest 32. */
  readonly #mask: number;
  /** Keys are below this. */
  readonly #end: number;

  /** `threads`: how many the card starts; must be known where some cards start fewer than n. */
  constructor(n: number, threads: number | undefined) {
    if (n < FEWEST_ELEMENTS) {
      throw new RangeError(
        `"device" expected cpu for ${n} tokens, got cuda: below ${FEWEST_ELEMENTS} what it draws depends on the version of torch`,
      );
    }
    const bits = Math.ceil(Math.log2(n - (6 * n * n + 1) / (12 * Math.log(0.9))));
    if (threads === undefined && n > FEWEST_THREADS) {
      throw new TypeError(
        `"cudaThreads" expected a number, got none: above ${FEWEST_THREADS} tokens the card's multiprocessors times the threads of each decide, such as 58 x 1536 = 89088 of an L4`,
      );
    }
    this.n = n;
    this.device = n <= (threads ?? n) ? ', CUDA' : `, CUDA of ${threads} threads`;
    this.#threads = Math.min(n, threads ?? n);
    this.#mask = 2 ** (bits - 32) - 1;
    this.#end = 2 ** bits;
  }

  /** All 64 bits count. */
  seed(all: bigint): bigint {
    return all;
  }

  words(seed: bigint): readonly [number, number] {
    return [low32(seed), low32(seed >> 32n)];
  }

  head(seed: bigint, count: number): Uint32Array {
    const { n } = this;
    const keys = this.#keys(seed);
    // Keys are dealt out to buckets by their value, and sorted there, as far as they are asked for.
    const buckets = Math.ceil(n / IN_A_BUCKET);
    const scale = buckets / this.#end;
    const starts = new Uint32Array(buckets + 1);
    for (let i = 0; i < n; i++) starts[Math.floor(keys[i] * scale) + 1]++;
    for (let b = 0; b < buckets; b++) starts[b + 1] += starts[b];
    const ends = starts.slice();
    const order = new Uint32Array(n);
    for (let i = 0; i < n; i++) order[ends[Math.floor(keys[i] * scale)]++] = i;
    for (let b = 0; b < buckets && starts[b] < count; b++) {
      sort(order, keys, starts[b], starts[b + 1]);
      this.#shuffleEquals(seed, order, keys, starts[b], starts[b + 1]);
    }
    return order.subarray(0, count);
  }

  /**
   * An element's place is about its key's share of all keys, times n. Where that is far enough from `count`, its own key decides:
   * that would be wrong for one pair in 10^27 (Hoeffding 1963, theorem 1). The others need
   * the keys of all elements.
   */
  areAmongFirst(seeds: readonly bigint[], elements: Uint32Array, count: number): Uint8Array {
    const share = count / this.n;
    const margin = Math.sqrt(32 / this.n) + 1 / this.n;
    return Uint8Array.from(elements, (element, i) => {
      const distance = this.#keyOf(seeds[i], element) / this.#end - share;
      const isAmong = Math.abs(distance) > margin ? distance < 0 : this.#isAmongFirst(seeds[i], element, count);
      return isAmong ? 1 : 0;
    });
  }

  #isAmongFirst(seed: bigint, element: number, count: number): boolean {
    const keys = this.#keys(seed);
    const own = keys[element];
    let [below, equal] = [0, 0];
    for (let i = 0; i < this.n; i++) {
      if (keys[i] < own) below++;
      else if (keys[i] === own) equal++;
    }
    return equal === 1 ? below < count : this.head(seed, count).includes(element);
  }

  #keyOf(seed: bigint, element: number): number {
    const lap = Math.floor(element / this.#threads);
    block[0] = lap >>> 1;
    block[1] = 0;
    block[2] = element % this.#threads;
    block[3] = 0;
    philoxBlock(block, ...this.words(seed));
    return lap % 2 === 0 ? this.#key(block[0], block[1]) : this.#key(block[2], block[3]);
  }

  /** The keys of all elements, in memory that the next call writes again. */
  #keys(seed: bigint): Float64Array {
    const { n } = this;
    const threads = this.#threads;
    if (allKeys.length < n) allKeys = new Float64Array(n);
    fill(philoxKeys, ...this.words(seed));
    // A block has the words of two laps.
    for (let lap = 0; lap * threads < n; lap += 2) {
      const [first, second] = [lap * threads, (lap + 1) * threads];
      const width = Math.min(threads, n - first);
      for (let from = 0; from < width; from += CHUNK) {
        const size = Math.min(CHUNK, width - from);
        for (let k = 0; k < size; k++) {
          blocks[4 * k] = lap >>> 1;
          blocks[4 * k + 1] = 0;
          blocks[4 * k + 2] = from + k;
          blocks[4 * k + 3] = 0;
        }
        kernels().philox(blocks.subarray(0, 4 * size), philoxKeys.subarray(0, 2 * size));
        for (let k = 0; k < size; k++) {
          const element = from + k;
          allKeys[first + element] = this.#key(blocks[4 * k], blocks[4 * k + 1]);
          if (second + element < n) allKeys[second + element] = this.#key(blocks[4 * k + 2], blocks[4 * k + 3]);
        }
      }
    }
    return allKeys;
  }

  #key(high: number, low: number): number {
    return (high & this.#mask) * 2 ** 32 + low;
  }

  /** Shuffles elements of equal keys among sorted ones: each island backward, with a stream of its own that starts behind the keys'. */
  #shuffleEquals(seed: bigint, order: Uint32Array, keys: Float64Array, begin: number, end: number): void {
    for (let from = begin; from < end; ) {
      let to = from + 1;
      while (to < end && keys[order[to]] === keys[order[from]]) to++;
      const used = Math.floor((this.n - 1) / (2 * this.#threads)) + 1;
      for (let i = to - 1, draw = 0; i > from; i--, draw++) {
        block[0] = used + (draw >>> 2);
        block[1] = 0;
        block[2] = from;
        block[3] = 0;
        philoxBlock(block, ...this.words(seed));
        const j = from + (block[draw & 3] % (i - from + 1));
        const element = order[i];
        order[i] = order[j];
        order[j] = element;
      }
      from = to;
    }
  }
}

/** By key; elements of equal keys keep their order. A few elements only. */
function sort(order: Uint32Array, keys: Float64Array, begin: number, end: number): void {
  for (let i = begin + 1; i < end; i++) {
    const element = order[i];
    const key = keys[element];
    let at = i;
    for (; at > begin && keys[order[at - 1]] > key; at--) order[at] = order[at - 1];
    order[at] = element;
  }
}

function fill(keys: Uint32Array, low: number, high: number): void {
  for (let i = 0; i < keys.length; i += 2) {
    keys[i] = low;
    keys[i + 1] = high;
  }
}

/** For fewer, the bits of a key are 32 at most. */
export const FEWEST_ELEMENTS = 30_084;
/** The fewest of the cards that models of such vocabularies run on. Up to that many elements no card needs to be named. */
const FEWEST_THREADS = CUDA_THREADS.T4;
const IN_A_BUCKET = 4;
/** Blocks at a time. */
const CHUNK = 4096;
const blocks = new Uint32Array(4 * CHUNK);
const philoxKeys = new Uint32Array(2 * CHUNK);
const block = new Uint32Array(4);
let allKeys = new Float64Array(0);
