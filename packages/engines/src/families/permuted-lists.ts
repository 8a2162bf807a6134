/**
 * Green lists by seed, each the head of a permutation, as one bit a token. A single token is followed through the
 * permutation; a seed with many tokens, at once or in time, gets its list made, and kept.
 * @module
 */
import type { Permutations } from '../random/permutations.ts';

export class PermutedLists<Seed> {
  readonly #permutations: Permutations<Seed>;
  readonly #vocabSize: number;
  readonly #headCount: number;
  /** What a token of the head is: 1 green; 0 where the rest of the permutation is green. */
  readonly #head: 0 | 1;
  readonly #words: number;
  readonly #lists = new Map<Seed, Uint32Array>();
  #asked = new Map<Seed, number>();

  /** `inverted`: green is whoever is not among the first `headCount`. */
  constructor(permutations: Permutations<Seed>, headCount: number, inverted = false) {
    this.#permutations = permutations;
    this.#vocabSize = permutations.n;
    this.#headCount = headCount;
    this.#head = inverted ? 0 : 1;
    this.#words = Math.ceil(permutations.n / 32);
  }

  /** Bit t % 32 of word t >> 5 is set where token t is green. To be read only. */
  of(seed: Seed): Uint32Array {
    let list = this.#lists.get(seed);
    if (list === undefined) {
      list = new Uint32Array(this.#words).fill(this.#head === 1 ? 0 : 0xffffffff);
      for (const token of this.#permutations.head(seed, this.#headCount)) list[token >>> 5] ^= 1 << token;
      const most = Math.max(1, Math.floor(KEPT_WORDS / this.#words));
      if (this.#lists.size >= most) this.#lists.delete(this.#lists.keys().next().value as Seed);
      this.#lists.set(seed, list);
    }
    return list;
  }

  /** Adds a bias to the tokens of a row whose id plus `roll` is on the list. Tokens beyond the vocabulary have none. */
  add(seed: Seed, bias: number, logits: Float32Array, roll: number): void {
    const list = this.of(seed);
    const width = Math.min(logits.length, this.#vocabSize);
    let place = roll % this.#vocabSize;
    for (let token = 0; token < width; token++) {
      if (isSet(list, place)) logits[token] += bias;
      place = place + 1 === this.#vocabSize ? 0 : place + 1;
    }
  }

  /** Whether a token's id plus `roll` is on the list of a seed. */
  holds(seed: Seed, token: number, roll: number): boolean {
    if (token >= this.#vocabSize) return false;
    const list = this.#lists.get(seed);
    const rolled = (token + roll) % this.#vocabSize;
    if (list !== undefined) return isSet(list, rolled);
    return this.#permutations.areAmongFirst([seed], Uint32Array.of(rolled), this.#headCount)[0] === this.#head;
  }

  /** 1 where token i's id plus `roll` is on the list of seed i, 0 elsewhere. Pairs that share a seed share its list. */
  count(seeds: readonly Seed[], tokens: Uint32Array, out: Float64Array | Uint8Array, roll: number): void {
    const size = this.#vocabSize;
    const pairsOf = new Map<Seed, number[]>();
    seeds.forEach((seed, i) => {
      out[i] = 0;
      if (tokens[i] >= size) return;
      const pairs = pairsOf.get(seed);
      if (pairs === undefined) pairsOf.set(seed, [i]);
      else pairs.push(i);
    });
    const single: number[] = [];
    for (const [seed, pairs] of pairsOf) {
      if (this.#paysFor(seed, pairs.length)) {
        const list = this.of(seed);
        for (const i of pairs) out[i] = isSet(list, (tokens[i] + roll) % size) ? 1 : 0;
      } else {
        single.push(...pairs);
      }
    }
    const seedsOf = single.map((i) => seeds[i]);
    const elements = Uint32Array.from(single, (i) => (tokens[i] + roll) % size);
    const areHead = this.#permutations.areAmongFirst(seedsOf, elements, this.#headCount);
    single.forEach((i, at) => {
      out[i] = areHead[at] === this.#head ? 1 : 0;
    });
  }

  /** Whether enough tokens were asked about under a seed, these included. */
  #paysFor(seed: Seed, pairs: number): boolean {
    if (this.#lists.has(seed)) return true;
    const asked = (this.#asked.get(seed) ?? 0) + pairs;
    if (asked >= SHARED) return true;
    if (this.#asked.size === REMEMBERED) this.#asked = new Map();
    this.#asked.set(seed, asked);
    return false;
  }
}

const isSet = (list: Uint32Array, token: number) => ((list[token >>> 5] >>> (token & 31)) & 1) === 1;

/** 16 MB of lists: 2,600 of 50,257 tokens. */
const KEPT_WORDS = 2 ** 22;
/** From so many tokens on it pays to make a whole list. */
const SHARED = 8;
/** Seeds whose tokens are counted. */
const REMEMBERED = 2 ** 16;
