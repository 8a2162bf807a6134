/**
 * Whose text was this suspect trained on? Students are n-gram models of a made-up language. Seeds are fixed; the false-alarm
 * rate of each statistical test is stated beside it.
 */
import { deriveKey, distinctPairs, type Mark, openMark, PairCollector } from '@taggant/core';
import { detectPairs, lnTail } from '@taggant/detector';
import { binomialBand, ksUniform } from '@taggant/stats';
import { describe, expect, it } from 'vitest';
import { secretOf, uniforms } from '../../../core/test/support.ts';
import { Assignment, testAccounts, testClusters } from '../../src/accounts/index.ts';
import { language, seededBytes, studentOf, write } from './support.ts';

const epoch = { label: '2026-q4', from: '2026-10-01' };
const names = (count: number) => Array.from({ length: count }, (_, i) => `account ${i}`);
const speak = language(1);
const pairsOf = (text: readonly number[]) => distinctPairs(text, { contextWidth: 2, dedup: 'context' });
/** The green list of a number; 0 is the owner's. */
const listOf = (number: number, key: number, delta = 2) =>
  openMark({ scheme: 'greenlist', gamma: '1/4', delta, cohort: number }, secretOf(key));
const numberOf = (assignment: Assignment, i: number) => assignment.accounts[i].number as number;
const most = (runs: number, level: number) => binomialBand(runs, level, 1 - 2e-6)[1];

const large = Assignment.create({ epoch, accounts: names(24_000) }, seededBytes(1));

describe('a student', () => {
  const key = 1;
  const owner = listOf(0, key);
  const textOf = (i: number, length: number, next: () => number) =>
    write(speak, [owner, listOf(numberOf(large, i), key)], { length }, next);
  const next = uniforms(11);
  const others = Array.from({ length: 50 }, (_, i) => textOf(100 + i, 800, next));
  const guilty = textOf(5, 40_000, next);

  it('half of whose training text was served to one account names it among 24,000, and nobody else (seed 11)', () => {
    const student = studentOf([guilty, ...others], { length: 10_000 }, next);
    const found = testAccounts(pairsOf(student), owner, large);
    expect(found).toMatchObject({ verdict: 'named', tests: 24_000, proved: true, named: [{ id: 'account 5' }] });
    expect(found.named.length).toBe(1);
    expect(found.best[0]).toMatchObject({ kind: 'account', rank: { atLeast: 1, count: 41_536 } });
    expect(found.best[1].lnP).toBeGreaterThan(Math.log(0.01));
    expect(found.decoys).toMatchObject([{ count: 41_535 }]);
    expect(found.decoys[0].lnTooSmall).toBeGreaterThan(Math.log(1e-4));
  });

  it('of many accounts names none of them, and its owner all the same (seed 11)', () => {
    const student = studentOf(others, { length: 10_000 }, next);
    const found = testAccounts(pairsOf(student), owner, large);
    expect(found).toMatchObject({ verdict: 'nobody', named: [] });
    expect(found.labels[0].lnP).toBeLessThan(-100);
    expect(found.labels[0].lnP).toBeCloseTo(detectPairs(pairsOf(student), owner).lnP, 8);
  });

  it('of plain text names nobody, owner or account (seed 12)', () => {
    const fresh = uniforms(12);
    const plain = Array.from({ length: 20 }, () => write(speak, [], { length: 2000 }, fresh));
    const found = testAccounts(pairsOf(studentOf(plain, { length: 10_000 }, fresh)), owner, large);
    expect(found.verdict).toBe('nobody');
    expect(found.labels[0].lnP).toBeGreaterThan(Math.log(1e-3));
  });

  it('of a ring of accounts is found by the ring’s sum, or by the number that they share (seed 13)', () => {
    const fresh = uniforms(13);
    const ring = names(8).map((id) => ({ id: `ring ${id}`, tiers: ['ring'] }));
    const assignment = large.withTiers(['ring'], seededBytes(2)).withAccounts(ring, seededBytes(3));
    const members = ring.map(({ id }) => assignment.account(id));
    const marked = (numbers: readonly number[]) =>
      write(
        speak,
        numbers.map((one) => listOf(one, key)),
        { length: 4800 },
        fresh,
      );
    const own = members.map(({ number = 0 }) => marked([0, number]));
    const shared = members.map(() => marked([0, assignment.tier('ring').number]));
    const clusters = [
      { id: 'ring', accounts: ring.map(({ id }) => id) },
      ...Array.from({ length: 40 }, (_, i) => ({
        id: `cluster ${i}`,
        accounts: names(24_000).slice(8 * i, 8 * i + 8),
      })),
    ];
    const apart = pairsOf(studentOf([...own, ...others.slice(0, 5)], { length: 20_000 }, fresh));
    expect(testAccounts(apart, owner, assignment).verdict).toBe('nobody');
    const found = testClusters(apart, owner, assignment, clusters);
    expect(found).toMatchObject({ verdict: 'named', tests: 41, named: [{ id: 'ring', numbers: 8 }] });
    expect(found.named.length).toBe(1);
    const twice = testClusters(apart, owner, assignment, clusters, { partitions: 100 });
    expect(twice.lnP).toBeCloseTo(found.lnP + Math.log(100), 8);
    const together = testAccounts(
      pairsOf(studentOf([...shared, ...others.slice(0, 5)], { length: 20_000 }, fresh)),
      owner,
      assignment,
    );
    expect(together.named).toMatchObject([{ kind: 'tier', id: 'ring' }]);
    expect(together.lnP).toBeLessThan(found.lnP);
  });
});

