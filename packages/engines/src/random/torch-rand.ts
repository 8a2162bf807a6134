/** `torch.rand(n, generator=g)` in float32 on a CPU, element by element. @module */
import { MersenneTwister } from '@taggant/kernels';

/** Each element is the low 24 bits of one word of the generator, over 2^24. Cheapest when asked for in ascending order. */
export class TorchRand {
  readonly #generator = new MersenneTwister();
  #words: Uint32Array = new Uint32Array(0);
  #seed = 0;
  /** Which block of the generator's words is at hand. */
  #block = -1;

  /** Only the low 32 bits of a seed matter. */
  seed(seed: number): void {
    this.#seed = seed;
    this.#block = -1;
    this.#generator.seed(seed);
  }

  /** The element at an index, from 0 to below 1. */
  at(index: number): number {
    const block = Math.floor(index / BLOCK);
    if (block < this.#block) this.seed(this.#seed);
    for (; this.#block < block; this.#block++) this.#words = this.#generator.block();
    return (this.#words[index - block * BLOCK] & 0xffffff) / 2 ** 24;
  }
}

/** Words of the generator that come together. */
const BLOCK = 624;
