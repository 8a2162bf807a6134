import { describe, expect, test } from 'vitest';
import { binomialBand, ksUniform, lnBinomialPmf, lnBinomialTail } from '../src/index.ts';

describe('ksUniform', () => {
  test('null control: over 2000 uniform samples, rejections at 5 % stay inside the exact 99.9 % band', () => {
    // False alarm rate of this test itself over seeds: 0.3 % (three bands).
    const draw = generator(1);
    const runs = 2000;
    const count = { small: 0, large: 0, either: 0 };
    for (let run = 0; run < runs; run++) {
      const ks = ksUniform(Array.from({ length: 25 }, draw));
      if (ks.lnPTooSmall <= Math.log(0.05)) count.small++;
      if (ks.lnPTooLarge <= Math.log(0.05)) count.large++;
      if (ks.lnP <= Math.log(0.05)) count.either++;
    }
    const [lo, hi] = binomialBand(runs, 0.05, 0.999);
    for (const [side, rejections] of Object.entries(count)) {
      expect(rejections, side).toBeGreaterThanOrEqual(lo);
      expect(rejections, side).toBeLessThanOrEqual(hi);
    }
  });

  test('positive control: p-values 5 % too small are caught with 20 000 of them, on the right side', () => {
    const draw = generator(2);
    const ks = ksUniform(Array.from({ length: 20_000 }, () => draw() * 0.95));
    expect(ks.lnPTooSmall).toBeLessThan(Math.log(1e-6));
    expect(ks.lnPTooLarge).toBeGreaterThan(Math.log(0.5));
  });

  test('exact binomial p-values are not too small; mid-p values of the same counts are', () => {
    const draw = generator(3);
    const n = 50;
    const exact: number[] = [];
    const mid: number[] = [];
    for (let run = 0; run < 3000; run++) {
      let k = 0;
      for (let i = 0; i < n; i++) if (draw() < 0.25) k++;
      const p = Math.exp(lnBinomialTail(k, n, 0.25));
      exact.push(p);
      mid.push(p - Math.exp(lnBinomialPmf(k, n, 0.25)) / 2);
    }
    expect(ksUniform(exact).lnPTooSmall).toBeGreaterThan(Math.log(1e-3));
    expect(ksUniform(mid).lnPTooSmall).toBeLessThan(Math.log(1e-6));
  });

  test('one value p is too small with probability p', () => {
    expect(ksUniform([1e-7]).lnPTooSmall).toBeCloseTo(Math.log(1e-7), 8);
    expect(ksUniform([1e-7]).lnP).toBeCloseTo(Math.log(2e-7), 8);
  });
});

/** Mulberry32: a small seeded generator of uniforms, for tests only. */
function generator(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
