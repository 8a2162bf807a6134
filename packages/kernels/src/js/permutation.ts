/**
 * Where single elements end in `torch.randperm(n)` on a CPU; see Kernels.permutationPlaces.
 *
 * PyTorch (aten/src/ATen/native/TensorFactories.cpp, `randperm_cpu`, for n below 2^32 / 20) shuffles forward: at step i it swaps
 * the i-th element with one from i to n - 1, drawn as 32 random bits modulo n - i. So an element's place is final once a step
 * takes it, and one element can be followed without moving any other.
 * @module
 */
import { MersenneTwister } from '../mersenne-twister.ts';

export function permutationPlaces(
  seeds: Uint32Array,
  elements: Uint32Array,
  n: number,
  count: number,
  out: Int32Array,
): void {
  for (let i = 0; i < out.length; i++) out[i] = placeOf(seeds[i]!, elements[i]!, n, count);
}

function placeOf(seed: number, element: number, n: number, count: number): number {
  generator.seed(seed);
  let at = element;
  for (let i = 0; i < Math.min(count, n - 1); i++) {
    const range = n - i;
    const word = generator.next();
    // value % divisor: a quotient of doubles never rounds up to the next integer here.
    const j = i + (word - Math.floor(word / range) * range);
    if (j === at) return i;
    if (i === at) at = j;
  }
  return count >= n ? n - 1 : -1;
}

const generator = new MersenneTwister();
