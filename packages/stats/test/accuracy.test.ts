import { describe, expect, test } from 'vitest';
import { lnBinomialTail, lnGammaTail, lnSmirnovTail } from '../src/index.ts';
import { measureAll } from './accuracy.ts';
import { errorAgainst, exactLnBinomialTail, exactLnSmirnovTail, lnRational, ulp } from './exact.ts';

/** What the README promises for every tail: the rounding of the result and 2e-14. */
const promised = (lnP: number) => 2e-14 + ulp(lnP) / 2;

const MEASURED = measureAll();

describe('against 32-digit references', () => {
  test.each(MEASURED)('$family is within max(1e-12, 4 ulp) at all $points points', ({ outside }) => {
    expect(outside).toEqual([]);
  });

  test.each(MEASURED)('$family loses less than 2e-14 beyond the rounding of its result', (measured) => {
    expect(measured.beyondRounding).toBeLessThan(2e-14);
    expect(measured.ulpsFarOut).toBeLessThanOrEqual(1);
  });

  test.each(MEASURED)('$family keeps 1 - p to 1e-13 where p is near 1', ({ relativeNearOne }) => {
    expect(relativeNearOne).toBeLessThan(1e-13);
  });

  test('the references reach ln p = -1e5 and p = 1e-300', () => {
    for (const { family, lowest } of MEASURED.slice(0, 5)) expect(lowest, family).toBeLessThan(-1e5);
  });
});

describe('against exact integer arithmetic', () => {
  test.each([
    [1000, 0.25, 20],
    [300, 0.1, 7],
    [300, 0.3, 7],
    [200, 77 / 256, 3],
    [200, 3 / 16, 3],
    [2000, 1 / 256, 90],
    [150, 1e-9, 5],
    [150, 1 - 1e-9, 5],
    [60, 1 - 2 ** -53, 1],
    [40, 2 ** -53, 1],
  ])('lnBinomialTail(k, %i, %f) for every %i-th k', (n, p, step) => {
    for (let k = 0; k <= n; k += step) {
      const got = lnBinomialTail(k, n, p);
      expect(Math.abs(errorAgainst(got, exactLnBinomialTail(k, n, p))), `k = ${k}`).toBeLessThanOrEqual(promised(got));
    }
  });

  test('lnBinomialTail stays exact as n crosses from the series to the quadrature', () => {
    for (let n = 1000; n <= 4000; n += 250) {
      const k = Math.floor(n / 4 + 3 * Math.sqrt(n * 0.1875));
      const got = lnBinomialTail(k, n, 0.25);
      expect(Math.abs(errorAgainst(got, exactLnBinomialTail(k, n, 0.25))), `n = ${n}`).toBeLessThan(promised(got));
    }
  });

  test('lnGammaTail of an integer shape is the Poisson sum at a rational x', () => {
    // e^-x drops out of Q(a, x) / Q(1, x) = sum of x^i / i! below a, and ln Q(1, x) = -x.
    for (const [x, shape] of [
      [3, 2],
      [20, 7],
      [150, 100],
      [90, 120],
    ] as const) {
      let sum = 0n;
      let factorial = 1n;
      for (let i = BigInt(shape - 1); i >= 0n; i--) {
        sum += BigInt(x) ** i * factorial;
        factorial *= i > 0n ? i : 1n;
      }
      const lnSum = lnRational(sum, factorial);
      const got = lnGammaTail(x, shape);
      expect(Math.abs(errorAgainst(got + x, lnSum)), `${x}, ${shape}`).toBeLessThan(promised(got) + ulp(x));
    }
  });

  test.each([1, 2, 5, 20, 60])('lnSmirnovTail(d, %i) agrees with Bolshev’s recursion', (n) => {
    for (const d of [2 ** -20, 1 / 16, 0.1, 1 / 4, 1 / 3, 0.5, 0.75, 0.9, 1 - 2 ** -20]) {
      const got = lnSmirnovTail(d, n);
      expect(Math.abs(errorAgainst(got, exactLnSmirnovTail(d, n))), `d = ${d}`).toBeLessThan(promised(got));
    }
  });
});

describe('published values', () => {
  test('the table of n = 1000, gamma = 1/4', () => {
    const p = (k: number) => Math.exp(lnBinomialTail(k, 1000, 0.25)).toExponential(3);
    expect([300, 400, 500, 700].map(p)).toEqual(['1.936e-4', '1.610e-25', '1.281e-64', '7.548e-196']);
    expect(lnBinomialTail(900, 1000, 0.25).toFixed(2)).toBe('-954.48');
  });

  test('Q(834, 1001), where a well-known library is off by 0.6 %, is one Poisson term below Q(835, 1001)', () => {
    let term = 1;
    let sum = 1;
    for (let i = 833; i > 0; i--) {
      term *= i / 1001;
      sum += term;
    }
    let lnTerm = -1001;
    for (let i = 1; i <= 833; i++) lnTerm += Math.log(1001 / i);
    expect(lnGammaTail(1001, 834)).toBeCloseTo(lnTerm + Math.log(sum), 10);
  });
});
