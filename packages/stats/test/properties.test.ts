import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  binomialBand,
  binomialInterval,
  bonferroni,
  holm,
  lnAdd,
  lnBinomialLowerTail,
  lnBinomialPmf,
  lnBinomialTail,
  lnChiSquareTail,
  lnGamma,
  lnGammaLowerTail,
  lnGammaTail,
  lnNormalTail,
  lnOneMinusExp,
  lnSmirnovTail,
  lnSumExp,
  zFromLnP,
} from '../src/index.ts';
import { ulp } from './exact.ts';

const SEED = 20260801;
const check = <Ts extends [unknown, ...unknown[]]>(property: fc.IProperty<Ts>) =>
  fc.assert(property, { seed: SEED, numRuns: 400 });

/** Two results, each within its own promise. */
const slack = (...lnPs: number[]) => 1e-13 + 2 * Math.max(...lnPs.map(ulp));

const trials = fc.oneof(
  fc.integer({ min: 1, max: 40 }),
  fc.integer({ min: 1, max: 5000 }),
  fc.integer({ min: 1, max: 1e9 }),
);
const probability = fc.oneof(
  fc.double({ min: 1e-6, max: 1 - 1e-6, noNaN: true }),
  fc.constantFrom(0.5, 0.25, 3 / 16, 77 / 256, 1 / 256, 0.1, 1e-9, 1 - 1e-9),
);
const setting = fc.tuple(trials, probability, fc.double({ min: -12, max: 40, noNaN: true })).map(([n, p, z]) => {
  const k = Math.floor(n * p + z * Math.sqrt(n * p * (1 - p)));
  return { n, p, k: Math.min(n, Math.max(0, k)) };
});
const shapes = fc.oneof(
  fc.double({ min: 1e-6, max: 2, noNaN: true }),
  fc.double({ min: 1, max: 300, noNaN: true }),
  fc.double({ min: 100, max: 1e7, noNaN: true }),
);
const gammaSetting = fc
  .tuple(shapes, fc.double({ min: -8, max: 30, noNaN: true }))
  .map(([shape, z]) => ({ shape, x: Math.max(shape / 50, shape + z * Math.sqrt(shape)) }));

