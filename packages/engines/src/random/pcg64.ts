/**
 * numpy's `default_rng(seed)`: a PCG64 (XSL-RR) generator seeded through SeedSequence, and its `shuffle`.
 * O'Neill 2014, "PCG: a family of simple fast space-efficient statistically good algorithms for random number generation";
 * numpy 2 (numpy/random/src/pcg64, _generator.pyx, bit_generator.pyx).
 * @module
 */

/**
 * The words that SeedSequence(entropy).generate_state(4, uint64) gives for one 32-bit seed, as eight 32-bit words.
 */
function seedSequence(seed: number): Uint32Array {
  const pool = new Uint32Array(4);
  let hash = 0x43b0d7e5;
  const hashed = (value: number): number => {
    value = Math.imul(value ^ hash, (hash = Math.imul(hash, 0x931e8875)));
    return (value ^ (value >>> 16)) >>> 0;
  };
  const mixed = (x: number, y: number): number => {
    const result = (Math.imul(0xca01f9dd, x) - Math.imul(0x4973f715, y)) >>> 0;
    return (result ^ (result >>> 16)) >>> 0;
  };
  for (let i = 0; i < 4; i++) pool[i] = hashed(i === 0 ? seed : 0);
  for (let from = 0; from < 4; from++) {
    for (let to = 0; to < 4; to++) if (from !== to) pool[to] = mixed(pool[to], hashed(pool[from]));
  }
  hash = 0x8b51f9dd;
  return Uint32Array.from({ length: 8 }, (_, i) => {
    let value = pool[i % 4] ^ hash;
    hash = Math.imul(hash, 0x58f38ded);
    value = Math.imul(value, hash);
    return value ^ (value >>> 16);
  });
}

/** Of a 32-bit seed. */
export class Pcg64 {
  #state: bigint;
  readonly #increment: bigint;
  /** The upper half of the last 64 bits, when only the lower one was used. */
  #half: number | undefined;

  constructor(seed: number) {
    const words = seedSequence(seed);
    const word = (i: number) => BigInt(words[2 * i]) | (BigInt(words[2 * i + 1]) << 32n);
    const initial = (word(0) << 64n) | word(1);
    const sequence = (word(2) << 64n) | word(3);
    this.#increment = BigInt.asUintN(128, (sequence << 1n) | 1n);
    this.#state = 0n;
    this.#step();
    this.#state = BigInt.asUintN(128, this.#state + initial);
    this.#step();
  }

  /** 32 random bits: of each 64, the lower half comes first. */
  next(): number {
    if (this.#half !== undefined) {
      const half = this.#half;
      this.#half = undefined;
      return half;
    }
    this.#step();
    const folded = BigInt.asUintN(64, (this.#state >> 64n) ^ this.#state);
    const turn = this.#state >> 122n;
    const word = BigInt.asUintN(64, (folded >> turn) | (folded << (64n - turn)));
    this.#half = Number(word >> 32n);
    return Number(word & 0xffffffffn);
  }

  /** `Generator.shuffle` of a one-dimensional array: backward, each place drawn by masked rejection. */
  shuffle(values: Uint8Array): void {
    for (let i = values.length - 1; i > 0; i--) {
      const j = this.#upTo(i);
      const value = values[i];
      values[i] = values[j];
      values[j] = value;
    }
  }

  /** A number from 0 to `most`, both included. */
  #upTo(most: number): number {
    const mask = 0xffffffff >>> Math.clz32(most);
    for (;;) {
      const value = (this.next() & mask) >>> 0;
      if (value <= most) return value;
    }
  }

  #step(): void {
    this.#state = BigInt.asUintN(128, this.#state * MULTIPLIER + this.#increment);
  }
}

const MULTIPLIER = 0x2360ed051fc65da44385df649fccf645n;
