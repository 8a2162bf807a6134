/** The laws of sums, against plain enumeration and exact fractions; and the power tables. */
import { lnBinomialTail } from '@taggant/stats';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CanaryBets } from '../src/canaries/bets.ts';
import { NONE, SEVERAL } from '../src/canaries/deck.ts';
import { CanaryAnswers, hitsNeeded, lnHitsTail, powerOf, powerTable } from '../src/canaries/index.ts';
import { lnSumTail, type ScoreLaw } from '../src/canaries/score-law.ts';
import { hitLaw, lawOf } from '../src/canaries/test.ts';
import { lnBets, plainDeck } from './canaries-support.ts';

/** P[sum >= least], by all outcomes, in exact integers: each table is drawn from uniformly. */
function enumerated(tables: readonly (readonly number[])[], least: number): number {
  let sums = new Map<number, bigint>([[0, 1n]]);
  for (const table of tables) {
    const next = new Map<number, bigint>();
    for (const [sum, ways] of sums)
      for (const score of table) next.set(sum + score, (next.get(sum + score) ?? 0n) + ways);
    sums = next;
  }
  const all = tables.reduce((product, { length }) => product * BigInt(length), 1n);
  const above = [...sums].reduce((total, [sum, ways]) => (sum >= least ? total + ways : total), 0n);
  return lnRatio(above, all);
}

/** ln(a / b) of integers of any size. */
function lnRatio(a: bigint, b: bigint): number {
  if (a === 0n) return -Infinity;
  if (a === b) return 0;
  if (2n * a > b) return Math.log1p(-Math.exp(lnRatio(b - a, b)));
  const lnOf = (n: bigint) => {
    const shift = BigInt(Math.max(0, n.toString(2).length - 53));
    return Math.log(Number(n >> shift)) + Number(shift) * Math.LN2;
  };
  return lnOf(a) - lnOf(b);
}

describe('the law of a sum', () => {
  it('is that of an enumeration of all draws, for any tables and any sum', () => {
    const table = fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(
        fc.array(table, { minLength: 1, maxLength: 14 }),
        fc.integer({ min: -1, max: 170 }),
        (tables, least) => {
          const ln = lnSumTail(
            tables.map((scores) => lawOf(Int32Array.from(scores))),
            least,
          );
          const exact = enumerated(tables, least);
          if (exact === -Infinity || exact === 0) expect(ln).toBe(exact);
          else expect(Math.abs(ln - exact)).toBeLessThan(1e-12 * (1 + Math.abs(exact)));
        },
      ),
      { seed: 11, numRuns: 500 },
    );
  });

  it('for equal K is the binomial, down to ln p = -4000', () => {
    for (const [m, k] of [
      [32, 256],
      [128, 64],
      [1000, 60],
    ]) {
      for (let hits = 0; hits <= m; hits += Math.ceil(m / 16)) {
        const exact = lnBinomialTail(hits, m, 1 / k);
        expect(Math.abs(lnHitsTail(new Array(m).fill(k), hits) - exact)).toBeLessThanOrEqual(
          1e-12 * (1 + Math.abs(exact)),
        );
      }
    }
  });

  it('for mixed K is the plain Poisson-binomial, by a recursion over triggers', () => {
    const sizes = Array.from({ length: 60 }, (_, q) => 2 + ((q * 37) % 100));
    let pmf = [1];
    for (const k of sizes) {
      pmf = Array.from({ length: pmf.length + 1 }, (_, h) => ((pmf[h] ?? 0) * (k - 1) + (pmf[h - 1] ?? 0)) / k);
    }
    for (const hits of [0, 1, 3, 7, 20, 40, 60]) {
      const tail = pmf.slice(hits).reduceRight((sum, p) => sum + p, 0);
      expect(Math.abs(lnHitsTail(sizes, hits) - Math.min(0, Math.log(tail)))).toBeLessThan(1e-11);
    }
    expect(lnHitsTail(sizes, 61)).toBe(-Infinity);
  });

  it('holds a law that has one score only', () => {
    const sure: ScoreLaw = { scores: [5], probabilities: [1] };
    expect([lnSumTail([sure], 5), lnSumTail([sure], 6), lnSumTail([], 0), lnSumTail([], 1)]).toEqual([
      0,
      -Infinity,
      0,
      -Infinity,
    ]);
    expect(lnSumTail([sure, hitLaw(8)], 6)).toBeCloseTo(-Math.log(8), 13);
  });
});