describe('layers', () => {
  it('name the account of a text, and the owner of all texts together (seed 21)', () => {
    const next = uniforms(21);
    const [owner, key] = [listOf(0, 21, 1), 21];
    const served = Array.from({ length: 120 }, (_, i) =>
      write(speak, [owner, listOf(numberOf(large, i), key, 2)], { length: 150 }, next),
    );
    const collector = new PairCollector({ contextWidth: 2, dedup: 'context' });
    for (const text of served) collector.add(text);
    const pooled = testAccounts(collector.pairs(), owner, large);
    expect(pooled.verdict).toBe('nobody');
    expect(pooled.labels[0].lnP).toBeLessThan(Math.log(1e-12));
    const long = write(speak, [owner, listOf(numberOf(large, 7), key, 2)], { length: 1500 }, next);
    expect(testAccounts(pairsOf(long), owner, large).named.map(({ id }) => id)).toEqual(['account 7']);
  });

  it('of tiers name the tier beside the account: two numbers of one key, each with a p of its own (seed 22)', () => {
    const next = uniforms(22);
    const accounts = names(2000).map((id, i) => ({ id, tiers: [i % 2 ? 'odd' : 'even'] }));
    const assignment = Assignment.create({ epoch, tiers: ['odd', 'even'], accounts }, seededBytes(4));
    const marks = [0, assignment.tier('odd').number, numberOf(assignment, 7)].map((one) => listOf(one, 22, 1.5));
    const found = testAccounts(pairsOf(write(speak, marks, { length: 4000 }, next)), marks[0], assignment);
    expect(found.named.map(({ kind, id }) => `${kind} ${id}`).sort()).toEqual(['account account 7', 'tier odd']);
    expect(found.tests).toBe(2002);
  });
});

describe('labels', () => {
  const random = seededBytes(5);
  const accounts = [...names(400), { id: 'theirs', tenant: 'acme' }];
  const assignment = Assignment.create({ epoch, tenants: ['acme'], accounts }, random).rotated(
    { label: '2027-q1', from: '2027-01-01' },
    random,
  );
  const keys = assignment.labels().map(({ label }) => deriveKey(secretOf(31), 'greenlist', label));
  const mark = openMark({ scheme: 'greenlist' }, keys[0]);

  it('say when and under whose key: every epoch and tenant is tested, and the p corrected for all (seed 31)', () => {
    const next = uniforms(31);
    const key = keys.find(({ label }) => label === 'acme/2027-q1') as (typeof keys)[0];
    const number = assignment.account('theirs').number;
    const marks = [0, number].map((cohort) => openMark({ scheme: 'greenlist', cohort }, key));
    const found = testAccounts(pairsOf(write(speak, marks, { length: 1500 }, next)), mark, assignment, { keys });
    expect(found.tests).toBe(2 * 400 + 2 * 1);
    expect(found.named).toMatchObject([{ id: 'theirs', label: 'acme/2027-q1', kid: key.kid }]);
    expect(found.labels.filter(({ lnP }) => lnP < Math.log(1e-6)).map(({ label }) => label)).toEqual([key.label]);
    expect(found.labels.length).toBe(4);
  });

  it('are the assignment’s, or the test is refused', () => {
    const pairs = pairsOf(write(speak, [], { length: 50 }, uniforms(1)));
    expect(() => testAccounts(pairs, mark, assignment)).toThrow('"keys" expected for an assignment with tenants');
    const stranger = deriveKey(secretOf(31), 'greenlist', 'elsewhere');
    expect(() => testAccounts(pairs, mark, assignment, { keys: [stranger] })).toThrow('labels of the assignment');
    expect(() => testAccounts(pairs, mark, assignment, { keys: [] })).toThrow('at least one key');
  });
});

