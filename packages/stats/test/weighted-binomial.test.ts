import { describe, expect, test } from 'vitest';
import { lnBinomialTail, lnWeightedBinomialTail, type WeightedTrials } from '../src/index.ts';
import { dyadic, errorAgainst, lnRational, ulp } from './exact.ts';

const of = (...classes: [weight: number, n: number][]): WeightedTrials[] =>
  classes.map(([weight, n]) => ({ weight, n }));

/** P[S >= s] for s = 0, 1, ..., times `whole`: convolution of the counts' laws in integers. */
function exactTails(classes: readonly WeightedTrials[], p: number): { tails: bigint[]; whole: bigint } {
  const { num, shift } = dyadic(p);
  const rest = (1n << BigInt(shift)) - num;
  let law = [1n];
  for (const { weight, n } of classes) {
    const next = Array<bigint>(law.length + weight * n).fill(0n);
    let choose = 1n;
    for (let k = 0; k <= n; k++) {
      const chance = choose * num ** BigInt(k) * rest ** BigInt(n - k);
      law.forEach((mass, x) => {
        next[x + weight * k]! += mass * chance;
      });
      choose = (choose * BigInt(n - k)) / BigInt(k + 1);
    }
    law = next;
  }
  const tails = law.slice();
  for (let x = tails.length - 2; x >= 0; x--) tails[x]! += tails[x + 1]!;
  return { tails, whole: tails[0]! };
}

/** Largest error of ln p above the truth, and below it beyond half a unit in the last place. */
function errors(classes: readonly WeightedTrials[], p: number, step = 1): { above: number; below: number } {
  const { tails, whole } = exactTails(classes, p);
  let [above, below] = [0, 0];
  for (let s = 1; s < tails.length; s += step) {
    const lnP = lnWeightedBinomialTail(classes, p, s);
    const error = errorAgainst(lnP, lnRational(tails[s]!, whole));
    above = Math.max(above, error - ulp(lnP) / 2);
    below = Math.max(below, -error - ulp(lnP) / 2);
  }
  return { above, below };
}

describe('against exact convolution', () => {
  test.each([
    [of([1, 20], [3, 10]), 0.25, 1],
    [of([1, 3], [2, 4], [7, 5]), 0.5, 1],
    [of([10, 60], [4, 30], [6, 9]), 0.25, 1],
    [of([200, 6], [30, 3], [7, 2]), 255 / 256, 3],
    [of([3, 120], [5, 80]), 0.25, 7],
    [of([255, 4], [1, 3]), 0.25, 1],
    [of([1, 40], [2, 20], [4, 10], [8, 5]), 77 / 256, 3],
    [of([1, 1], [2, 1]), 0.75, 1],
    [of([2, 5], [5, 0], [3, 4], [2, 7]), 0.3, 1],
  ])('%j at p = %f, every %i-th sum: within 1e-12, and never below', (classes, p, step) => {
    const { above, below } = errors(classes, p, step);
    expect(above).toBeLessThan(1e-12);
    // Not a unit of the last place too small, whatever the rounding on the way.
    expect(below).toBeLessThan(1e-15);
  });

  test.each([
    [of([255, 4], [1, 3]), 1 / 256, 1e-11],
    [of([1, 60], [2, 30], [255, 1]), 1e-9, 1e-5],
  ])('where the law has holes, %j at p = %f, it errs upwards, and by %f at most', (classes, p, most) => {
    const { above, below } = errors(classes, p);
    expect(above).toBeLessThan(most);
    expect(below).toBeLessThan(1e-15);
  });
});

describe('against lnBinomialTail', () => {
  test('equal weights count as one, in as many classes as one likes', () => {
    const classes = of([7, 400], [7, 600]);
    for (const k of [100, 250, 300, 900, 1000]) {
      expect(lnWeightedBinomialTail(classes, 0.25, 7 * k)).toBe(lnBinomialTail(k, 1000, 0.25));
      expect(lnWeightedBinomialTail(classes, 0.25, 7 * k - 6)).toBe(lnBinomialTail(k, 1000, 0.25));
    }
    expect(lnWeightedBinomialTail(classes, 0.25, 7001)).toBe(-Infinity);
  });

  test('a million trials of weight 200 and one of weight 100, conditioned on the one', () => {
    const n = 1_000_000;
    const classes = of([200, n], [100, 1]);
    for (const k of [250_100, 252_000, 240_000, 277_000, 280_000]) {
      // The one adds half a unit: it never matters where the sum is a whole multiple of 200.
      const lnP = lnWeightedBinomialTail(classes, 0.25, 200 * k);
      const reference = lnBinomialTail(k, n, 0.25);
      expect(lnP - reference, `k = ${k}`).toBeGreaterThan(-1e-12 - ulp(reference));
      expect(lnP - reference, `k = ${k}`).toBeLessThan(1e-11 + ulp(reference));
    }
  });

  test('down to ln p = -2000 and beyond', () => {
    const classes = of([2, 4000], [4, 3000]);
    const doubled = of([1, 4000], [2, 3000]);
    for (const s of [13_000, 16_000, 19_000, 20_000]) {
      const lnP = lnWeightedBinomialTail(classes, 0.25, s);
      expect(lnP).toBeLessThan(-2000);
      expect(lnP).toBe(lnWeightedBinomialTail(doubled, 0.25, s / 2));
    }
    expect(lnWeightedBinomialTail(classes, 0.25, 20_000)).toBeCloseTo(7000 * Math.log(0.25), 8);
  });
});

