import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import * as stats from '../src/index.ts';
import { ulp } from './exact.ts';

const {
  binomialBand,
  binomialInterval,
  bonferroni,
  holm,
  ksUniform,
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
} = stats;

describe('bad input is an error that names, expects and got', () => {
  const bad: [() => unknown, string, ErrorConstructor][] = [
    [() => lnBinomialTail(3, 10, 1.5), '"p" expected a number in [0, 1], got 1.5', RangeError],
    [() => lnBinomialTail(3, 10, -0.1), '"p" expected a number in [0, 1], got -0.1', RangeError],
    [() => lnBinomialTail(3, 10, Number.NaN), '"p" expected a number in [0, 1], got NaN', RangeError],
    [() => lnBinomialTail(2.5, 10, 0.5), '"k" expected an integer, got 2.5', RangeError],
    [() => lnBinomialTail(Infinity, 10, 0.5), '"k" expected an integer, got Infinity', RangeError],
    [() => lnBinomialTail(2, -1, 0.5), '"n" expected an integer >= 0, got -1', RangeError],
    [() => lnBinomialTail(2, Number.NaN, 0.5), '"n" expected an integer >= 0, got NaN', RangeError],
    [() => lnBinomialTail('2' as never, 10, 0.5), '"k" expected an integer, got "2"', TypeError],
    [() => lnBinomialTail(2, 10n as never, 0.5), '"n" expected an integer >= 0, got 10n', TypeError],
    [() => lnBinomialTail(2, 10, undefined as never), '"p" expected a number in [0, 1], got undefined', TypeError],
    [() => lnBinomialLowerTail(2, 10.5, 0.5), '"n" expected an integer >= 0, got 10.5', RangeError],
    [() => lnBinomialPmf(2, 10, 2), '"p" expected a number in [0, 1], got 2', RangeError],
    [() => lnGammaTail(-1, 3), '"x" expected a finite number >= 0, got -1', RangeError],
    [() => lnGammaTail(Infinity, 3), '"x" expected a finite number >= 0, got Infinity', RangeError],
    [() => lnGammaTail(1, 0), '"shape" expected a number in [1e-300, 1e15], got 0', RangeError],
    [() => lnGammaLowerTail(1, Number.NaN), '"shape" expected a number in [1e-300, 1e15], got NaN', RangeError],
    [() => lnChiSquareTail(1, 0), '"df" expected a number in [2e-300, 2e15], got 0', RangeError],
    [() => lnGamma(0), '"x" expected a number in (0, 1e15], got 0', RangeError],
    [() => lnNormalTail(Number.NaN), '"z" expected a finite number, got NaN', RangeError],
    [() => lnNormalTail(Infinity), '"z" expected a finite number, got Infinity', RangeError],
    [() => zFromLnP(0.1), '"lnP" expected a number <= 0, or -Infinity, got 0.1', RangeError],
    [() => zFromLnP(Number.NaN), '"lnP" expected a number <= 0, or -Infinity, got NaN', RangeError],
    [() => lnOneMinusExp(1), '"lnP" expected a number <= 0, or -Infinity, got 1', RangeError],
    [() => lnAdd(0, Number.NaN), '"b" expected a number or -Infinity, got NaN', RangeError],
    [() => lnSumExp([0, Infinity]), '"values[1]" expected a number or -Infinity, got Infinity', RangeError],
    [() => lnSumExp(3 as never), '"values" expected an array of numbers, got 3', TypeError],
    [() => binomialInterval(11, 10, 0.95), '"k" expected an integer in [0, 10], got 11', RangeError],
    [() => binomialInterval(0, 0, 0.95), '"n" expected an integer >= 1, got 0', RangeError],
    [() => binomialInterval(1, 10, 1), '"confidence" expected a number in (0, 1), got 1', RangeError],
    [() => binomialBand(10, 0.5, 0), '"confidence" expected a number in (0, 1), got 0', RangeError],
    [() => bonferroni(0.5, 3), '"lnP" expected a number <= 0, or -Infinity, got 0.5', RangeError],
    [() => bonferroni([-1, -2, -3], 2), '"m" expected an integer >= 3, got 2', RangeError],
    [() => bonferroni(-1, 0), '"m" expected an integer >= 1, got 0', RangeError],
    [() => bonferroni([]), '"lnPs.length" expected at least 1, got 0', RangeError],
    [() => holm([-1, Number.NaN]), '"lnPs[1]" expected a number <= 0, or -Infinity, got NaN', RangeError],
    [() => holm('-1' as never), '"lnPs" expected an array of numbers, got "-1"', TypeError],
    [() => ksUniform([]), '"ps.length" expected at least 1, got 0', RangeError],
    [() => ksUniform([0.5, 1.1]), '"ps[1]" expected a number in [0, 1], got 1.1', RangeError],
    [() => lnSmirnovTail(0.5, 0), '"n" expected an integer >= 1, got 0', RangeError],
  ];
  test.each(bad)('%s', (call, message, type) => {
    expect(call).toThrow(type);
    expect(call).toThrow(message);
  });
});