describe('bets', () => {
  const sizes = [2, 3, 5, 16, 64];
  const deck = plainDeck(sizes);
  /** Of one account, who was served the first variant everywhere. */
  const bets = () => new CanaryBets(sizes, new Uint16Array(sizes.length));

  it('have mean 1 over all outcomes of a uniform draw', () => {
    let mean = 0;
    for (let outcome = 0; outcome < 2 ** sizes.length; outcome++) {
      const answers = new CanaryAnswers(deck);
      const hits = sizes.map((_, i) => (outcome >> i) & 1);
      hits.forEach((hit, place) => {
        answers.count(place, 1 - hit);
      });
      const probability = sizes.reduce((product, k, i) => product * (hits[i] ? 1 / k : 1 - 1 / k), 1);
      mean += probability * Math.exp(bets().follow(answers).of(0).lnE);
    }
    expect(mean).toBeCloseTo(1, 12);
    expect(bets().of(0)).toEqual({ lnE: 0, lnSup: 0 });
  });

  it('are placed at the first usable reply of a trigger, and the same whenever they are looked at', () => {
    const answers = new CanaryAnswers(deck);
    const followed = bets().follow(answers);
    const most: number[] = [0];
    for (const [place, variant] of [
      [3, 0],
      [3, 5],
      [0, NONE],
      [1, 2],
      [0, SEVERAL],
      [4, 0],
      [2, 1],
      [0, 1],
    ]) {
      answers.count(place, variant);
      const { lnE, lnSup } = followed.follow(answers).of(0);
      most.push(Math.max(lnE, ...most));
      expect([lnE, lnSup]).toEqual([bets().follow(answers).of(0).lnE, most.at(-1)]);
    }
    const asked = [
      [16, true],
      [3, false],
      [64, true],
      [5, false],
      [2, false],
    ] as const;
    expect(followed.of(0).lnE).toBeCloseTo(lnBets(asked.map(([k, hit]) => ({ k, hit }))), 12);
    expect(followed.lnSup).toBeGreaterThan(followed.of(0).lnE);
  });
});

describe('power', () => {
  it('the figures of the design note: 7e-8, 8e-6, 1e-3', () => {
    const p = (m: number, k: number, hits: number) =>
      Number(Math.exp(lnHitsTail(new Array(m).fill(k), hits)).toPrecision(1));
    expect([p(100, 1000, 5), p(32, 256, 4), p(128, 64, 8)]).toEqual([7e-8, 8e-6, 1e-3]);
  });

  it('the hits needed are the fewest', () => {
    const sizes = Array.from({ length: 128 }, (_, q) => [16, 32, 48, 64][q % 4]);
    for (const alpha of [0.05, 1e-3, 1e-6, 1e-12]) {
      const hits = hitsNeeded(sizes, alpha)!;
      expect(lnHitsTail(sizes, hits)).toBeLessThanOrEqual(Math.log(alpha));
      expect(lnHitsTail(sizes, hits - 1)).toBeGreaterThan(Math.log(alpha));
    }
    expect(hitsNeeded([4, 4], 1e-3)).toBeUndefined();
  });

  it('a table says what is needed and how often a student has it', () => {
    const options = { triggers: [8, 100], variants: [64], hitRates: [0, 0.1, 1], alpha: 1e-6, accounts: 24_000 };
    const [few, many] = powerTable(options);
    expect(few).toMatchObject({ triggers: 8, variants: 64, hitsNeeded: 7 });
    const { hitsNeeded: hits = 0, lnP = 0, power } = many;
    expect(lnP).toBeCloseTo(lnBinomialTail(hits, 100, 1 / 64) + Math.log(24_000), 10);
    expect(power[1]).toBeCloseTo(Math.exp(lnBinomialTail(hits, 100, 0.1 + 0.9 / 64)), 10);
    expect([power[0] < 1e-10, power[2]]).toEqual([true, 1]);
    expect(powerTable({ ...options, triggers: [2], alpha: 1e-6 })[0]).toEqual({
      triggers: 2,
      variants: 64,
      power: [0, 0, 0],
    });
    expect(powerOf(new Array(100).fill(64), options)).toEqual({ hitsNeeded: hits, lnP, power });
    expect(() => powerTable({ ...options, alpha: 0 })).toThrow('"alpha" expected a number in (0, 1), got 0');
    expect(() => powerTable({ ...options, hitRates: [2] })).toThrow('"hitRates" expected numbers in [0, 1], got 2');
  });
});
