/**
 * MT19937, the generator behind `torch.Generator` on a CPU and others. Matsumoto & Nishimura 1998, "Mersenne Twister: a
 * 623-dimensionally equidistributed uniform pseudo-random number generator"; seeded as `init_genrand` of their reference does.
 * @module
 */

/**
 * A generator that can be seeded again and again without allocating.
 *
 * @example
 * const generator = new MersenneTwister();
 * generator.seed(5489);
 * generator.next(); // 3499211612
 */
export class MersenneTwister {
  readonly #state = new Int32Array(BLOCK);
  readonly #words = new Uint32Array(BLOCK);
  #used = BLOCK;

  /** Only the low 32 bits of a seed matter, as in `torch.Generator.manual_seed`. */
  seed(seed: number): void {
    fill(this.#state, seed);
    this.#used = BLOCK;
  }

  /** The next 32 bits, as a number from 0 to 2^32 - 1. */
  next(): number {
    if (this.#used === BLOCK) {
      this.block();
      this.#used = 0;
    }
    return this.#words[this.#used++];
  }

  /**
   * The next 624 words: a view of memory that the next call writes again. For loops over many words after `seed`, without
   * calls of `next` between.
   */
  block(): Uint32Array<ArrayBuffer> {
    twist(this.#state, BLOCK);
    temper(this.#state, this.#words, BLOCK);
    return this.#words;
  }
}

/**
 * A generator for loops that seed it, draw what they need and let nobody else draw meanwhile: there is one, in memory that V8
 * knows when it compiles the loops. They run in 2/3 of the time (measured).
 */
export const quickTwister = {
  seed(seed: number): void {
    fill(quickState, seed);
  },

  /**
   * The next `count` words, at most 624, at the head of the array that comes back, which the next call writes again. A block of
   * fewer than 624 must be the last.
   */
  block(count: number): Uint32Array {
    twist(quickState, count);
    temper(quickState, quickWords, count);
    return quickWords;
  },
};

/** Words of state, made anew together. */
export const BLOCK = 624;
const M = 397;
const quickState = new Int32Array(BLOCK);
const quickWords = new Uint32Array(BLOCK);

function fill(state: Int32Array, seed: number): void {
  let word = seed | 0;
  state[0] = word;
  for (let i = 1; i < BLOCK; i++) {
    word = (Math.imul(1812433253, word ^ (word >>> 30)) + i) | 0;
    state[i] = word;
  }
}

/** The first `count` words of the next state, in place. */
function twist(state: Int32Array, count: number): void {
  let word = state[0];
  let i = 0;
  for (const end = Math.min(count, BLOCK - M); i < end; i++) {
    const next = state[i + 1];
    state[i] = state[i + M] ^ mixed(word, next);
    word = next;
  }
  for (const end = Math.min(count, BLOCK - 1); i < end; i++) {
    const next = state[i + 1];
    state[i] = state[i + M - BLOCK] ^ mixed(word, next);
    word = next;
  }
  if (count === BLOCK) state[BLOCK - 1] = state[M - 1] ^ mixed(word, state[0]);
}

function temper(state: Int32Array, words: Uint32Array, count: number): void {
  for (let i = 0; i < count; i++) {
    let word = state[i];
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c5680;
    word ^= (word << 15) & 0xefc60000;
    words[i] = word ^ (word >>> 18);
  }
}

/** The upper bit of one word and the lower bits of the next, times the generator's matrix. */
function mixed(upper: number, lower: number): number {
  const word = (upper & 0x80000000) | (lower & 0x7fffffff);
  return (word >>> 1) ^ (-(lower & 1) & 0x9908b0df);
}
