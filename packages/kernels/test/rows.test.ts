import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { backends, bytes, guardsIntact, randomWords, SEED, sameBits, shifted } from './backends.ts';
import { naiveStream } from './naive.ts';

const key = randomWords(8, 1);
const nonce = randomWords(3, 2);
const stream = naiveStream(key, nonce);

/** Logits of every awkward kind: ties, both zeros, masked, subnormal, huge. */
function awkwardRow(length: number, seed: number): Float32Array {
  const odd = [-Infinity, -0, 0, 1.4e-45, -1.4e-45, 3.4e38, -3.4e38, 2, 2];
  return Float32Array.from(randomWords(length, seed), (word) =>
    word % 5 ? word / 2 ** 28 - 8 : odd[(word >>> 8) % odd.length]!,
  );
}

/** Logits within what a draw cares about, with masked tokens and ties. */
const plainRow = (length: number, seed: number, scale = 1) =>
  Float32Array.from(randomWords(length, seed), (word) =>
    word % 11 === 0 ? -Infinity : (Math.round(word / 2 ** 24) / 16 - 8) * scale,
  );

const largestOf = (row: Float32Array) => row.reduce((a, b) => Math.max(a, b), -Infinity);

/** The words of native-mark.md: argmax of ln p - ln(-ln u), the first of equals. */
function naiveLoudest(row: Float32Array, temperature: number, cohort: number, wordOf = stream.word): number {
  const largest = largestOf(row);
  let [token, best] = [-1, -Infinity];
  row.forEach((logit, v) => {
    const u = (wordOf(v ^ cohort) + 0.5) / 2 ** 32;
    const sum = (logit - largest) / temperature - Math.log(-Math.log(u));
    if (sum > best) [token, best] = [v, sum];
  });
  return token;
}

describe.each(backends)('%s peaks', (_, kernels) => {
  test('are the largest of every 64 and every 16, at every length from 0 to 200 and any offset', () => {
    for (let length = 0; length <= 200; length++) {
      const row = shifted(awkwardRow(length, length), length % 4);
      const out = shifted(new Float32Array(5 * Math.ceil(length / 64)), length % 3);
      expect(kernels.peaks(row, out)).toBe(-1);
      const expected = [...Array(Math.ceil(length / 64)).keys()].flatMap((i) => [
        largestOf(row.subarray(64 * i, 64 * i + 64)) + 0,
        ...[0, 16, 32, 48].map((at) => largestOf(row.subarray(64 * i + at, Math.min(64 * i + at + 16, length))) + 0),
      ]);
      if (!sameBits(out, Float32Array.from(expected))) expect.fail(`length ${length}`);
      expect(guardsIntact(row) && guardsIntact(out)).toBe(true);
    }
  });

  test.each([NaN, -NaN, Infinity])('refuse %d wherever it stands', (illegal) => {
    for (const length of [1, 63, 64, 67, 200, 20_000]) {
      for (const place of [0, length >> 1, length - 1]) {
        const row = plainRow(length, 3);
        row[place] = illegal;
        expect(kernels.peaks(row, new Float32Array(5 * Math.ceil(length / 64)))).toBe(place);
      }
    }
  });

  test('are not misled by sums that overflow', () => {
    const row = new Float32Array(640).fill(3.4e38);
    row[100] = -Infinity;
    const out = new Float32Array(50);
    expect(kernels.peaks(row, out)).toBe(-1);
    expect(out.every((peak) => peak === Math.fround(3.4e38))).toBe(true);
  });
});

describe.each(backends)('%s massBelow', (_, kernels) => {
  test('is within a 2^-14th of the sum of exponentials, at every length from 0 to 200 and any offset', () => {
    for (let length = 0; length <= 200; length++) {
      for (const temperature of [1e-6, 0.1, 0.7, 1, 3, 1e6]) {
        const row = shifted(length % 2 ? plainRow(length, length) : awkwardRow(length, length), length % 4);
        const largest = Math.max(largestOf(row), -3.4e38);
        const floor = Math.fround(largest - temperature * (length % 5));
        const exact = row.reduce((sum, x) => sum + (x < floor ? Math.exp((x - largest) / temperature) : 0), 0);
        const mass = kernels.massBelow(row, floor, largest, temperature);
        expect(Math.abs(mass - exact)).toBeLessThanOrEqual(exact * 2 ** -14 + 1e-30);
        expect(guardsIntact(row)).toBe(true);
      }
    }
  });

  test('stays within its bound on a whole vocabulary', () => {
    const row = plainRow(131_072, 9, 3);
    const exact = row.reduce((sum, x) => sum + (x < 20 ? Math.exp(x - 24) : 0), 0);
    expect(Math.abs(kernels.massBelow(row, 20, 24, 1) / exact - 1)).toBeLessThan(2 ** -14);
  });
});

