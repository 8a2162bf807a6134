/**
 * The permutation of 0 to 1,000,002 through which Kirchenbauer et al. 2023 and others hash token ids. Only its head is made
 * at first: entry i is final after i + 1 draws, and tokens of a vocabulary reach no further.
 * @module
 */
import type { Permutations } from '../random/permutations.ts';

export class HashTable {
  readonly #permutations: Permutations;
  readonly #seed: unknown;
  #head = new Uint32Array(0);

  /** `permutations`: of as many numbers as {@link TABLE_SIZE}. */
  constructor(permutations: Permutations, seed: bigint) {
    this.#permutations = permutations;
    this.#seed = permutations.seed(seed);
  }

  /** Entry `id` modulo the table's size, plus 1: from 1 to 1,000,003. */
  at(id: number): number {
    const place = id % TABLE_SIZE;
    if (place >= this.#head.length) {
      const wanted = Math.min(TABLE_SIZE, Math.max(2 ** 16, 2 * place));
      this.#head = this.#permutations.head(this.#seed, wanted).slice();
    }
    return this.#head[place] + 1;
  }
}

/** A prime. */
export const TABLE_SIZE = 1_000_003;
