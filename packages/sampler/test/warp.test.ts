/** Temperature, top-k and top-p against the words of their definition; drawing against softmax. */
import { drawToken, largestToken, sampleToken, warp } from '@taggant/sampler';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { always, LN_RARE, lnChiSquare, softmax, uniforms } from '../../core/test/support.ts';

/** Small integers give ties; -Infinity is a token that was masked already. */
const logit = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.double({ min: -9, max: 9, noNaN: true }),
  fc.constant(-Infinity),
);
const row = fc.array(logit, { minLength: 1, maxLength: 40 }).map((logits) => Float32Array.from(logits));

/** Token by token: kept iff fewer than k logits are larger, and iff the mass of the larger ones is below p. */
function naiveWarp(logits: Float32Array, temperature: number, topK: number, topP: number): Float32Array {
  const cold = logits.map((logit) => logit / temperature);
  const larger = (row: Float32Array, v: number) => [...row.keys()].filter((w) => row[w] > row[v]);
  const afterK = cold.map((logit, v) => (topK > 0 && larger(cold, v).length >= topK ? -Infinity : logit));
  const p = softmax(afterK);
  const mass = (v: number) => larger(afterK, v).reduce((sum, w) => sum + p[w], 0);
  return afterK.map((logit, v) => (topP < 1 && mass(v) >= topP ? -Infinity : logit));
}

describe('warp', () => {
  it('equals the oracle for any row, ties and masked tokens included', () => {
    const topP = fc.oneof(fc.constant(1), fc.double({ min: 1e-9, max: 1, noNaN: true }));
    always(
      [row, fc.constantFrom(1, 0.5, 0.7, 2), fc.integer({ min: 0, max: 45 }), topP],
      (logits, temperature, topK, topP) => {
        if (Math.max(...logits) === -Infinity) return;
        // Where a mass meets top-p to the last digit, either side is right.
        const [lower, upper] = [topP * (1 - 1e-9), topP * (1 + 1e-9)].map((p) =>
          naiveWarp(logits, temperature, topK, Math.min(p, 1)),
        );
        const warped = logits.slice();
        warp(warped, { temperature, topK, topP });
        expect(
          topP === 1 || lower.every((x, v) => x === upper[v])
            ? [naiveWarp(logits, temperature, topK, topP)]
            : [lower, upper],
        ).toContainEqual(warped);
      },
      500,
    );
  });

  it('equals the oracle for long rows of every shape: scattered, sorted, tied, mostly masked', () => {
    const shape = fc.constantFrom<(u: number, v: number) => number>(
      (u) => 20 * u - 10,
      (u, v) => v / 40 + u / 100,
      (u, v) => -v / 40 + u / 100,
      (u) => Math.round(4 * u),
      () => 1,
      (u) => (u < 0.9 ? -Infinity : 30 * u),
      (u) => Math.log(u),
    );
    const topP = fc.oneof(fc.constantFrom(1, 0.5, 0.9, 0.95, 0.999), fc.double({ min: 1e-6, max: 1, noNaN: true }));
    const topK = fc.oneof(fc.constantFrom(0, 1, 5, 50), fc.nat(800));
    always(
      [shape, fc.integer({ min: 41, max: 700 }), fc.nat(1000), fc.constantFrom(1, 0.7, 3), topK, topP],
      (shape, length, seed, temperature, topK, topP) => {
        const next = uniforms(seed);
        const logits = Float32Array.from({ length }, (_, v) => shape(next(), v));
        logits[length >> 1] = 3;
        const [lower, upper] = [topP * (1 - 1e-9), topP * (1 + 1e-9)].map((p) =>
          naiveWarp(logits, temperature, topK, topP === 1 ? 1 : Math.min(p, 1)),
        );
        const warped = logits.slice();
        warp(warped, { temperature, topK, topP });
        expect([lower, upper]).toContainEqual(warped);
      },
      100,
    );
  });

  it('leaves a row of masked tokens alone', () => {
    const row = new Float32Array(5).fill(-Infinity);
    warp(row, { topK: 2, topP: 0.5 });
    expect(row).toEqual(new Float32Array(5).fill(-Infinity));
  });

  it('keeps the largest token, with its ties, under the smallest top-p', () => {
    const row = Float32Array.of(1, 3, 3, 2);
    warp(row, { topP: 1e-12 });
    expect(row).toEqual(Float32Array.of(-Infinity, 3, 3, -Infinity));
  });

  it.each([
    { temperature: 0 },
    { temperature: -1 },
    { temperature: Number.NaN },
    { topK: -1 },
    { topK: 1.5 },
    { topP: 0 },
    { topP: 1.1 },
    { topP: Number.NaN },
    { topK: '5' },
  ])('refuses %j and leaves the row', (options) => {
    const row = Float32Array.of(1, 2, 3);
    expect(() => warp(row, options as never)).toThrow(RangeError);
    expect(row).toEqual(Float32Array.of(1, 2, 3));
  });

  it.each([Number.NaN, Infinity])('refuses a row with %s and leaves it', (bad) => {
    const row = Float32Array.of(1, 2, bad);
    expect(() => warp(row, { temperature: 0.5, topK: 2 })).toThrow('"logits[2]" expected a number below +Infinity');
    expect(row).toEqual(Float32Array.of(1, 2, bad));
  });
});

