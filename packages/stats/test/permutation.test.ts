import { describe, expect, it } from 'vitest';
import { ksUniform, lnPermutation, lnSignFlip } from '../src/index.ts';

const SEED = 20_261_121;

/** mulberry32 (T. Ettinger, 2017). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe('permutation tests', () => {
  it('have uniform p-values under the null, whatever the law of the numbers', () => {
    const random = seeded(SEED);
    // As skewed as it gets: squares of squares.
    const heavy = () => random() ** 8 * 1e6;
    const flips: number[] = [];
    const shuffles: number[] = [];
    for (let run = 0; run < 400; run++) {
      const differences = Array.from({ length: 12 }, () => (random() < 0.5 ? -1 : 1) * heavy());
      flips.push(lnSignFlip(differences, { draws: 199, random }));
      const [a, b] = [7, 11].map((length) => Array.from({ length }, heavy));
      shuffles.push(lnPermutation(a, b, { draws: 199, random }));
    }
    for (const lnPs of [flips, shuffles]) {
      // p is one of 200 values, each as likely: never too small.
      for (const level of [0.01, 0.05, 0.5]) {
        const rejected = lnPs.filter((lnP) => lnP <= Math.log(level)).length;
        expect(rejected).toBeLessThanOrEqual(400 * level + 4 * Math.sqrt(400 * level));
      }
      const jittered = lnPs.map((lnP) => Math.exp(lnP) - random() / 200);
      expect(ksUniform(Float64Array.from(jittered)).lnP).toBeGreaterThan(Math.log(1e-3));
    }
  });

  it('find a shift (control)', () => {
    const random = seeded(SEED);
    const shifted = Array.from({ length: 40 }, () => random() + 0.3);
    const plain = Array.from({ length: 40 }, () => random());
    expect(lnPermutation(shifted, plain, { random })).toBeLessThan(Math.log(0.001));
    expect(lnPermutation(plain, shifted, { random })).toBeGreaterThan(Math.log(0.5));
    expect(
      lnSignFlip(
        shifted.map((value, i) => value - plain[i]),
        { random },
      ),
    ).toBeLessThan(Math.log(0.001));
  });

  it('agree with all relabellings counted out', () => {
    const random = seeded(SEED);
    const [a, b] = [
      [1.5, 2.25, 9],
      [1, 2, 3, 4],
    ];
    const all = [...a, ...b];
    let [asHigh, choices] = [0, 0];
    for (let i = 0; i < 7; i++)
      for (let j = i + 1; j < 7; j++)
        for (let k = j + 1; k < 7; k++) {
          choices++;
          if (all[i] + all[j] + all[k] >= 12.75) asHigh++;
        }
    const p = Math.exp(lnPermutation(a, b, { draws: 100_000, random }));
    expect(Math.abs(p - asHigh / choices)).toBeLessThan(5 * Math.sqrt(0.25 / 100_000));
  });

  it('count ties as high: equal groups give p = 1', () => {
    const random = seeded(SEED);
    expect(lnSignFlip([], { random })).toBe(0);
    expect(lnSignFlip([0, 0, 0], { random })).toBe(0);
    expect(lnPermutation([0.1, 0.1], [0.1, 0.1, 0.1], { random })).toBe(0);
  });

  it('refuse what is no number and no group', () => {
    const random = seeded(SEED);
    expect(() => lnSignFlip([Number.NaN], { random })).toThrow('"differences" expected finite numbers, got NaN');
    expect(() => lnPermutation([], [1], { random })).toThrow('"first" expected at least one number, got 0');
    expect(() => lnPermutation([1], [], { random })).toThrow('"second" expected at least one number, got 0');
    expect(() => lnSignFlip([1], { draws: 0, random })).toThrow('"draws" expected an integer >= 1, got 0');
  });
});
