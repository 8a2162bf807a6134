import { lnGammaSumTail, lnGammaTail } from '@taggant/stats';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

/**
 * [x, n, a, b, ln P[a G + b H >= x]]: mpmath 1.3 at 30 digits, by quadrature of the product of densities, and for the last row by
 * the negative binomial mixture with exact recurrences.
 */
const REFERENCES = [
  [150, 100, 0.9, 0.1, -13.967005831856323],
  [64, 64, 0.9, 0.1, -0.7263792691507688],
  [100, 64, 0.9, 0.1, -11.450049989919869],
  [0.5, 3, 0.9, 0.1, -0.003727259096562088],
  [20, 3, 0.9, 0.1, -16.302357691117322],
  [100, 64, 0.99, 0.01, -10.069243216441679],
  [90, 64, 0.98, 0.02, -6.557000423089509],
  [600, 64, 0.99, 0.01, -402.7386472352676],
] as const;

describe('lnGammaSumTail', () => {
  it.each(REFERENCES)('P[sum >= %d], n = %d, scales %d and %d, to 1e-9', (x, n, a, b, lnP) => {
    expect(Math.abs(lnGammaSumTail(x, n, [a, b]) - lnP)).toBeLessThan(1e-9);
    expect(lnGammaSumTail(x, n, [b, a])).toBe(lnGammaSumTail(x, n, [a, b]));
  });

  it('is the gamma tail where both scales are one', () => {
    expect(lnGammaSumTail(150, 50, [1, 1])).toBe(lnGammaTail(150, 100));
  });

  it('falls as x rises, is 0 at 0, and lies between the gammas of either scale (seed 9)', () => {
    const cases = fc.record({
      x: fc.double({ min: 0.01, max: 400, noNaN: true }),
      n: fc.integer({ min: 1, max: 200 }),
      b: fc.double({ min: 0.02, max: 0.98, noNaN: true }),
    });
    fc.assert(
      fc.property(cases, ({ x, n, b }) => {
        const scales = [1 - b, b] as const;
        const lnP = lnGammaSumTail(x, n, scales);
        expect(lnP).toBeLessThanOrEqual(0);
        expect(lnGammaSumTail(x * 1.01, n, scales)).toBeLessThanOrEqual(lnP + 1e-9);
        const [low, high] = [Math.min(...scales), Math.max(...scales)];
        expect(lnP).toBeGreaterThanOrEqual(lnGammaTail(x / low, 2 * n) - 1e-9);
        expect(lnP).toBeLessThanOrEqual(lnGammaTail(x / high, 2 * n) + 1e-9);
      }),
      { seed: 9, numRuns: 300 },
    );
    expect(lnGammaSumTail(0, 5, [0.9, 0.1])).toBe(0);
  });

  it('refuses what is no sum of two gammas', () => {
    expect(() => lnGammaSumTail(-1, 5, [0.9, 0.1])).toThrow('"x" expected');
    expect(() => lnGammaSumTail(1, 0, [0.9, 0.1])).toThrow('"n" expected');
    expect(() => lnGammaSumTail(1, 1.5, [0.9, 0.1])).toThrow('"n" expected');
    expect(() => lnGammaSumTail(1, 5, [1, 0])).toThrow('"scales" expected');
    expect(() => lnGammaSumTail(1, 5, [1000, 1])).toThrow('"scales" expected');
    expect(() => lnGammaSumTail('1' as never, 5, [0.9, 0.1])).toThrow(TypeError);
  });
});