describe('edges', () => {
  test('k outside 0..n is certain or impossible', () => {
    expect(lnBinomialTail(0, 10, 0.5)).toBe(0);
    expect(lnBinomialTail(-7, 10, 0.5)).toBe(0);
    expect(lnBinomialTail(11, 10, 0.5)).toBe(-Infinity);
    expect(lnBinomialTail(0, 0, 0.5)).toBe(0);
    expect(lnBinomialTail(1, 0, 0.5)).toBe(-Infinity);
    expect(lnBinomialLowerTail(10, 10, 0.5)).toBe(0);
    expect(lnBinomialLowerTail(11, 10, 0.5)).toBe(0);
    expect(lnBinomialLowerTail(-1, 10, 0.5)).toBe(-Infinity);
    expect(lnBinomialPmf(-1, 10, 0.5)).toBe(-Infinity);
    expect(lnBinomialPmf(11, 10, 0.5)).toBe(-Infinity);
  });

  test('p = 0 never and p = 1 always succeeds', () => {
    expect([0, 1, 10].map((k) => lnBinomialTail(k, 10, 0))).toEqual([0, -Infinity, -Infinity]);
    expect([0, 1, 10, 11].map((k) => lnBinomialTail(k, 10, 1))).toEqual([0, 0, 0, -Infinity]);
    expect([0, 9, 10].map((k) => lnBinomialLowerTail(k, 10, 1))).toEqual([-Infinity, -Infinity, 0]);
    expect([0, 10].map((k) => lnBinomialPmf(k, 10, 1))).toEqual([-Infinity, 0]);
    expect([0, 10].map((k) => lnBinomialPmf(k, 10, 0))).toEqual([0, -Infinity]);
  });

  test('the smallest p a double holds still gives k ln p + ln C(n, k)', () => {
    expect(lnBinomialTail(2, 3, 5e-324)).toBeCloseTo(2 * Math.log(5e-324) + Math.log(3), 10);
    expect(lnBinomialLowerTail(2, 3, 1 - 2 ** -53)).toBeCloseTo(Math.log(3 * 2 ** -53), 13);
  });

  test('x = 0, and x too large for anything but -x', () => {
    expect(lnGammaTail(0, 3)).toBe(0);
    expect(lnGammaLowerTail(0, 3)).toBe(-Infinity);
    expect(lnGammaTail(1e308, 1e7)).toBe(-1e308);
    expect(lnGammaTail(Number.MAX_VALUE, 0.5)).toBe(-Number.MAX_VALUE);
    expect(lnGammaLowerTail(1e308, 1e7)).toBe(0);
    expect(lnGammaLowerTail(5e-324, 1)).toBeCloseTo(Math.log(5e-324), 10);
  });

  test('a vanishing shape gives shape x E1(x)', () => {
    const lnE1AtHalf = Math.log(0.5597735947761608);
    for (const shape of [1e-300, 1e-100]) {
      expect(lnGammaTail(0.5, shape)).toBeCloseTo(Math.log(shape) + lnE1AtHalf, 11);
      expect(Math.abs(lnGammaLowerTail(0.5, shape))).toBeLessThanOrEqual(shape);
    }
  });

  test('the ends of the normal', () => {
    expect(zFromLnP(0)).toBe(-Infinity);
    expect(zFromLnP(-Infinity)).toBe(Infinity);
    expect(zFromLnP(-Math.LN2)).toBeCloseTo(0, 15);
    expect(lnNormalTail(-50)).toBe(0);
    expect(lnNormalTail(1e154)).toBeCloseTo(-5e307, -300);
    expect(lnNormalTail(1e200)).toBe(-Infinity);
    expect(Number.isFinite(zFromLnP(-Number.MAX_VALUE))).toBe(true);
    expect(Number.isFinite(zFromLnP(-5e-324))).toBe(true);
  });

  test('no finite input of any size gives NaN', () => {
    const sizes = [5e-324, 1e-310, 1e-200, 1e-16, 0.5, 1, 1.5, 1000, 1e8, 1e15, 1e100, 1e300, Number.MAX_VALUE];
    for (const x of sizes) {
      expect(lnNormalTail(x)).not.toBeNaN();
      expect(lnNormalTail(-x)).not.toBeNaN();
      expect(zFromLnP(-x)).not.toBeNaN();
      for (const shape of sizes.filter((size) => size >= 1e-300 && size <= 1e15)) {
        expect(lnGammaTail(x, shape)).toBeLessThanOrEqual(0);
        expect(lnGammaLowerTail(x, shape)).toBeLessThanOrEqual(0);
      }
    }
    for (const n of [1, 2, 3, 100, 1e9, Number.MAX_SAFE_INTEGER]) {
      for (const p of [5e-324, 1e-300, 1e-16, 0.25, 0.5, 1 - 2 ** -53]) {
        for (const k of [1, 2, Math.floor(n * p), Math.floor(n * p) + 1, n - 1, n]) {
          expect(lnBinomialTail(k, n, p)).toBeLessThanOrEqual(0);
          expect(lnBinomialLowerTail(k, n, p)).toBeLessThanOrEqual(0);
        }
      }
    }
  });

  test('sums of nothing and of zeros', () => {
    expect(lnSumExp([])).toBe(-Infinity);
    expect(lnSumExp([-Infinity, -Infinity])).toBe(-Infinity);
    expect(lnAdd(-Infinity, -Infinity)).toBe(-Infinity);
    expect(lnAdd(-Infinity, -3)).toBe(-3);
    expect(lnOneMinusExp(0)).toBe(-Infinity);
    expect(lnOneMinusExp(-Infinity)).toBe(0);
  });

  test('multiplicity takes typed arrays, caps at 0 and leaves a single test alone', () => {
    expect(bonferroni(-0.1, 100)).toBe(0);
    expect(bonferroni(-3, 1)).toBe(-3);
    expect(bonferroni(-Infinity, 10)).toBe(-Infinity);
    expect(bonferroni(new Float64Array([-5, -9]), 1000)).toBe(-9 + Math.log(1000));
    expect(holm([])).toEqual([]);
    expect(holm(new Float64Array([-1, -1.25]))).toEqual([-1.25 + Math.LN2, -1.25 + Math.LN2]);
    expect(holm([-0.1, -0.2])).toEqual([0, 0]);
  });

  test('intervals at the two ends', () => {
    expect(binomialInterval(0, 10, 0.95)[0]).toBe(0);
    expect(binomialInterval(10, 10, 0.95)[1]).toBe(1);
    expect(binomialInterval(0, 1e9, 0.95)[1] / -Math.expm1(Math.log(0.025) / 1e9)).toBeCloseTo(1, 12);
    expect(binomialBand(10, 0, 0.99)).toEqual([0, 0]);
    expect(binomialBand(10, 1, 0.99)).toEqual([10, 10]);
    expect(binomialBand(0, 0.5, 0.99)).toEqual([0, 0]);
  });
});

test('every @example gives the value written beside it', () => {
  const folder = new URL('../src/', import.meta.url);
  let examples = 0;
  for (const file of readdirSync(folder)) {
    const lines = readFileSync(new URL(file, folder), 'utf8').matchAll(/^ \* (\w+\(.*\).*); \/\/ (.*)$/gm);
    for (const [, expression, written] of lines) {
      const value = new Function(...Object.keys(stats), `return ${expression}`)(...Object.values(stats));
      const shown = [value].flat() as number[];
      const expected = [JSON.parse(written!.replace(/ \(.*\)$/, ''))].flat() as number[];
      expect(shown.length).toBe(expected.length);
      // Another engine's Math.log may differ in the last digit.
      shown.forEach((x, i) => {
        expect(Math.abs(x - expected[i]!), expression).toBeLessThanOrEqual(2 * ulp(x));
      });
      examples++;
    }
  }
  expect(examples).toBeGreaterThanOrEqual(18);
});
