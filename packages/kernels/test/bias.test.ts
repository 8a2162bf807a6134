import type { SlotBits } from '@taggant/kernels';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { backends, guardsIntact, randomWords, SEED, sameBits, shifted } from './backends.ts';
import { naiveStream } from './naive.ts';

type Bits = Exclude<SlotBits, 32>;
const COHORTS = [0, 1, 8, 37, 511, 512, 23_999, 2 ** 24 - 1];
const GREENS: Record<Bits, readonly number[]> = {
  1: [1],
  2: [1, 2, 3],
  4: Array.from({ length: 15 }, (_, i) => i + 1),
  8: [1, 2, 77, 127, 128, 170, 254, 255],
};
const ALL_BITS = [1, 2, 4, 8] as const;
const key = randomWords(8, 1);
const nonce = randomWords(3, 2);
const stream = naiveStream(key, nonce);

/** Ordinary logits with every awkward legal float32 among them. */
function legalRow(length: number, seed: number): Float32Array {
  const awkward = [
    -Infinity,
    -0,
    0,
    1.4e-45,
    -1.4e-45,
    1.17e-38,
    3.4028234663852886e38,
    -3.4028234663852886e38,
    2 ** 24,
  ];
  return Float32Array.from(randomWords(length, seed), (word) =>
    word % 7 ? word / 2 ** 28 - 8 : awkward[(word >>> 8) % awkward.length]!,
  );
}

function naiveBias(row: Float32Array, values: readonly number[], green: number, delta: number): Float32Array {
  return row.map((x, v) => (values[v]! < green ? Math.fround(x + Math.fround(delta)) : x));
}

const values = (length: number, bits: Bits, cohort: number) =>
  Array.from({ length }, (_, v) => stream.value(v ^ cohort, bits));

