import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { backends, guardsIntact, randomWords, SEED, shifted } from './backends.ts';
import { naiveStream } from './naive.ts';

type GreenBits = 1 | 2 | 4 | 8;

/** The definition: read each pair's slot under each cohort (or key), and count the green ones. */
function naiveCount(key: Uint32Array, nonces: Uint32Array, slots: Uint32Array, bits: GreenBits, green: number): number {
  const isGreen = (slot: number, i: number) =>
    naiveStream(key, nonces.subarray(3 * i, 3 * i + 3)).value(slot, bits) < green;
  return [...slots].filter(isGreen).length;
}

const ids = (n: number, seed: number, limit: number) => randomWords(n, seed).map((word) => word % limit);

describe.each(backends)('%s', (_, kernels) => {
  test.each([
    [1, 1],
    [2, 1],
    [2, 3],
    [4, 5],
    [8, 100],
  ] as const)('bits %d green %d: counts of cohorts equal the naive oracle, wherever the range lies', (bits, green) => {
    for (const [n, first, length] of [
      [0, 0, 3],
      [1, 0, 5],
      [9, 2045, 7],
      [23, 23_990, 9],
      [17, 2 ** 24 - 4, 4],
    ] as const) {
      const [key, nonces, tokens] = [randomWords(8, n), randomWords(3 * n, n + 1), ids(n, n + 2, 131_072)];
      const out = shifted(new Uint32Array(length).fill(99), 1);
      kernels.countCohorts(key, nonces, tokens, bits, green, first, out);
      const expected = Array.from({ length }, (_, i) => {
        const slots = tokens.map((token) => token ^ (first + i));
        return naiveCount(key, nonces, slots, bits, green);
      });
      expect([...out]).toEqual(expected);
      expect(guardsIntact(out)).toBe(true);
    }
  });

  test('an empty range and a text longer than a chunk', () => {
    const n = 16_384 + 5;
    const [key, nonces, tokens] = [randomWords(8, 1), randomWords(3 * n, 2), ids(n, 3, 50_257)];
    kernels.countCohorts(key, nonces, tokens, 2, 1, 7, new Uint32Array(0));
    const out = new Uint32Array(3);
    kernels.countCohorts(key, nonces, tokens, 2, 1, 70, out);
    const values = new Uint32Array(n);
    const expected = [70, 71, 72].map((cohort) => {
      kernels.readSlots(
        key,
        nonces,
        tokens.map((token) => token ^ cohort),
        2,
        values,
      );
      return values.filter((value) => value === 0).length;
    });
    expect([...out]).toEqual(expected);
  });

  test('counts can reach the number of pairs: one context and token, again and again', () => {
    for (const n of [7, 8, 255, 256, 4095, 16_383]) {
      const nonces = new Uint32Array(3 * n);
      const tokens = new Uint32Array(n).fill(5);
      const out = new Uint32Array(2048);
      kernels.countCohorts(new Uint32Array(8), nonces, tokens, 1, 1, 0, out);
      expect(new Set(out)).toEqual(new Set([0, n]));
    }
  });

  test.each([1, 2, 4, 8] as const)('bits %d: counts of keys equal the slots read under each', (bits) => {
    for (const n of [0, 1, 3, 4, 6, 67, 16_390]) {
      const keys = shifted(randomWords(8 * 3, n), 2);
      const [nonces, slots] = [randomWords(3 * n, n + 1), ids(n, n + 2, 2 ** 24)];
      const out = shifted(new Uint32Array(3).fill(99), 1);
      kernels.countKeys(keys, nonces, slots, bits, 1, out);
      const values = new Uint32Array(n);
      const expected = [0, 1, 2].map((k) => {
        kernels.readSlots(keys.subarray(8 * k, 8 * k + 8), nonces, slots, bits, values);
        return values.filter((value) => value < 1).length;
      });
      expect([...out]).toEqual(expected);
      expect(guardsIntact(out)).toBe(true);
    }
  });
});

test(`both backends count the same for any text and range (seed ${SEED})`, () => {
  const cases = fc.record({
    n: fc.nat(70),
    seed: fc.nat(1e6),
    bits: fc.constantFrom<GreenBits>(1, 2, 4, 8),
    first: fc.nat(5000),
    length: fc.nat(3000),
    limit: fc.constantFrom(3, 600, 2 ** 24),
  });
  fc.assert(
    fc.property(cases, fc.double({ min: 0, max: 1, noNaN: true }), ({ n, seed, bits, first, length, limit }, share) => {
      const green = Math.min(2 ** bits - 1, 1 + Math.floor(share * (2 ** bits - 1)));
      const [key, nonces, tokens] = [randomWords(8, seed), randomWords(3 * n, seed + 1), ids(n, seed + 2, limit)];
      const [a, b] = backends.map(([, kernels]) => {
        const out = new Uint32Array(length);
        kernels.countCohorts(key, nonces, tokens, bits, green, first, out);
        return out;
      });
      expect(a).toEqual(b);
    }),
    { seed: SEED, numRuns: 60 },
  );
});
