/** Accounts tested on what each was served. Students are n-gram models; seeds are fixed, false-alarm rates stated. */
import { distinctPairs, openMark } from '@taggant/core';
import { binomialBand } from '@taggant/stats';
import { describe, expect, it } from 'vitest';
import { secretOf, uniforms } from '../../../core/test/support.ts';
import { Assignment, ServedTo, testAccounts, testServedAccounts } from '../../src/accounts/index.ts';
import { language, seededBytes, studentOf, write } from './support.ts';

const epoch = { label: '2026-q4', from: '2026-10-01' };
const names = (count: number) => Array.from({ length: count }, (_, i) => `account ${i}`);
const speak = language(1);
const pairsOf = (text: readonly number[]) => distinctPairs(text, { contextWidth: 2, dedup: 'context' });
const listOf = (number = 0, key = 1, delta = 2) =>
  openMark({ scheme: 'greenlist', gamma: '1/4', delta, cohort: number }, secretOf(key));

describe('what an account was served', () => {
  const pairs = pairsOf([5, 6, 7, 8, 9, 6, 7, 1]);

  it('picks the suspect’s pairs whose contexts it reached, the last of a text too, each once, prompts giving context', () => {
    const servedTo = new ServedTo(pairs);
    expect(servedTo.add('a', [6, 7, 3, 7, 8, 2])).toBe(2);
    expect(servedTo.add('a', [6, 7, 4])).toBe(0);
    expect(servedTo.add('b', [5, 1], [9, 9, 6])).toBe(1);
    expect(servedTo.add('b', [2, 2], [9, 9, 6])).toBe(0);
    expect(servedTo.add('b', [2], [8, 9])).toBe(1);
    // (6, 7) -> 8 and (7, 8) -> 9; the second (6, 7) of the suspect is no first.
    expect([...servedTo.of(['a']).tokens]).toEqual([8, 9]);
    expect([...servedTo.of(['a', 'b', 'nobody']).tokens]).toEqual([8, 9, 6, 7]);
    expect([...servedTo.of(['b']).contexts]).toEqual([8, 9, 9, 6]);
    expect(servedTo.add('a', [], [5, 6])).toBe(1);
    expect(servedTo.add('a', [], [9])).toBe(0);
    expect(servedTo.add('a', [3, 8, 9])).toBe(1);
    expect(() => new ServedTo(distinctPairs([1, 2, 3, 4], { contextWidth: 2 }))).toThrow(`dedup 'context'`);
  });
});

describe('accounts on what they were served', () => {
  const key = 1;
  const assignment = Assignment.create({ epoch, accounts: names(24_000) }, seededBytes(1));
  const next = uniforms(71);
  // Accounts talk of different things, or all would be served the same contexts.
  const textOf = (i: number, length: number) =>
    write(language(i), [listOf(0), listOf(assignment.accounts[i].number)], { length }, next);
  const others = Array.from({ length: 90 }, (_, i) => textOf(100 + (i % 9), 400));
  const small = textOf(5, 4000);
  const ring = Array.from({ length: 8 }, (_, i) => textOf(10 + i, 800));
  const logs = (pairs: ReturnType<typeof pairsOf>) => {
    const servedTo = new ServedTo(pairs);
    for (const [i, text] of others.entries()) servedTo.add(`account ${100 + (i % 9)}`, text);
    for (const [i, text] of ring.entries()) servedTo.add(`account ${10 + i}`, text);
    servedTo.add('account 5', small);
    return servedTo;
  };

  it('are named at a share at which they are not without logs (seed 71)', () => {
    const pairs = pairsOf(studentOf([small, ...others], { length: 20_000 }, next));
    expect(testAccounts(pairs, listOf(), assignment).verdict).toBe('nobody');
    const found = testServedAccounts(listOf(), assignment, logs(pairs));
    // The others took part, too, a tenth each.
    const authors = new Set(['account 5', ...names(109).slice(100)]);
    expect(found.named.map(({ id }) => id)).toContain('account 5');
    expect(found.named.filter(({ id }) => !authors.has(id))).toEqual([]);
    expect(found).toMatchObject({ tests: 24_000, verdict: 'named', proved: true });
    expect(found.best[0].n).toBeLessThan(pairs.n);
    expect(found.best[0].lnE).toBeLessThan(found.best[0].z ** 2);
  });

  it('are found as a cluster, each on its own logs (seed 71)', () => {
    const pairs = pairsOf(studentOf([...ring, ...others], { length: 20_000 }, next));
    const clusters = [
      { id: 'ring', accounts: names(18).slice(10) },
      { id: 'not', accounts: names(310).slice(300) },
    ];
    const found = testServedAccounts(listOf(), assignment, logs(pairs), { clusters });
    expect(found.named[0]).toMatchObject({ kind: 'cluster', id: 'ring' });
    const authors = new Set(['ring', ...clusters[0].accounts, ...names(109).slice(100)]);
    expect(found.named.filter(({ id }) => !authors.has(id))).toEqual([]);
    expect(found.tests).toBe(24_002);
  });

  it('that nobody learned from are named no more often than alpha says, whatever logs they have (seed 72, rate 1e-6)', () => {
    const [RUNS, LEVEL] = [300, 0.05];
    const few = Assignment.create({ epoch, accounts: names(20), range: 64 }, seededBytes(2));
    const fresh = uniforms(72);
    const plain = Array.from({ length: 4 }, () => write(speak, [], { length: 1000 }, fresh));
    const pairs = pairsOf(studentOf(plain, { length: 2000 }, fresh));
    let alarms = 0;
    for (let run = 0; run < RUNS; run++) {
      const servedTo = new ServedTo(pairs);
      for (const { id, number } of few.accounts.slice(0, 3))
        servedTo.add(id, write(speak, [listOf(number, key + run, 4)], { length: 400 }, fresh));
      if (testServedAccounts(listOf(0, key + run), few, servedTo).lnP <= Math.log(LEVEL)) alarms++;
    }
    expect(alarms).toBeLessThanOrEqual(binomialBand(RUNS, LEVEL, 1 - 2e-6)[1]);
  });
});
