/**
 * MT19937, the generator behind `torch.Generator` on a CPU. Matsumoto & Nishimura 1998, "Mersenne Twister: a 623-dimensionally
 * equidistributed uniform pseudo-random number generator"; seeded as `init_genrand` of their reference does.
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
  readonly #state = new Int32Array(N);
  #used = N;

  /** Only the low 32 bits of a seed matter, as in `torch.Generator.manual_seed`. */
  seed(seed: number): void {
    const state = this.#state;
    let word = seed | 0;
    state[0] = word;
    for (let i = 1; i < N; i++) {
      word = (Math.imul(1812433253, word ^ (word >>> 30)) + i) | 0;
      state[i] = word;
    }
    this.#used = N;
  }

  /** The next 32 bits, as a number from 0 to 2^32 - 1. */
  next(): number {
    if (this.#used === N) {
      twist(this.#state);
      this.#used = 0;
    }
    let word = this.#state[this.#used++]!;
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c5680;
    word ^= (word << 15) & 0xefc60000;
    return (word ^ (word >>> 18)) >>> 0;
  }
}

function twist(state: Int32Array): void {
  let i = 0;
  for (; i < N - M; i++) state[i] = state[i + M]! ^ mixed(state[i]!, state[i + 1]!);
  for (; i < N - 1; i++) state[i] = state[i + M - N]! ^ mixed(state[i]!, state[i + 1]!);
  state[N - 1] = state[M - 1]! ^ mixed(state[N - 1]!, state[0]!);
}

/** The upper bit of one word and the lower bits of the next, times the generator's matrix. */
function mixed(upper: number, lower: number): number {
  const word = (upper & 0x80000000) | (lower & 0x7fffffff);
  return (word >>> 1) ^ (-(lower & 1) & 0x9908b0df);
}

const N = 624;
const M = 397;
