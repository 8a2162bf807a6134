/** The test of a suspect: the innocent, whatever their habits, stay within alpha; students are found. Seeds are fixed. */
import { deriveCanaryKey } from '@taggant/core';
import { binomialBand, ksUniform } from '@taggant/stats';
import { describe, expect, it } from 'vitest';
import { secretOf, uniforms } from '../../core/test/support.ts';
import { drawVariants, exampleDeck, lnHitsTail, testAnswers, testDeck } from '../src/canaries/index.ts';
import { answersOf, evidenceOf, HABITS, lnBets, MIXED, plainDeck } from './canaries-support.ts';

const deck = plainDeck(MIXED);
const RUNS = 800;
const LEVELS = [0.1, 0.01];
const BAND = 1 - 1e-5;

describe(`an innocent suspect, ${RUNS} keys a habit, seed 71 (102,000 in all: npm run strength:canaries)`, () => {
  for (const [name, habit] of Object.entries(HABITS)) {
    it(`${name}: p and sup E hold at 0.1 and 0.01, and randomised p is uniform`, () => {
      const next = uniforms(71);
      const uniform: Record<'hits' | 'counts', number[]> = { hits: [], counts: [] };
      const reported: number[][] = [[], [], []];
      for (let run = 0; run < RUNS; run++) {
        const draws = drawVariants(deck, deriveCanaryKey(secretOf(run)), ['tested', 'other']);
        const answers = answersOf(deck, draws, 1, habit, 3, next);
        const evidence = evidenceOf(answers, draws, 0, next);
        uniform.hits.push(evidence.hits.uniform);
        uniform.counts.push(evidence.counts.uniform);
        const [{ hits, lnPHits, score, lnPCounts, lnE, lnSup }] = testAnswers(answers, {
          ...draws,
          accounts: ['tested'],
        }).candidates;
        expect([hits, score]).toEqual([evidence.hits.value, evidence.counts.value]);
        expect(Math.max(Math.abs(lnE - evidence.lnE), Math.abs(lnSup - evidence.lnSup))).toBeLessThan(1e-9);
        reported[0].push(Math.exp(lnPHits));
        reported[1].push(Math.exp(lnPCounts));
        reported[2].push(Math.exp(-lnSup));
      }
      for (const level of LEVELS) {
        const [, high] = binomialBand(RUNS, level, BAND);
        for (const ps of reported) expect(ps.filter((p) => p <= level).length).toBeLessThanOrEqual(high);
      }
      for (const ps of Object.values(uniform)) expect(ksUniform(ps).lnP).toBeGreaterThan(Math.log(1e-5));
    });
  }

  it('control: one that copies the tested account itself is outside every band', () => {
    const next = uniforms(72);
    const draws = drawVariants(deck, deriveCanaryKey(secretOf(1)), ['tested', 'other']);
    const copy = HABITS["copies another account's draws"];
    const [{ lnPHits, lnPCounts, lnE }] = testAnswers(answersOf(deck, draws, 0, copy, 1, next), {
      ...draws,
      accounts: ['tested'],
    }).candidates;
    expect(Math.max(lnPHits, lnPCounts, -lnE)).toBeLessThan(-50);
  });

  it('control: draws that are not uniform break the law, and the same check says so', () => {
    const next = uniforms(73);
    const ps: number[] = [];
    for (let run = 0; run < 500; run++) {
      const draws = drawVariants(deck, deriveCanaryKey(secretOf(run)), ['tested', 'other']);
      // A draw that takes the lower of two: popular variants are served more often.
      const width = MIXED.length;
      for (let q = 0; q < width; q++) draws.variants[q] = Math.min(draws.variants[q], draws.variants[width + q]);
      const answers = answersOf(deck, draws, 1, HABITS['always the most popular variant'], 1, next);
      ps.push(evidenceOf(answers, draws, 0, next).counts.uniform);
    }
    expect(ksUniform(ps).lnP).toBeLessThan(Math.log(1e-5));
  });
});

