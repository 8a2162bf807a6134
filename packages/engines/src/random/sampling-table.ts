/**
 * `torch.randint(0, 2, (size,), generator=g)` with a freshly seeded generator: the table of bits of SynthID.
 * @module
 */

import { MersenneTwister, philoxBlock } from '@taggant/kernels';
import type { Device } from '../opener.ts';

export interface SamplingTable {
  readonly bits: Uint8Array;
  /** The share of ones. */
  readonly share: number;
}

/**
 * A CPU takes the lowest bit of each word of MT19937 (aten/src/ATen/core/DistributionsHelper.h). Each of the `threads` that a
 * graphics card starts has a Philox stream of its own (aten/src/ATen/native/cuda/DistributionTemplates.h), whose first word makes
 * one element, the next one the element so many places on, and so forth. Most cards start 65,536, and then no thread makes two; a
 * T4 starts 40,960. Of a seed, 53 bits can be given; a CPU uses 32.
 */
export function samplingTable(device: Device, size: number, seed: number, threads = size): SamplingTable {
  const name = `${device} ${size} ${seed} ${threads}`;
  let table = tables.get(name);
  if (table === undefined) {
    const bits = device === 'cpu' ? ofTwister(size, seed) : ofPhilox(size, seed, threads);
    table = { bits, share: bits.reduce((sum, bit) => sum + bit, 0) / size };
    if (tables.size === KEPT) tables.delete(tables.keys().next().value as string);
    tables.set(name, table);
  }
  return table;
}

function ofTwister(size: number, seed: number): Uint8Array {
  const generator = new MersenneTwister();
  generator.seed(seed % 2 ** 32);
  return Uint8Array.from({ length: size }, () => generator.next() & 1);
}

function ofPhilox(size: number, seed: number, threads: number): Uint8Array {
  const block = new Uint32Array(4);
  return Uint8Array.from({ length: size }, (_, i) => {
    const lap = Math.floor(i / threads);
    block.set([lap >>> 2, 0, i % threads, 0]);
    philoxBlock(block, (seed % 2 ** 32) | 0, Math.floor(seed / 2 ** 32));
    return block[lap & 3] & 1;
  });
}

/** Thousands of keys share a table. */
const tables = new Map<string, SamplingTable>();
const KEPT = 8;
