/**
 * `torch.randperm(n, generator=g)` on a CPU, read only as far as it is needed.
 *
 * PyTorch (aten/src/ATen/native/TensorFactories.cpp, `randperm_cpu`, for n below 2^32 / 20) shuffles forward: at step i it
 * swaps the i-th element with one from i to n - 1, drawn as 32 random bits modulo n - i. So the first k elements are final
 * after k steps, and where one element ends can be followed without moving any other.
 * @module
 */
import { MersenneTwister } from './mersenne-twister.ts';

const generator = new MersenneTwister();

/**
 * The first `count` elements of `randperm(n)` under a seed (its low 32 bits), n at most 2^24.
 *
 * @example
 * permutationHead(0, 10, 10); // [4, 1, 7, 5, 3, 9, 0, 8, 6, 2]
 */
export function permutationHead(seed: number, n: number, count: number): Uint32Array {
  generator.seed(seed);
  const elements = Uint32Array.from({ length: n }, (_, i) => i);
  const steps = Math.min(count, n - 1);
  for (let i = 0; i < steps; i++) {
    const j = i + (generator.next() % (n - i));
    const element = elements[i];
    elements[i] = elements[j];
    elements[j] = element;
  }
  return elements.subarray(0, count);
}

/**
 * The place of one element in `randperm(n)` under a seed, or -1 if it is not among the first `count`.
 *
 * @example
 * placeInPermutation(0, 10, 7, 3); // 2: torch.manual_seed(0); torch.randperm(10)[2] is 7
 */
export function placeInPermutation(seed: number, n: number, element: number, count: number): number {
  generator.seed(seed);
  const steps = Math.min(count, n - 1);
  let at = element;
  for (let i = 0; i < steps; i++) {
    const j = i + (generator.next() % (n - i));
    if (j === at) return i;
    if (i === at) at = j;
  }
  return at === n - 1 && count >= n ? n - 1 : -1;
}