describe('an innocent account', () => {
  const LEVEL = 0.05;

  it('is not named more often than alpha says when the suspect learned from plain text (seed 41, rate 1e-6)', () => {
    const next = uniforms(41);
    const plain = Array.from({ length: 10 }, () => write(speak, [], { length: 1000 }, next));
    const pairs = pairsOf(studentOf(plain, { length: 3000 }, next));
    const RUNS = 300;
    const small = Assignment.create({ epoch, accounts: names(1000), range: 2048 }, seededBytes(6));
    const lnPs = Array.from({ length: RUNS }, (_, key) => testAccounts(pairs, listOf(0, 1000 + key), small).lnP);
    expect(lnPs.filter((lnP) => lnP <= Math.log(LEVEL)).length).toBeLessThanOrEqual(most(RUNS, LEVEL));
    // Control: the best one's p without the correction alarms far more often.
    const raw = lnPs.filter((lnP) => lnP - Math.log(1000) <= Math.log(LEVEL)).length;
    expect(raw).toBeGreaterThan(most(RUNS, LEVEL));
  });

  it('is not named more often when it learned from other accounts of the same key (seed 42, rate 1e-6)', () => {
    const RUNS = 150;
    const small = Assignment.create({ epoch, accounts: names(1000), range: 2048 }, seededBytes(7));
    const authors = new Set(names(2));
    let [alarms, found] = [0, 0];
    for (let run = 0; run < RUNS; run++) {
      const next = uniforms(4200 + run);
      const texts = [...authors].map((_, i) =>
        write(speak, [listOf(numberOf(small, i), 2000 + run, 3)], { length: 1200 }, next),
      );
      const student = studentOf(texts, { length: 2000 }, next);
      const { best } = testAccounts(pairsOf(student), listOf(0, 2000 + run), small, { top: 5 });
      const innocent = best.find(({ id }) => !authors.has(id));
      if (innocent && innocent.lnP <= Math.log(LEVEL)) alarms++;
      if (authors.has(best[0].id) && best[0].lnP <= Math.log(LEVEL)) found++;
    }
    expect(alarms).toBeLessThanOrEqual(most(RUNS, LEVEL));
    // Control: the students did learn the marks.
    expect(found).toBeGreaterThan(RUNS / 2);
  });

  it('ranks anywhere among the numbers that nobody has, over the draw of its own number (seed 43, rate 1e-4)', () => {
    const next = uniforms(43);
    const student = studentOf([write(speak, [listOf(77, 43, 3)], { length: 4000 }, next)], { length: 2000 }, next);
    const pairs = pairsOf(student);
    const ps = Array.from({ length: 1000 }, (_, seed) => {
      const assignment = Assignment.create({ epoch, accounts: ['innocent'], range: 128 }, seededBytes(seed));
      const { atLeast, count } = testAccounts(pairs, listOf(0, 43), assignment).best[0].rank;
      return atLeast / count;
    });
    expect(ksUniform(ps).lnPTooSmall).toBeGreaterThan(Math.log(1e-4));
    const first = ps.filter((p) => p <= 1 / 127).length;
    expect(first).toBeLessThanOrEqual(binomialBand(1000, 1 / 127, 1 - 2e-4)[1]);
  });

  it('is not named where a number that nobody has scores as high, however small its p (seed 44)', () => {
    const next = uniforms(44);
    const number = numberOf(large, 3);
    const [stranger] = large.unassigned();
    const marks: Mark[] = [listOf(number, 44, 1.5), listOf(stranger, 44, 3)];
    const found = testAccounts(pairsOf(write(speak, marks, { length: 6000 }, next)), marks[0] as never, large);
    expect(found.best[0]).toMatchObject({ id: 'account 3', rank: { atLeast: 2 } });
    expect(found.lnP).toBeLessThan(Math.log(1e-6));
    expect(found.verdict).toBe('nobody');
  });
});

