import { describe, expect, it } from 'vitest';
import { studentQuantile, zFromLnP } from '../src/index.ts';

describe("Student's quantile", () => {
  // scipy.stats.t.isf, scipy 1.x: python -c "from scipy.stats import t; print(t.isf(p, degrees))"
  it.each([
    [0.025, 1, 12.706204736174705],
    [0.3, 2, 0.6172133998483678],
    [0.025, 10, 2.2281388519862753],
    [0.0005, 31, 3.63345634975833],
    [1e-4, 63, 3.949889224975485],
    [1e-5, 255, 4.346474067894129],
  ])('agrees with SciPy at p = %s, %s degrees', (p, degrees, expected) => {
    expect(Math.abs(studentQuantile(p, degrees) / expected - 1)).toBeLessThan(1e-8);
  });

  it('is symmetric, and normal in the limit', () => {
    expect(studentQuantile(0.9, 7)).toBeCloseTo(-studentQuantile(0.1, 7), 12);
    expect(studentQuantile(0.001, 1e6)).toBeCloseTo(zFromLnP(Math.log(0.001)), 4);
  });

  it('refuses what is no probability', () => {
    expect(() => studentQuantile(0, 3)).toThrow('"p" expected a number in (0, 1), got 0');
    expect(() => studentQuantile(0.5, 0)).toThrow('"degrees" expected a number of at least 1, got 0');
  });
});