describe('large laws', () => {
  const many = Array.from({ length: 255 }, (_, i) => ({ weight: i + 1, n: 3922 }));

  test('a million trials of 255 weights: falls from 1 to 0 and is split by no seam at the mean', () => {
    const mean = 0.25 * many.reduce((sum, { weight, n }) => sum + weight * n, 0);
    const sd = Math.sqrt(0.1875 * many.reduce((sum, { weight, n }) => sum + weight * weight * n, 0));
    const at = (z: number) => lnWeightedBinomialTail(many, 0.25, Math.round(mean + z * sd));
    const lnPs = [-40, -3, -1e-3, 0, 1e-3, 3, 10].map(at);
    expect(lnPs).toEqual([...lnPs].sort((a, b) => b - a));
    expect(lnPs[0]).toBe(0);
    expect(Math.exp(lnPs[3]!)).toBeCloseTo(0.5, 3);
    expect(Math.exp(lnPs[5]!)).toBeCloseTo(0.00135, 4);
  }, 30_000);

  test('the two sides of the mean add up to one', () => {
    // P[S >= s] under p, and P[S' >= max - s + 1] under 1 - p, are complements.
    const classes = of([3, 5000], [8, 3000], [255, 40]);
    const largest = 15_000 + 24_000 + 255 * 40;
    for (const s of [12_000, 12_300, 12_400, 13_000]) {
      const both =
        Math.exp(lnWeightedBinomialTail(classes, 0.25, s)) +
        Math.exp(lnWeightedBinomialTail(classes, 0.75, largest - s + 1));
      expect(both).toBeCloseTo(1, 12);
    }
  });
});

describe('edges', () => {
  const classes = of([1, 3], [5, 2]);

  test('nothing is certain, too much impossible', () => {
    expect([-3, 0].map((s) => lnWeightedBinomialTail(classes, 0.25, s))).toEqual([0, 0]);
    expect(lnWeightedBinomialTail(classes, 0.25, 13)).toBeCloseTo(5 * Math.log(0.25), 13);
    expect(lnWeightedBinomialTail(classes, 0.25, 14)).toBe(-Infinity);
    expect([0, 1].map((s) => lnWeightedBinomialTail([], 0.25, s))).toEqual([0, -Infinity]);
    expect([0, 1].map((s) => lnWeightedBinomialTail(of([4, 0]), 0.25, s))).toEqual([0, -Infinity]);
    expect([0, 13, 14].map((s) => lnWeightedBinomialTail(classes, 1, s))).toEqual([0, 0, -Infinity]);
    expect([0, 1].map((s) => lnWeightedBinomialTail(classes, 0, s))).toEqual([0, -Infinity]);
  });

  test.each([
    [() => lnWeightedBinomialTail(of([0, 1]), 0.5, 1), '"classes[0].weight" expected an integer in [1, 255], got 0'],
    [
      () => lnWeightedBinomialTail(of([1, 1], [256, 1]), 0.5, 1),
      '"classes[1].weight" expected an integer in [1, 255], got 256',
    ],
    [() => lnWeightedBinomialTail(of([1, -1]), 0.5, 1), '"classes[0].n" expected an integer >= 0, got -1'],
    [() => lnWeightedBinomialTail(of([1, 2 ** 28]), 0.5, 1), '"the sum of n" expected at most 2^27, got 268435456'],
    [() => lnWeightedBinomialTail(classes, 1e-10, 1), '"p" expected 0, 1, or a number in [1e-9, 1 - 1e-9], got 1e-10'],
    [() => lnWeightedBinomialTail(classes, Number.NaN, 1), '"p" expected a number in [0, 1], got NaN'],
    [() => lnWeightedBinomialTail(classes, 0.5, 1.5), '"sum" expected an integer, got 1.5'],
    [() => lnWeightedBinomialTail('x' as never, 0.5, 1), '"classes" expected an array, got string'],
  ])('%s', (call, message) => {
    expect(call).toThrow(message);
  });
});