describe('drawToken', () => {
  const logits = Float32Array.of(0, 1, -Infinity, 2.5, 2.5);
  it('draws from softmax(logits / temperature)', () => {
    for (const temperature of [0.5, 1, 3]) {
      const [next, counts] = [uniforms(8), Array(5).fill(0)];
      for (let i = 0; i < 50_000; i++) counts[drawToken(logits.slice(), temperature, next)]++;
      const law = (t: number) => softmax(logits.map((logit) => logit / t));
      const drawn = [0, 1, 3, 4];
      const lnP = (t: number) => lnChiSquare(at(counts, drawn), at(law(t), drawn));
      expect(counts[2]).toBe(0);
      expect(lnP(temperature)).toBeGreaterThan(LN_RARE);
      expect(lnP(1.2 * temperature), 'control: another temperature is told from it').toBeLessThan(LN_RARE);
    }
  });

  it('takes the first of the largest at temperature 0, and asks for no random number', () => {
    expect(drawToken(logits.slice(), 0, () => expect.unreachable())).toBe(3);
  });

  it.each([-1, 1e-7, Number.NaN, Infinity])('refuses temperature %d', (temperature) => {
    expect(() => drawToken(logits.slice(), temperature, () => 0)).toThrow(/^"temperature" expected/);
  });
});

const at = (all: readonly number[], places: readonly number[]) => places.map((i) => all[i]);

describe('sampleToken', () => {
  const logits = Float32Array.of(0, 1, -Infinity, -1, 2, 0.5);
  const counts = (row: Float32Array) => {
    const next = uniforms(4);
    const counts = Array(row.length).fill(0);
    for (let i = 0; i < 200_000; i++) counts[sampleToken(row, next())]++;
    return counts;
  };
  const drawn = (row: Float32Array) => [counts(row), softmax(logits)].map((list) => list.filter((_, v) => v !== 2));

  it('follows softmax, and never draws a masked token', () => {
    expect(counts(logits)[2]).toBe(0);
    const [observed, p] = drawn(logits);
    expect(lnChiSquare(observed, p)).toBeGreaterThan(LN_RARE);
  });

  it('control: 3 % more odds for one token are caught', () => {
    const [observed, p] = drawn(logits.map((logit, v) => (v === 4 ? logit + Math.log(1.03) : logit)));
    expect(lnChiSquare(observed, p)).toBeLessThan(LN_RARE);
  });

  it('cuts the unit interval in the order of the tokens', () => {
    const row = Float32Array.of(-Infinity, 0, -Infinity, 0, -Infinity);
    expect([0, 0.49, 0.51, 1 - 2 ** -53].map((u) => sampleToken(row, u))).toEqual([1, 1, 3, 3]);
  });

  it.each([-0.1, 1, Number.NaN, Infinity])('refuses u = %s', (u) => {
    expect(() => sampleToken(Float32Array.of(1), u)).toThrow(RangeError);
  });

  it.each([[[]], [[-Infinity, -Infinity]], [[1, Number.NaN]], [[Number.NaN, 1]], [[1, Infinity]]])(
    'refuses the row %j, and so does largestToken',
    (row) => {
      expect(() => sampleToken(Float32Array.from(row), 0.5)).toThrow(RangeError);
      expect(() => largestToken(Float32Array.from(row))).toThrow(RangeError);
    },
  );

  it('largestToken gives the first of equals', () => {
    expect(largestToken(Float32Array.of(-Infinity, 2, 1, 2))).toBe(1);
  });
});