describe.each(backends)('%s loudest', (_, kernels) => {
  const drawn = (row: Float32Array, temperature: number, cohort: number) =>
    kernels.loudest(row, largestOf(row), temperature, key, nonce, cohort);

  test.each([0, 1, 15, 16, 37, 23_999, 2 ** 24 - 1])(
    'cohort %d: equals the plain argmax, at every length from 1 to 200 and any offset',
    (cohort) => {
      for (let length = 1; length <= 200; length++) {
        const row = shifted(plainRow(length, length), length % 4);
        if (largestOf(row) === -Infinity) row[0] = 0;
        const before = row.slice();
        expect([length, drawn(row, 0.8, cohort)]).toEqual([length, naiveLoudest(row, 0.8, cohort)]);
        expect(sameBits(row, before) && guardsIntact(row)).toBe(true);
      }
    },
  );

  test('equals the plain argmax for rows of every kind', () => {
    const rows: [string, Float32Array][] = [
      ['all equal', new Float32Array(500)],
      ['all equal and huge', new Float32Array(500).fill(3.4e38)],
      ['all equal and hugely negative', new Float32Array(500).fill(-3.4e38)],
      ['one candidate', new Float32Array(500).fill(-Infinity).fill(-5, 321, 322)],
      ['subnormal', Float32Array.from({ length: 500 }, (_, v) => v * 1.4e-45)],
      ['rising', Float32Array.from({ length: 500 }, (_, v) => v / 50)],
      ['falling', Float32Array.from({ length: 500 }, (_, v) => -v / 50)],
      ['far apart', awkwardRow(500, 6)],
      ['huge and near', Float32Array.from({ length: 500 }, (_, v) => 2 ** 24 + 2 * (v % 7))],
    ];
    for (const [name, row] of rows) {
      for (const temperature of [1e-6, 0.3, 1, 2, 1e6]) {
        expect([name, drawn(row, temperature, 5)]).toEqual([name, naiveLoudest(row, temperature, 5)]);
      }
    }
  });

  test('a row without a candidate gives -1', () => {
    expect(kernels.loudest(new Float32Array(70).fill(-Infinity), 0, 1, key, nonce, 0)).toBe(-1);
    expect(kernels.loudest(new Float32Array(0), 0, 1, key, nonce, 0)).toBe(-1);
  });
});

test(`both backends draw alike from any row, and weigh and survey it alike bit for bit (seed ${SEED})`, () => {
  const cases = fc.record({
    length: fc.integer({ min: 1, max: 40_000 }),
    seed: fc.nat(1e6),
    cohort: fc.nat(2 ** 24 - 1),
    temperature: fc.oneof(fc.constantFrom(1, 0.7), fc.double({ min: 1e-6, max: 1e6, noNaN: true })),
    scale: fc.constantFrom(0, 1e-30, 0.1, 1, 3, 1e4, 1e36),
    range: fc.nat(20),
  });
  fc.assert(
    fc.property(cases, ({ length, seed, cohort, temperature, scale, range }) => {
      const row = plainRow(length, seed, scale).map((x) => (Number.isNaN(x) ? 0 : x));
      row[0] = 0;
      const largest = largestOf(row);
      const [a, b] = backends.map(([, kernels]) => {
        const out = new Float32Array(5 * Math.ceil(length / 64));
        kernels.peaks(row, out);
        const mass = kernels.massBelow(row, Math.fround(largest - range), largest, temperature);
        return {
          peaks: bytes(out).toString('hex'),
          mass: Object.is(mass, -0) ? 0 : mass,
          token: kernels.loudest(row, largest, temperature, randomWords(8, seed), randomWords(3, seed), cohort),
        };
      });
      expect(a).toEqual(b);
    }),
    { seed: SEED, numRuns: 200 },
  );
});

describe.each(backends)('%s play', (_, kernels) => {
  test('turns p into p (1 + g - sum of g p), layer by layer', () => {
    for (let n = 1; n <= 67; n++) {
      const words = randomWords(n, n);
      const weights = Float64Array.from(randomWords(n, 99), (word) => word + 1);
      const total = weights.reduce((a, b) => a + b);
      const p = weights.map((weight) => weight / total);
      let expected = [...p];
      kernels.play(p, words, n % 33);
      for (let layer = 0; layer < n % 33; layer++) {
        const g = [...words].map((word) => (word >>> layer) & 1);
        const mean = expected.reduce((sum, x, i) => sum + x * g[i]!, 0);
        expected = expected.map((x, i) => x * (1 + g[i]! - mean));
      }
      expect(Math.max(...expected.map((x, i) => Math.abs(x - p[i]!)))).toBeLessThan(1e-12);
    }
  });
});

