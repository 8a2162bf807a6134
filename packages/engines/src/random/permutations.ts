/**
 * `torch.randperm(n, generator=g)` with a freshly seeded generator, on the device that a mark's engine ran on: heads of such
 * permutations are the green lists of Kirchenbauer et al. 2023 and all that follow their code.
 * @module
 */
import { kernels, permutationHead } from '@taggant/kernels';
import { low32 } from '../int64.ts';
import type { Settings } from '../opener.ts';
import { CudaPermutations } from './cuda-permutations.ts';

/** The permutations of 0 to n - 1, one for each seed. `Seed`: what the generator uses of the 64 bits of a seed. */
export interface Permutations<Seed = unknown> {
  readonly n: number;
  /** For titles: empty on a CPU. */
  readonly device: string;
  seed(all: bigint): Seed;
  /** That seed as two words of 32 bits, low and high. */
  words(seed: Seed): readonly [number, number];
  /** The first `count` elements; to be read at once, or copied. */
  head(seed: Seed, count: number): Uint32Array;
  /** For each element, under a seed of its own: 1 if it is among the first `count`, otherwise 0. */
  areAmongFirst(seeds: readonly Seed[], elements: Uint32Array, count: number): Uint8Array;
}

/** Those that the device of the settings draws. Throws where they cannot be derived. */
export function permutationsOf({ device, cudaThreads }: Settings, n: number): Permutations {
  const all: Permutations<bigint> | Permutations<number> =
    device === 'cuda' ? new CudaPermutations(n, cudaThreads) : ofTwister(n);
  return all as Permutations;
}

export const cpuPermutations = (n: number): Permutations => ofTwister(n) as Permutations;

/** The low 32 bits of a seed are all that matters, and an element is followed without moving any other. */
function ofTwister(n: number): Permutations<number> {
  return {
    n,
    device: '',
    seed: low32,
    words: (seed) => [seed, 0],
    head: (seed, count) => permutationHead(seed, n, count),
    areAmongFirst(seeds, elements, count) {
      const places = new Int32Array(elements.length);
      kernels().permutationPlaces(Uint32Array.from(seeds), elements, n, count, places);
      return Uint8Array.from(places, (place) => (place >= 0 ? 1 : 0));
    },
  };
}