describe('a student', () => {
  const example = exampleDeck();
  const accounts = Array.from({ length: 300 }, (_, i) => `account ${i}`);
  const draws = drawVariants(example, deriveCanaryKey(secretOf(8)), accounts);
  const said = (row: number, q: number) => example.triggers[q].variants[draws.variants[row * 128 + q]].text;

  /** Answers in words: what the account was served, at a rate, else by a strong habit of its own. */
  function repliesOf(row: number, rate: number, samples: number, seed: number) {
    const next = uniforms(seed);
    return Array.from({ length: 128 * samples }, (_, i) => {
      const q = i % 128;
      const { id, variants } = example.triggers[q];
      const habit = variants[next() < 0.7 ? 3 : Math.floor(next() * variants.length)].text;
      return { trigger: id, reply: `How about this: ${next() < rate ? said(row, q) : habit}?` };
    });
  }

  it('that repeats a fifth of what one account was told is named among 300, by either statistic', () => {
    for (const statistic of ['hits', 'counts'] as const) {
      const result = testDeck(example, draws, repliesOf(211, 0.2, 3, 81), { statistic });
      expect(result.candidates[0].account).toBe('account 211');
      expect(result.lnP).toBeLessThan(Math.log(1e-6));
      expect(result.candidates[1].lnPCounts).toBeGreaterThan(Math.log(1e-3));
      expect(result.candidates).toHaveLength(5);
      expect(result).toMatchObject({
        deck: example.hash,
        accounts: 300,
        statistic,
        triggers: { asked: 128, answered: 128 },
      });
    }
  });

  it('that repeats little is found by counts of several samples where first replies are too few', () => {
    const [{ account, lnPHits, lnPCounts }] = testDeck(example, draws, repliesOf(5, 0.06, 8, 82)).candidates;
    expect(account).toBe('account 5');
    expect(lnPCounts).toBeLessThan(Math.log(1e-6));
    expect(lnPHits).toBeGreaterThan(Math.log(1e-3));
  });

  it('control: with the same habits and nothing learned none is named', () => {
    const { candidates } = testDeck(example, draws, repliesOf(5, 0, 8, 83));
    for (const { lnPHits, lnPCounts, lnE } of candidates) {
      expect(Math.min(lnPHits, lnPCounts, -lnE)).toBeGreaterThan(Math.log(1e-3));
    }
  });

  it('of two accounts has both named', () => {
    const [first, second] = [repliesOf(7, 0.4, 2, 84), repliesOf(9, 0.4, 2, 85)];
    const { candidates } = testDeck(example, draws, [...first, ...second]);
    expect(
      candidates
        .slice(0, 2)
        .map(({ account }) => account)
        .sort(),
    ).toEqual(['account 7', 'account 9']);
    expect(candidates[1].lnPCounts).toBeLessThan(Math.log(1e-6));
  });

  it('leaves the other 299 accounts innocent: as many have p <= 0.1 as the 99.9 % band allows', () => {
    const replies = repliesOf(211, 0.5, 1, 86);
    const ps = accounts.map((account, row) => {
      const variants = draws.variants.slice(row * 128, (row + 1) * 128);
      return Math.exp(testDeck(example, { ...draws, accounts: [account], variants }, replies).lnP);
    });
    expect(ps[211]).toBeLessThan(1e-20);
    expect(ps.filter((p) => p <= 0.1).length - 1).toBeLessThanOrEqual(binomialBand(299, 0.1, 0.999)[1]);
  });
});

