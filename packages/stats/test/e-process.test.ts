/** Seeds are fixed; a statistical test says its false-alarm rate over seeds. */
import { describe, expect, test } from 'vitest';
import { binomialBand, EProcess } from '../src/index.ts';

const P = 0.25;
const coin = (t: number) => Math.log1p(P * Math.expm1(t));
const exponential = (t: number) => (t < 1 ? -Math.log1p(-t) : Infinity);
const LAMBDAS = [0.05, 0.2, 0.8];

/** The definition, product by product. */
function naive(cumulant: (t: number) => number, lambdas: number[], scores: number[], weights: number[]): number {
  const products = lambdas.map((lambda) =>
    scores.reduce((product, x, i) => product * Math.exp(lambda * weights[i]! * x - cumulant(lambda * weights[i]!)), 1),
  );
  return Math.log(products.reduce((a, b) => a + b) / lambdas.length);
}

describe('EProcess', () => {
  test('is the mean of the products of its definition, weights and all', () => {
    const draw = generator(1);
    for (const weighted of [false, true]) {
      const scores = Array.from({ length: 60 }, () => (draw() < 0.4 ? 1 : 0));
      const weights = scores.map(() => (weighted ? [1, 2, 3, 0, 0.5][Math.floor(5 * draw())]! : 1));
      const process = new EProcess(coin, LAMBDAS);
      let sup = 0;
      scores.forEach((x, i) => {
        process.add(x, weights[i]);
        expect(process.lnE).toBeCloseTo(naive(coin, LAMBDAS, scores.slice(0, i + 1), weights), 11);
        sup = Math.max(sup, process.lnE);
        expect(process.lnSup).toBe(sup);
      });
      expect(process.n).toBe(60);
    }
  });

  test('E has mean 1 under the null: enumerated over all 2^10 coins', () => {
    let mean = 0;
    for (let pattern = 0; pattern < 1024; pattern++) {
      const process = new EProcess(coin, LAMBDAS);
      let chance = 1;
      for (let i = 0; i < 10; i++) {
        const x = (pattern >> i) & 1;
        process.add(x, 1 + (i % 3));
        chance *= x === 1 ? P : 1 - P;
      }
      mean += chance * Math.exp(process.lnE);
    }
    expect(mean).toBeCloseTo(1, 12);
  });

  test('null control: over 20 000 runs of 400 scores, the runs that ever reach 1/alpha stay below the 99.9 % band', () => {
    // False alarm rate over seeds: at most 0.15 % (three upper ends).
    const draw = generator(2);
    const runs = 20_000;
    const sups = Array.from({ length: runs }, () => {
      const process = new EProcess(exponential, [0.05, 0.2, 0.5, 0.8]);
      for (let i = 0; i < 400; i++) process.add(-Math.log1p(-draw()));
      return process.lnSup;
    });
    for (const alpha of [0.05, 0.01, 0.001]) {
      const crossed = sups.filter((sup) => sup >= -Math.log(alpha)).length;
      expect(crossed, `alpha ${alpha}`).toBeLessThanOrEqual(binomialBand(runs, alpha, 0.999)[1]);
    }
  });

  test('positive control: scores that are one half larger on average cross 1e6 within 400', () => {
    const draw = generator(3);
    const process = new EProcess(exponential, [0.05, 0.2, 0.5, 0.8]);
    for (let i = 0; i < 400; i++) process.add(-1.5 * Math.log1p(-draw()));
    expect(process.lnSup).toBeGreaterThan(Math.log(1e6));
  });

  test('goes on from its state, through JSON, as if it had never stopped', () => {
    const draw = generator(4);
    const scores = Array.from({ length: 50 }, () => (draw() < P ? 1 : 0));
    const whole = new EProcess(coin, LAMBDAS);
    const begun = new EProcess(coin, LAMBDAS);
    for (const [i, x] of scores.entries()) {
      whole.add(x, 1 + (i % 4));
      if (i < 20) begun.add(x, 1 + (i % 4));
    }
    const resumed = EProcess.resume(coin, LAMBDAS, JSON.parse(JSON.stringify(begun.state())));
    for (const [i, x] of scores.entries()) if (i >= 20) resumed.add(x, 1 + (i % 4));
    expect(resumed.state()).toEqual(whole.state());
    expect(resumed.lnE).toBe(whole.lnE);
  });

  test('asks for the cumulant of an integer weight once', () => {
    let asked = 0;
    const process = new EProcess((t) => {
      asked++;
      return coin(t);
    }, LAMBDAS);
    for (let i = 0; i < 100; i++) process.add(1, 1 + (i % 2));
    expect(asked).toBe(2 * LAMBDAS.length);
  });

  test('stays finite at a million scores and at lnE of 39,000', () => {
    const process = new EProcess(coin, LAMBDAS);
    for (let i = 0; i < 1_000_000; i++) process.add(i % 4 === 0 ? 1 : 0);
    expect(process.lnE).toBeLessThan(0);
    for (let i = 0; i < 200_000; i++) process.add(1);
    expect(process.lnSup).toBeGreaterThan(39_000);
    expect(process.lnSup).toBe(process.lnE);
  });

  test.each([
    [() => new EProcess(coin, []), '"lambdas.length" expected at least 1, got 0'],
    [() => new EProcess(coin, [Number.NaN]), '"lambdas[0]" expected a number, got NaN'],
    [() => new EProcess(exponential, [0.5, 1]), '"cumulant(1)" expected a finite number, got Infinity'],
    [() => new EProcess(exponential, [0.5]).add(1, 2), '"cumulant(1)" expected a finite number, got Infinity'],
    [() => new EProcess(coin, [1]).add(Number.NaN), '"score" expected a finite number, got NaN'],
    [() => new EProcess(coin, [1]).add(Infinity), '"score" expected a finite number, got Infinity'],
    [() => new EProcess(coin, [1]).add('1' as never), '"score" expected a finite number, got "1"'],
    [() => new EProcess(coin, [1]).add(1, -1), '"weight" expected a finite number >= 0, got -1'],
    [() => new EProcess(coin, [1]).add(1, Number.NaN), '"weight" expected a finite number >= 0, got NaN'],
    [
      () => EProcess.resume(coin, [1], { n: 1, sum: 1, cumulants: [1, 2], lnSup: 0 }),
      '"state.cumulants.length" expected 1, got 2',
    ],
    [
      () => EProcess.resume(coin, [1], { n: 1, sum: Number.NaN, cumulants: [1], lnSup: 0 }),
      '"state.sum" expected a number, got NaN',
    ],
  ])('refuses bad input: %s', (call, message) => {
    expect(call).toThrow(message);
  });

  test('a score that is refused changes nothing', () => {
    const process = new EProcess(exponential, [0.3]);
    process.add(1);
    const before = process.state();
    expect(() => process.add(1, 4)).toThrow(RangeError);
    expect(() => process.add(Number.NaN)).toThrow(RangeError);
    expect(process.state()).toEqual(before);
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
