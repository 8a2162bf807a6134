/**
 * The permutation of 0 to 1,000,002 through which Kirchenbauer et al. 2023 and others hash token ids. Only its head is made
 * at first: entry i is final after i + 1 draws, and tokens of a vocabulary reach no further.
 * @module
 */
import { permutationHead } from '@taggant/kernels';

export class HashTable {
  readonly #seed: number;
  #head = new Uint32Array(0);

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Entry `id` modulo the table's size, plus 1: from 1 to 1,000,003. */
  at(id: number): number {
    const place = id % TABLE_SIZE;
    if (place >= this.#head.length) {
      const wanted = Math.min(TABLE_SIZE, Math.max(2 ** 16, 2 * place));
      this.#head = permutationHead(this.#seed, TABLE_SIZE, wanted).slice();
    }
    return this.#head[place] + 1;
  }
}

/** A prime. */
export const TABLE_SIZE = 1_000_003;