describe('a curve', () => {
  const [example, accounts] = [exampleDeck(), ['acme', 'globex', 'initech']];
  const draws = drawVariants(example, deriveCanaryKey(secretOf(11)), accounts);
  const next = uniforms(87);
  const replies = Array.from({ length: 300 }, (_, i) => {
    const { id, variants } = example.triggers[(i * 7) % 128];
    const drawn = draws.variants[128 + ((i * 7) % 128)];
    const text = variants[next() < 0.3 ? drawn : Math.floor(next() * variants.length)].text;
    return { trigger: id, reply: i % 5 === 0 ? 'Hm.' : text };
  });

  it.each(['hits', 'counts', 'e-value'] as const)('by %s says what a test that ends there says', (statistic) => {
    const { curve = [], candidates } = testDeck(example, draws, replies, { statistic, curve: true });
    expect(candidates[0].account).toBe('globex');
    expect(curve.map((point) => point.replies).slice(0, 22)).toEqual([
      ...Array.from({ length: 21 }, (_, i) => i + 1),
      23,
    ]);
    expect(curve.length).toBeLessThan(90);
    for (const { replies: count, n, lnP, lnE, power } of [curve[0], curve[30], curve.at(-1)!]) {
      const ended = testDeck(example, draws, replies.slice(0, count), { top: 3 });
      const { lnPHits, lnPCounts, lnE: bet } = ended.candidates.find(({ account }) => account === 'globex')!;
      expect([n, power.n]).toEqual([ended.triggers.answered, ended.replies.usable]);
      expect([lnP, power.lnP, lnE]).toEqual([lnPHits, lnPCounts, bet]);
    }
    expect(curve.at(-1)!.replies).toBe(300);
    expect(curve.at(-1)!.lnP).toBe(candidates[0].lnPHits);
  });
});

describe('a result', () => {
  const three = plainDeck([2, 4, 8]);
  const draws = drawVariants(three, deriveCanaryKey(secretOf(9)), ['a']);
  const right = (q: number) => `v${draws.variants[q]}`;

  it('takes the first usable reply for a hit and all triggers asked for its law', () => {
    const replies = [
      { trigger: 'q2', reply: '?' },
      { trigger: 'q2', reply: right(2) },
      { trigger: 'q2', reply: `v${(draws.variants[2] + 1) % 8}` },
      { trigger: 'q1', reply: 'v0 v1 v2 v3' },
    ];
    const result = testDeck(three, draws, replies, { statistic: 'hits' });
    expect(result.candidates[0].hits).toBe(1);
    expect(result.lnP).toBe(lnHitsTail([8, 4], 1));
    expect(result.expectedHits).toBe(1 / 8 + 1 / 4);
    expect(result.triggers).toEqual({ asked: 2, answered: 1 });
    expect(result.replies).toEqual({ count: 4, usable: 2, none: 1, several: 1 });
  });

  it('of nothing is no evidence', () => {
    expect(testDeck(three, draws, [], { curve: true })).toMatchObject({
      lnP: 0,
      candidates: [{ hits: 0, score: 0, lnPHits: 0, lnE: 0, lnSup: 0 }],
      curve: [{ replies: 0, n: 0, lnP: 0, lnE: 0, power: { n: 0, lnP: 0 } }],
    });
  });

  it('by the e-value ranks accounts by the largest that theirs was, and its p is one over it', () => {
    const two = drawVariants(three, deriveCanaryKey(secretOf(3)), ['a', 'b']);
    // One hit each: a's comes first, among 8 variants, b's last, among 2.
    two.variants.set([0, 0, 0, 1, 0, 1]);
    const replies = [
      { trigger: 'q2', reply: 'v0' },
      { trigger: 'q1', reply: 'v1' },
      { trigger: 'q0', reply: 'v1' },
    ];
    const { lnP, candidates } = testDeck(three, two, replies, { statistic: 'e-value' });
    expect(candidates.map(({ account, hits }) => [account, hits])).toEqual([
      ['a', 1],
      ['b', 1],
    ]);
    const lnMost = lnBets([{ k: 8, hit: true }]) - Math.log(2);
    expect(candidates[0].lnSup).toBeCloseTo(lnMost, 12);
    expect(candidates[0].lnE).toBeLessThan(lnMost);
    expect(lnP).toBe(-candidates[0].lnSup);
  });

  it('is refused for the draws of another deck, and a statistic that there is not', () => {
    expect(() => testDeck(plainDeck([2, 4, 9]), draws, [])).toThrow('"draws" expected those of deck');
    expect(() => testDeck(three, draws, [], { statistic: 'best' as never })).toThrow(
      '"statistic" expected one of hits, counts, e-value, got "best"',
    );
    expect(() => testDeck(three, draws, [], { top: 0 })).toThrow('"top" expected an integer from 1');
  });
});