describe.each(backends)('%s biasGreen', (_, kernels) => {
  describe.each(ALL_BITS)('bits %d', (bits) => {
    test.each(COHORTS)('cohort %d: equals the naive oracle at every width from 0 to 700', (cohort) => {
      const known = values(700, bits, cohort);
      const row = legalRow(700, 3);
      GREENS[bits].forEach((green, g) => {
        const expected = naiveBias(row, known, green, 1.7);
        for (let width = g % 3; width <= 700; width += g === 0 ? 1 : 3) {
          const logits = shifted(row.subarray(0, width), width % 4);
          expect(kernels.biasGreen(logits, key, nonce, bits, green, cohort, 1.7)).toBe(-1);
          if (!sameBits(logits, expected.subarray(0, width))) expect.fail(`width ${width}, green ${green}`);
          if (!guardsIntact(logits)) expect.fail(`wrote outside at width ${width}`);
        }
      });
    });

    test.each([50_257, 131_072])('a row of %d equals the naive oracle', (width) => {
      const green = GREENS[bits].at(-1)!;
      for (const cohort of [0, 23_999]) {
        const row = legalRow(width, 4);
        const expected = naiveBias(row, values(width, bits, cohort), green, -0.3);
        kernels.biasGreen(row, key, nonce, bits, green, cohort, -0.3);
        expect(sameBits(row, expected)).toBe(true);
      }
    });
  });

  test('every green of 8 bits is told from its neighbours', () => {
    const known = values(700, 8, 0);
    for (let green = 1; green < 256; green++) {
      const row = new Float32Array(700);
      kernels.biasGreen(row, key, nonce, 8, green, 0, 1);
      expect([...row]).toEqual(known.map((value) => Number(value < green)));
    }
  });

  test('agrees with readSlots on who is green', () => {
    for (const bits of ALL_BITS) {
      const slots = Uint32Array.from({ length: 5000 }, (_, v) => v ^ 4321);
      const nonces = Uint32Array.from({ length: 15_000 }, (_, i) => nonce[i % 3]!);
      const out = new Uint32Array(5000);
      kernels.readSlots(key, nonces, slots, bits, out);
      const row = new Float32Array(5000);
      kernels.biasGreen(row, key, nonce, bits, 2 ** bits - 1, 4321, 1);
      expect([...row]).toEqual([...out].map((value) => Number(value < 2 ** bits - 1)));
    }
  });

  test.each([NaN, Infinity])('refuses %d wherever it stands, and leaves the row untouched', (illegal) => {
    for (const width of [1, 5, 67, 513, 5000]) {
      const places = new Set([...Array(Math.min(width, 67)).keys(), width - 1, width >> 1]);
      for (const place of places) {
        const logits = shifted(legalRow(width, 5), place % 4);
        logits[place] = illegal;
        const before = logits.slice();
        expect(kernels.biasGreen(logits, key, nonce, 1, 1, 0, 2)).toBe(place);
        if (!sameBits(logits, before) || !guardsIntact(logits)) expect.fail(`row changed, ${place} of ${width}`);
      }
    }
  });

  test('reports the first of several illegal logits, not a legal one that overflowed before it', () => {
    const logits = new Float32Array(3000).fill(3.4e38);
    logits[2900] = NaN;
    logits[2905] = Infinity;
    expect(kernels.biasGreen(logits, key, nonce, 1, 1, 0, 3e38)).toBe(2900);
    expect(logits.slice(0, 2900).every((x) => x === Math.fround(3.4e38))).toBe(true);
  });

  test('a refused row leaves nothing behind for a shorter one', () => {
    const long = new Float32Array(3000).fill(NaN);
    expect(kernels.biasGreen(long, key, nonce, 1, 1, 0, 2)).toBe(0);
    expect(kernels.biasGreen(new Float32Array(100), key, nonce, 1, 1, 0, 2)).toBe(-1);
  });

  test('keeps -Infinity and -0 as they are', () => {
    const masked = new Float32Array(600).fill(-Infinity);
    kernels.biasGreen(masked, key, nonce, 1, 1, 0, 2);
    expect(masked.every((x) => x === -Infinity)).toBe(true);
    const zeros = new Float32Array(600).fill(-0);
    kernels.biasGreen(zeros, key, nonce, 1, 1, 0, 2);
    const green = values(600, 1, 0);
    expect([...zeros].every((x, v) => Object.is(x, green[v] === 0 ? 2 : -0))).toBe(true);
  });

  test('accepts a row of length 0', () => {
    expect(kernels.biasGreen(new Float32Array(0), key, nonce, 1, 1, 0, 2)).toBe(-1);
  });
});

test(`both backends bias any row alike, or refuse it alike (seed ${SEED})`, () => {
  const step = fc.constantFrom(...ALL_BITS).chain((bits) =>
    fc.record({
      bits: fc.constant(bits),
      green: fc.integer({ min: 1, max: 2 ** bits - 1 }),
      cohort: fc.nat(2 ** 24 - 1),
      delta: fc.float({ noNaN: true, noDefaultInfinity: true }),
      width: fc.nat(5000),
      seed: fc.nat(1e6),
      illegal: fc.option(fc.tuple(fc.nat(4999), fc.constantFrom(NaN, Infinity)), { freq: 5 }),
    }),
  );
  fc.assert(
    fc.property(step, ({ bits, green, cohort, delta, width, seed, illegal }) => {
      const row = legalRow(width, seed);
      if (illegal && illegal[0] < width) row[illegal[0]] = illegal[1];
      const [a, b] = backends.map(([, kernels]) => {
        const logits = row.slice();
        const at = kernels.biasGreen(logits, randomWords(8, seed), randomWords(3, seed), bits, green, cohort, delta);
        return { at, logits };
      });
      expect(a!.at).toBe(b!.at);
      expect(a!.at).toBe(illegal && illegal[0] < width ? illegal[0] : -1);
      expect(sameBits(a!.logits, b!.logits)).toBe(true);
    }),
    { seed: SEED, numRuns: 300 },
  );
});
