/**
 * MT19937, the generator behind `torch.Generator` on a CPU and others. Matsumoto & Nishimura 1998, "Mersenne Twister: a
 * 623-dimensionally equidistributed uniform pseudo-random number generator"; seeded as `init_genrand` of their reference does.
 * @module
 */

/**
 * One generator for all: whoever seeds it draws what he needs before he calls anybody else. Its memory is fixed, because V8
 * makes the loops over memory that it knows twice as fast (measured).
 *
 * @example
 * mersenneTwister.seed(5489);
 * mersenneTwister.next(); // 3499211612
 */
export const mersenneTwister = {
  /** Only the low 32 bits of a seed matter, as in `torch.Generator.manual_seed`. */
  seed(seed: number): void {
    let word = seed | 0;
    state[0] = word;
    for (let i = 1; i < BLOCK; i++) {
      word = (Math.imul(1812433253, word ^ (word >>> 30)) + i) | 0;
      state[i] = word;
    }
    used = BLOCK;
  },

  /** The next 32 bits, as a number from 0 to 2^32 - 1. */
  next(): number {
    if (used === BLOCK) {
      this.block(BLOCK);
      used = 0;
    }
    return words[used++] >>> 0;
  },

  /**
   * The next `count` words, at most 624, as signed integers at the head of the array that it returns. For loops over many
   * words after `seed`, without calls of `next` between; a block of fewer than 624 must be the last.
   */
  block(count: number): Int32Array {
    twist(count);
    for (let i = 0; i < count; i++) {
      let word = state[i];
      word ^= word >>> 11;
      word ^= (word << 7) & 0x9d2c5680;
      word ^= (word << 15) & 0xefc60000;
      words[i] = word ^ (word >>> 18);
    }
    return words;
  },
};

/** Words of state, made anew together. */
export const BLOCK = 624;
const M = 397;
const state = new Int32Array(BLOCK);
const words = new Int32Array(BLOCK);
let used = BLOCK;

/** The first `count` words of the next state, in place. */
function twist(count: number): void {
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

/** The upper bit of one word and the lower bits of the next, times the generator's matrix. */
function mixed(upper: number, lower: number): number {
  const word = (upper & 0x80000000) | (lower & 0x7fffffff);
  return (word >>> 1) ^ (-(lower & 1) & 0x9908b0df);
}