describe('the sum over the numbers of a cluster', () => {
  const LEVEL = 0.05;
  const members = names(6);
  const small = Assignment.create({ epoch, accounts: names(12), range: 32 }, seededBytes(8));
  const cluster = [{ id: 'c', accounts: members }];
  const text = write(speak, [], { length: 400 }, uniforms(51));

  /** A p that is uniform where the law is exact: P[S > s] + U P[S = s]. */
  const randomised = (score: number, n: number, u: number) => {
    const law = { law: 'binomial', trials: 1, p: 1 / 4 } as const;
    const [above, at] = [Math.exp(lnTail(law, score + 1, n)), Math.exp(lnTail(law, score, n))];
    return Math.min(1, above + u * (at - above));
  };

  it('has exactly the law of as many scores, over keys that had no part in the text (seed 51, rate 1e-4)', () => {
    const next = uniforms(52);
    const pairs = pairsOf(text);
    const sums = Array.from({ length: 2000 }, (_, key) => {
      const [{ score, numbers }] = testClusters(pairs, listOf(0, 5000 + key), small, cluster).best;
      return randomised(score, numbers * pairs.n, next());
    });
    expect(ksUniform(sums).lnP).toBeGreaterThan(Math.log(1e-4));
    // Control: one number counted six times is no sum of independent scores.
    const copies = Array.from({ length: 2000 }, (_, key) => {
      const { score, n } = detectPairs(pairs, listOf(numberOf(small, 0), 5000 + key));
      return randomised(6 * score, 6 * n, next());
    });
    expect(ksUniform(copies).lnP).toBeLessThan(Math.log(1e-4));
  });

  it('stays below it where accounts outside the cluster wrote, in texts and in students (seed 53, rate 1e-6)', () => {
    const RUNS = 200;
    const alarms = { text: 0, student: 0 };
    for (let run = 0; run < RUNS; run++) {
      const next = uniforms(5300 + run);
      const owner = listOf(0, 6000 + run);
      const texts = [8, 9, 10].map((i) =>
        write(speak, [listOf(numberOf(small, i), 6000 + run, 3)], { length: 400 }, next),
      );
      for (const [kind, written] of [
        ['text', texts[0]],
        ['student', studentOf(texts, { length: 800 }, next)],
      ] as const) {
        if (testClusters(pairsOf(written), owner, small, cluster).lnP <= Math.log(LEVEL)) alarms[kind]++;
      }
    }
    expect(alarms.text).toBeLessThanOrEqual(most(RUNS, LEVEL));
    expect(alarms.student).toBeLessThanOrEqual(most(RUNS, LEVEL));
  });

  it('refuses an account in two clusters, an unknown one, and a cluster without numbers', () => {
    const pairs = pairsOf(text);
    const attempt = (...accounts: string[][]) =>
      testClusters(
        pairs,
        listOf(0, 1),
        small,
        accounts.map((ids, i) => ({ id: `${i}`, accounts: ids })),
      );
    expect(() => attempt(['account 1'], ['account 1'])).toThrow('each account in one cluster');
    expect(() => attempt(['nobody'])).toThrow('"account" expected one of the assignment');
    expect(() => attempt([])).toThrow('accounts with numbers of their own');
  });
});

describe('pairs', () => {
  it('count each context once, or are refused; so is a mark without context', () => {
    const text = write(speak, [], { length: 100 }, uniforms(1));
    const all = distinctPairs(text, { contextWidth: 2 });
    expect(() => testAccounts(all, listOf(0, 1), large)).toThrow(`"pairs" expected dedup 'context'`);
    const fixed = openMark({ scheme: 'greenlist', contextWidth: 0 }, secretOf(1));
    expect(() => testAccounts(all, fixed, large)).toThrow('"mark" expected contextWidth of at least 1');
  });
});