test('both backends play alike bit for bit, at lengths 0 to 67 and beyond, down to subnormal probabilities', () => {
  for (const n of [...Array(68).keys(), 1000, 5001]) {
    const words = shifted(randomWords(n, n), n % 4);
    const [a, b] = backends.map(([, kernels]) => {
      const p = Float64Array.from(words, (word, i) => (i % 5 === 4 ? 1e-279 * (word % 3) : word / 2 ** 32 / (n + 1)));
      kernels.play(p, words, n % 33);
      return Buffer.from(p.buffer).toString('hex');
    });
    expect(a).toBe(b);
  }
});

describe.each(backends)('%s: allocated rows', (_, kernels) => {
  const V = 5001;
  const shared = (length: number) => new Float32Array(new SharedArrayBuffer(4 * length));

  test('give what rows elsewhere give, each row of a batch by itself', () => {
    const rows = [0, 1, 2].map((seed) => awkwardRow(V, seed));
    for (const allocate of [kernels.allocateLogits, shared]) {
      for (const bits of [1, 2, 4, 8] as const) {
        const batch = allocate(3 * V);
        rows.forEach((row, i) => void batch.set(row, i * V));
        const middle = batch.subarray(V, 2 * V);
        const expected = rows[1]!.slice();
        expect(kernels.biasGreen(middle, key, nonce, bits, 1, 77, 1.5)).toBe(-1);
        kernels.biasGreen(expected, key, nonce, bits, 1, 77, 1.5);
        expect(sameBits(middle, expected)).toBe(true);
        expect(sameBits(batch.subarray(0, V), rows[0]!) && sameBits(batch.subarray(2 * V), rows[2]!)).toBe(true);
        const [here, there] = [middle, expected].map((row) => {
          const out = new Float32Array(5 * Math.ceil(V / 64));
          kernels.peaks(row, out);
          return [...out, kernels.massBelow(row, 0, 3.4e38, 1), kernels.loudest(row, largestOf(row), 1, key, nonce, 9)];
        });
        expect(here).toEqual(there);
      }
    }
  });

  test.each([NaN, -NaN, Infinity])(
    'a row refused for %d, wherever it stands and whatever else there is, stays as it was',
    (illegal) => {
      for (const allocate of [kernels.allocateLogits, shared]) {
        for (const length of [1, 63, 64, 67, 200, 40_000]) {
          const row = allocate(length);
          for (const place of [0, length >> 1, length - 1]) {
            for (const seed of [1, 2, 3]) {
              row.set(awkwardRow(length, seed));
              row[place] = illegal;
              const before = row.slice();
              expect(kernels.biasGreen(row, key, nonce, 1, 1, 0, 2)).toBe(place);
              expect(sameBits(row, before)).toBe(true);
            }
          }
        }
      }
    },
  );

  test('a legal row whose sums overflow is marked as anywhere', () => {
    for (const huge of [3.4e38, -3.4e38]) {
      const row = kernels.allocateLogits(5000).fill(huge);
      row[70] = -Infinity;
      const expected = row.slice();
      expect(kernels.biasGreen(row, key, nonce, 1, 1, 0, -3e38)).toBe(-1);
      expect(kernels.biasGreen(expected, key, nonce, 1, 1, 0, -3e38)).toBe(-1);
      expect(sameBits(row, expected)).toBe(true);
    }
  });

  test('stay attached and untouched while others are allocated and longer rows worked on', () => {
    const row = kernels.allocateLogits(1000).fill(3);
    const other = kernels.allocateLogits(1000).fill(4);
    kernels.biasGreen(new Float32Array(2 ** 21), key, nonce, 1, 1, 0, 2);
    kernels.biasGreen(kernels.allocateLogits(2 ** 20), key, nonce, 1, 1, 0, 2);
    expect(row.length).toBe(1000);
    expect(row.every((x) => x === 3) && other.every((x) => x === 4)).toBe(true);
  });

  test('begin as zeros, and no key stays in their memory after a call', () => {
    const row = kernels.allocateLogits(100);
    expect(row.length).toBe(100);
    expect(row.every((x) => x === 0)).toBe(true);
    kernels.biasGreen(row, key, nonce, 1, 1, 0, 2);
    kernels.loudest(row, 2, 1, key, nonce, 0);
    const memory = Buffer.from(row.buffer);
    expect([...key].some((_, i) => memory.includes(bytes(key.subarray(i, i + 1))))).toBe(false);
  });
});