describe(`properties (seed ${SEED})`, () => {
  test('a log tail is a number in [-Infinity, 0]', () => {
    check(
      fc.property(setting, ({ n, p, k }) => {
        for (const value of [lnBinomialTail(k, n, p), lnBinomialLowerTail(k, n, p), lnBinomialPmf(k, n, p)]) {
          expect(value).toBeLessThanOrEqual(0);
        }
      }),
    );
  });

  test('the binomial tail falls as k grows', () => {
    check(
      fc.property(setting, ({ n, p, k }) => {
        expect(lnBinomialTail(k + 1, n, p)).toBeLessThanOrEqual(lnBinomialTail(k, n, p));
        expect(lnBinomialLowerTail(k - 1, n, p)).toBeLessThanOrEqual(lnBinomialLowerTail(k, n, p));
      }),
    );
  });

  test('P[X >= k] + P[X <= k - 1] = 1', () => {
    check(
      fc.property(setting, ({ n, p, k }) => {
        const sum = Math.exp(lnBinomialTail(k, n, p)) + Math.exp(lnBinomialLowerTail(k - 1, n, p));
        expect(Math.abs(sum - 1)).toBeLessThan(1e-14);
      }),
    );
  });

  test('P[X >= k] + P[X <= k - 1] = 1 where both are summed directly: k just above the mean', () => {
    check(
      fc.property(trials, probability, (n, p) => {
        const k = Math.min(n, Math.floor(n * p) + 1);
        const sum = Math.exp(lnBinomialTail(k, n, p)) + Math.exp(lnBinomialLowerTail(k - 1, n, p));
        expect(Math.abs(sum - 1)).toBeLessThan(1e-14);
      }),
    );
  });

  test('P[X >= k] = P[X = k] + P[X >= k + 1]', () => {
    check(
      fc.property(setting, ({ n, p, k }) => {
        const whole = lnBinomialTail(k, n, p);
        const parts = lnAdd(lnBinomialPmf(k, n, p), lnBinomialTail(k + 1, n, p));
        expect(Math.abs(whole - parts)).toBeLessThan(slack(whole, parts));
      }),
    );
  });

  test('k successes at p are n - k failures at 1 - p', () => {
    check(
      fc.property(setting, fc.integer({ min: 1, max: 2 ** 20 - 1 }), ({ n, k }, m) => {
        const p = m / 2 ** 20;
        expect(lnBinomialTail(k, n, p)).toBe(lnBinomialLowerTail(n - k, n, 1 - p));
      }),
    );
  });

  test('the gamma tail falls as x grows and rises with the shape', () => {
    check(
      fc.property(gammaSetting, fc.double({ min: 1e-6, max: 1, noNaN: true }), ({ x, shape }, step) => {
        const here = lnGammaTail(x, shape);
        expect(lnGammaTail(x * (1 + step), shape)).toBeLessThanOrEqual(here + slack(here));
        expect(lnGammaTail(x, shape * (1 + step))).toBeGreaterThanOrEqual(here - slack(here));
      }),
    );
  });

  test('the two gamma tails add up to 1', () => {
    check(
      fc.property(gammaSetting, ({ x, shape }) => {
        const sum = Math.exp(lnGammaTail(x, shape)) + Math.exp(lnGammaLowerTail(x, shape));
        expect(Math.abs(sum - 1)).toBeLessThan(1e-14);
      }),
    );
  });

  test('a sum of n exponentials exceeds x just when fewer than n Poisson arrivals come by x', () => {
    check(
      fc.property(fc.integer({ min: 1, max: 400 }), fc.double({ min: 0.01, max: 600, noNaN: true }), (n, x) => {
        const poisson = Array.from({ length: n }, (_, i) => i * Math.log(x) - x - lnGamma(i + 1));
        const tail = lnGammaTail(x, n);
        expect(Math.abs(tail - lnSumExp(poisson))).toBeLessThan(2e-12);
      }),
    );
  });

  test('a squared normal is a chi-square with one degree of freedom', () => {
    check(
      fc.property(fc.integer({ min: 0, max: 400 * 1024 }), (m) => {
        const z = m / 1024;
        const twoSided = lnNormalTail(z) + Math.LN2;
        expect(Math.abs(lnChiSquareTail(z * z, 1) - twoSided)).toBeLessThan(slack(twoSided));
      }),
    );
  });

  test('zFromLnP inverts lnNormalTail', () => {
    const lnPs = fc.oneof(
      fc.double({ min: -1e5, max: -1e-12, noNaN: true }),
      fc.double({ min: -3, max: -1e-6, noNaN: true }),
      fc.double({ min: -6, max: 5, noNaN: true }).map((e) => -(10 ** e)),
    );
    check(
      fc.property(lnPs, (lnP) => {
        const z = zFromLnP(lnP);
        // ln P changes by at most (|z| + 1) per unit of z, of which one ulp may be missing.
        expect(Math.abs(lnNormalTail(z) - lnP)).toBeLessThanOrEqual(2 * (Math.abs(z) + 1) * ulp(z) + 2 * ulp(lnP));
      }),
    );
  });

  test('lnGamma(x + 1) = lnGamma(x) + ln x', () => {
    check(
      fc.property(fc.double({ min: 0.01, max: 1e6, noNaN: true }), (x) => {
        const left = lnGamma(x + 1);
        // x + 1 is rounded, and ln Gamma has slope below ln(x + 1) + 1.
        const rounding = ulp(x + 1) * (Math.log(x + 1) + 1);
        expect(Math.abs(left - lnGamma(x) - Math.log(x))).toBeLessThan(rounding + 3 * ulp(left) + 1e-15);
      }),
    );
  });

  test('lnSumExp of two is lnAdd, and lnOneMinusExp undoes it', () => {
    check(
      fc.property(fc.double({ min: -800, max: -1e-9, noNaN: true }), (lnP) => {
        const rest = lnOneMinusExp(lnP);
        expect(lnAdd(lnP, rest)).toBeCloseTo(lnSumExp([lnP, rest]), 14);
        expect(Math.abs(lnAdd(lnP, rest))).toBeLessThan(1e-15);
      }),
    );
  });

  test('Clopper-Pearson ends are where the tails cross half of alpha', () => {
    check(
      fc.property(
        fc.integer({ min: 1, max: 1e6 }).chain((n) => fc.tuple(fc.constant(n), fc.integer({ min: 0, max: n }))),
        fc.constantFrom(0.5, 0.95, 0.999, 1 - 1e-9),
        ([n, k], confidence) => {
          const [lo, hi] = binomialInterval(k, n, confidence);
          const lnHalf = Math.log((1 - confidence) / 2);
          expect(lo).toBeLessThanOrEqual(k / n);
          expect(hi).toBeGreaterThanOrEqual(k / n);
          // One rounding of p moves ln P by up to n p / (p q) of it.
          const moved = (p: number) => 1e-12 + (4 * n * ulp(p)) / Math.min(p, 1 - p);
          if (k > 0) expect(Math.abs(lnBinomialTail(k, n, lo) - lnHalf)).toBeLessThan(moved(lo));
          if (k < n) expect(Math.abs(lnBinomialLowerTail(k, n, hi) - lnHalf)).toBeLessThan(moved(hi));
        },
      ),
    );
  });

  test('a band leaves at most half of alpha on each side, and one step narrower leaves more', () => {
    check(
      fc.property(trials, probability, fc.constantFrom(0.5, 0.95, 0.999), (n, p, confidence) => {
        const [lo, hi] = binomialBand(n, p, confidence);
        const lnHalf = Math.log((1 - confidence) / 2);
        expect(lo).toBeLessThanOrEqual(hi);
        expect(lnBinomialLowerTail(lo - 1, n, p)).toBeLessThanOrEqual(lnHalf);
        expect(lnBinomialTail(hi + 1, n, p)).toBeLessThanOrEqual(lnHalf);
        expect(lnBinomialLowerTail(lo, n, p)).toBeGreaterThan(lnHalf);
        expect(lnBinomialTail(hi, n, p)).toBeGreaterThan(lnHalf);
      }),
    );
  });

  test('Holm lies between the raw values and Bonferroni, in the order of the raw values', () => {
    const lnPs = fc.array(fc.oneof(fc.double({ min: -50, max: 0, noNaN: true }), fc.constant(-Infinity)), {
      minLength: 1,
      maxLength: 30,
    });
    check(
      fc.property(lnPs, (raw) => {
        const adjusted = holm(raw);
        const sorted = raw.map((_, i) => i).sort((i, j) => (raw[i]! < raw[j]! ? -1 : raw[i]! > raw[j]! ? 1 : 0));
        adjusted.forEach((value, i) => {
          expect(value).toBeGreaterThanOrEqual(raw[i]!);
          expect(value).toBeLessThanOrEqual(bonferroni(raw[i]!, raw.length));
        });
        for (let r = 1; r < sorted.length; r++) {
          expect(adjusted[sorted[r]!]!).toBeGreaterThanOrEqual(adjusted[sorted[r - 1]!]!);
        }
        expect(adjusted[sorted[0]!]).toBe(bonferroni(raw));
      }),
    );
  });

  test('the Smirnov tail falls as d grows, and for n = 1 it is 1 - d', () => {
    const unit = fc.double({ min: 0, max: 1, noNaN: true });
    check(
      fc.property(fc.integer({ min: 1, max: 100 }), unit, unit, (n, a, b) => {
        expect(lnSmirnovTail(Math.max(a, b), n)).toBeLessThanOrEqual(lnSmirnovTail(Math.min(a, b), n) + 1e-14);
        if (a < 1) expect(lnSmirnovTail(a, 1)).toBeCloseTo(Math.log1p(-a), 13);
      }),
    );
  });
});
