/** Assignments: numbers, labels, files, and what the serving side is told. */
import { createHash } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { deriveKey, exportKey, exportSecret, openMark, type Scheme } from '@taggant/core';
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { always, lnChiSquare, secretOf } from '../../../core/test/support.ts';
import { Assignment, servedMarks } from '../../src/accounts/index.ts';
import { readAssignmentFile, writeAssignmentFile, writeServedMarks } from '../../src/files/assignment-file.ts';
import { seededBytes } from './support.ts';

const epoch = { label: '2026-q4', from: '2026-10-01T00:00:00Z' };
const names = (count: number, prefix = 'account') => Array.from({ length: count }, (_, i) => `${prefix} ${i}`);
const numbersOf = ({ accounts, tiers }: Assignment) => [...tiers, ...accounts].flatMap(({ number }) => number ?? []);

describe('numbers', () => {
  const large = Assignment.create({ epoch, accounts: names(24_000) }, seededBytes(1));

  it('of 24,000 accounts are distinct, and less than half of 2^16; 0 stays the owner’s', () => {
    const numbers = new Set(numbersOf(large));
    expect([large.range, numbers.size]).toEqual([2 ** 16, 24_000]);
    const free = large.unassigned();
    expect(free.length).toBe(2 ** 16 - 1 - 24_000);
    expect(free.some((number) => numbers.has(number) || number === 0)).toBe(false);
  });

  it('are drawn evenly from the whole range, in no order (seed 1, rate 1e-4)', () => {
    for (const accounts of [large.accounts, large.accounts.slice(0, 6000)]) {
      const counts = new Array<number>(64).fill(0);
      for (const { number = 0 } of accounts) counts[number >> 10]++;
      expect(lnChiSquare(counts, new Array(64).fill(1 / 64))).toBeGreaterThan(Math.log(1e-4));
    }
  });

  it('stay what they are and are never given twice, whatever joins and rotates', () => {
    always(
      [fc.array(fc.constantFrom('accounts', 'tiers', 'epoch'), { maxLength: 12 }), fc.integer()],
      (steps, seed) => {
        const random = seededBytes(seed);
        let now = Assignment.create({ epoch, range: 256 }, random);
        steps.forEach((step, i) => {
          const before = now;
          if (step === 'accounts') now = now.withAccounts(names(3, `step ${i}`), random);
          if (step === 'tiers') now = now.withTiers([`tier ${i}`], random);
          if (step === 'epoch') now = now.rotated({ label: `epoch ${i}`, from: `20${50 + i}-01-01` }, random);
          expect(now.accounts.slice(0, before.accounts.length)).toEqual(before.accounts);
          expect(now.tiers.slice(0, before.tiers.length)).toEqual(before.tiers);
          expect(new Set(numbersOf(now)).size).toBe(numbersOf(now).length);
        });
      },
    );
  });

  it('run out before half of the range is in use, and a broken source of randomness is noticed', () => {
    expect(() => Assignment.create({ epoch, accounts: names(8), range: 16 }, seededBytes(1))).toThrow(
      '"range" expected at least twice the numbers in use, 18, got 16',
    );
    expect(Assignment.create({ epoch, accounts: names(7), range: 16 }, seededBytes(1)).accounts.length).toBe(7);
    const zeros = (length: number) => new Uint8Array(length);
    expect(() => Assignment.create({ epoch, accounts: names(2) }, zeros)).toThrow('"random" expected random bytes');
    expect(() => Assignment.create({ epoch }, () => new Uint8Array(3))).toThrow('a Uint8Array of 32 bytes');
  });

  it('may be shared: an account without its own has those of its tiers', () => {
    const shared = { tiers: ['ring'], own: false };
    const accounts = [{ id: 'a', ...shared }, { id: 'b', ...shared }, 'c'];
    const assignment = Assignment.create({ epoch, tiers: ['ring', 'unused'], accounts }, seededBytes(2));
    expect(assignment.account('a').number).toBeUndefined();
    expect(assignment.holders().map(({ kind, id }) => `${kind} ${id}`)).toEqual(['tier ring', 'account c']);
    expect(assignment.accountsOf(assignment.holders()[0]).map(({ id }) => id)).toEqual(['a', 'b']);
    expect(() => Assignment.create({ epoch, accounts: [{ id: 'a', own: false }] }, seededBytes(2))).toThrow(
      '"assignment.accounts[0]" expected a number of its own or a tier',
    );
  });
});

describe('labels', () => {
  const random = seededBytes(3);
  const assignment = Assignment.create({ epoch, tenants: ['acme'], accounts: ['a'] }, random).rotated(
    { label: '2027-q1', from: '2027-01-01T00:00:00Z' },
    random,
  );

  it('mark from their beginning to the next one’s', () => {
    const at = (time: string, tenant?: string) => assignment.labelAt(new Date(time), tenant).label;
    expect(at('2026-10-01T00:00:00Z')).toBe('2026-q4');
    expect(at('2026-12-31T23:59:59.999Z')).toBe('2026-q4');
    expect(at('2027-01-01T00:00:00Z')).toBe('2027-q1');
    expect(at('2030-01-01', 'acme')).toBe('acme/2027-q1');
    expect(() => at('2026-09-30')).toThrow('"time" expected in an epoch');
    expect(assignment.labels().map(({ label, until }) => [label, until])).toEqual([
      ['2026-q4', '2027-01-01T00:00:00Z'],
      ['acme/2026-q4', '2027-01-01T00:00:00Z'],
      ['2027-q1', undefined],
      ['acme/2027-q1', undefined],
    ]);
  });

  it('rotate forward only, and never come again', () => {
    const rotate = (label: string, from: string) => () => assignment.rotated({ label, from }, random);
    expect(rotate('x', '2026-11-01')).toThrow('"assignment.epochs[2]" expected to begin after the one before it');
    expect(rotate('2026-q4', '2028-01-01')).toThrow('"assignment.epochs[2].label" expected a new one');
    expect(rotate('x', '2028-01-01T00:00')).toThrow('ISO 8601 instant with its time zone');
    expect(rotate('acme/x', '2028-01-01')).toThrow('without a slash');
  });
});

describe('the file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'assignment-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const random = seededBytes(4);
  const tenants = ['acme'];
  const accounts = [{ id: 'ada', tiers: ['plus'] }, { id: 'bob', tenant: 'acme' }, 'eve'];
  const assignment = Assignment.create({ epoch, tenants, tiers: ['plus'], accounts }, random);

  it('comes back whole, mode 600, and is refused when others may read it', () => {
    const path = join(folder, 'assignment.json');
    writeAssignmentFile(path, assignment);
    expect(readAssignmentFile(path).print()).toBe(assignment.print());
    expect(statSync(path).mode & 0o777).toBe(0o600);
    chmodSync(path, 0o640);
    expect(() => readAssignmentFile(path)).toThrow('expected mode 600, got 640');
    expect(readdirSync(folder)).toEqual(['assignment.json']);
  });

  it('that could not be written whole is not written at all', () => {
    const path = join(folder, 'served.jsonl');
    writeFileSync(path, 'before');
    const broken = (function* () {
      yield* servedMarks(assignment, {}, (scheme, label) => deriveKey(secretOf(1), scheme, label), new Date());
      throw new Error('no more');
    })();
    expect(() => writeServedMarks(path, broken)).toThrow('no more');
    expect(readFileSync(path, 'utf8')).toBe('before');
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('has a commitment that hangs on everything in it, and on nothing about its layout', () => {
    const content = JSON.parse(assignment.print());
    const expected = createHash('sha256')
      .update(`taggant/assignment/1${canonicalize(content)}`)
      .digest('hex');
    expect(assignment.commitment()).toBe(expected);
    const { salt, ...rest } = content;
    expect(Assignment.parse(JSON.stringify({ ...rest, salt })).commitment()).toBe(expected);
    const others = [
      { ...content, salt: salt.replace(/^./, salt[0] === '0' ? '1' : '0') },
      { ...content, accounts: content.accounts.slice(1) },
      { ...content, range: 2 * content.range },
    ];
    for (const other of others) expect(Assignment.parse(JSON.stringify(other)).commitment()).not.toBe(expected);
    // The salt is drawn anew with every change: an opened commitment tells nothing of what came later.
    expect(JSON.parse(assignment.withAccounts(['zoe'], random).print()).salt).not.toBe(salt);
  });

  it('that is damaged is refused, and what stands in it is not shown', () => {
    const content = JSON.parse(assignment.print());
    const number = content.accounts[0].number;
    const [first, ...others] = content.accounts;
    const damaged: [unknown, string][] = [
      [[], '"assignment" expected an object, got an array'],
      [{ ...content, topsecret: 1 }, 'unknown field text of length 9 in "assignment"'],
      [{ ...content, assignment: 'taggant/2' }, 'expected taggant/1, got text of length 9'],
      [{ ...content, salt: 'topsecret' }, 'salt" expected 64'],
      [{ ...content, range: 65_537 }, 'a power of two'],
      [{ ...content, epochs: [] }, 'epochs" expected at least one entry'],
      [{ ...content, tenants: ['a/b'] }, 'without a slash'],
      [
        { ...content, accounts: [first, first] },
        'accounts[1].id" expected a new one, got that of "assignment.accounts[0].id"',
      ],
      [{ ...content, accounts: [first, { ...others[1], number }] }, 'accounts[1].number" expected a new one'],
      [{ ...content, accounts: [{ ...first, number: 0 }] }, 'an integer from 1 to 65535, got a number'],
      [{ ...content, accounts: [{ ...first, number: content.range }] }, 'an integer from 1 to 65535'],
      [{ ...content, accounts: [{ ...first, tiers: ['topsecret'] }] }, 'tiers of the assignment'],
      [{ ...content, accounts: [{ ...first, tenant: 'topsecret' }] }, 'a tenant of the assignment'],
      [{ ...content, tiers: content.tiers.concat(content.tiers) }, 'tiers[1].id" expected a new one'],
      [{ ...content, tiers: undefined }, '"assignment.tiers" expected a list, got nothing'],
    ];
    const attempts = [
      ...damaged.map(([value, message]) => [JSON.stringify(value), message]),
      ['{topsecret', '"assignment" expected JSON'],
    ];
    for (const [text, message] of attempts) {
      const attempt = () => Assignment.parse(text);
      expect(attempt).toThrow(message);
      try {
        attempt();
      } catch (error) {
        expect(inspect(error)).not.toMatch(new RegExp(`topsecret|${salt(content)}|\\b${number}\\b`));
      }
    }
  });

  it('that is wrong in any one place, in any way, is refused without a word of what stands there', () => {
    const content = JSON.parse(assignment.print());
    const wrong = [
      'topsecret',
      'top/secret',
      '',
      '\ud800',
      987_654,
      -987_654,
      true,
      null,
      ['topsecret'],
      { topsecret: 1 },
    ];
    let refused = 0;
    for (const place of placesOf(content)) {
      for (const value of wrong) {
        const text = JSON.stringify(replaced(content, place, value));
        try {
          Assignment.parse(text);
        } catch (error) {
          refused++;
          expect(inspect(error), place.join('.')).not.toMatch(/top.?secret|987654/);
        }
      }
    }
    expect(refused).toBeGreaterThan(200);
  });

  const salt = (content: { salt: string }) => content.salt;

  it('is the only place where numbers are: neither a log nor JSON shows them', () => {
    for (const text of [inspect(assignment, { depth: 9 }), JSON.stringify(assignment), String(assignment)]) {
      for (const { number, id } of assignment.accounts) expect(text).not.toMatch(new RegExp(`${number}|${id}`));
    }
  });
});

describe('the serving side', () => {
  const secret = secretOf(5);
  const keyOf = (scheme: Scheme, label: string) => deriveKey(secret, scheme, label);
  const accounts = [
    { id: 'ada', tiers: ['plus', 'eu'] },
    { id: 'bob', tenant: 'acme' },
    { id: 'eve', tiers: ['plus'], own: false },
  ];
  const assignment = Assignment.create({ epoch, tenants: ['acme'], tiers: ['plus', 'eu'], accounts }, seededBytes(5));
  const layers = {
    owner: { scheme: 'greenlist', delta: 2 },
    tier: { scheme: 'greenlist', delta: 1 },
    account: { scheme: 'greenlist', delta: 1.5 },
  } as const;
  const time = new Date('2026-11-01');
  const served = [...servedMarks(assignment, layers, keyOf, time)];

  it('is told each account’s marks: owner, tiers, account, each under the key of its label', () => {
    const cohorts = served.map(({ account, label, marks }) => [account, label, marks.map(({ cohort }) => cohort)]);
    const [ada, bob] = ['ada', 'bob'].map((id) => assignment.account(id).number);
    const [plus, eu] = ['plus', 'eu'].map((id) => assignment.tier(id).number);
    expect(cohorts).toEqual([
      ['ada', '2026-q4', [0, plus, eu, ada]],
      ['bob', 'acme/2026-q4', [0, bob]],
      ['eve', '2026-q4', [0, plus]],
    ]);
    for (const { label, marks } of served)
      for (const mark of marks) expect(openMark(mark, keyOf('greenlist', label)).descriptor).toEqual(mark);
  });

  it('is told no key and no secret', () => {
    const text = JSON.stringify(served);
    for (const { label } of served) expect(text).not.toContain(exportKey(keyOf('greenlist', label)));
    expect(text).not.toContain(exportSecret(secret));
    expect(JSON.stringify(served[0])).toContain('"kid"');
  });

  it('gets 24,000 accounts a line each, and may ask for three', () => {
    const large = Assignment.create({ epoch, accounts: names(24_000) }, seededBytes(6));
    let lines = 0;
    for (const { marks } of servedMarks(large, layers, keyOf, time)) lines += marks.length / 2;
    expect(lines).toBe(24_000);
    expect([...servedMarks(large, layers, keyOf, time, large.accounts.slice(0, 3))].length).toBe(3);
    expect(() => [...servedMarks(large, { owner: { scheme: 'greenlist', cohort: 3 } }, keyOf, time)]).toThrow(
      '"layers.owner" expected a mark without cohort and kid',
    );
  });
});

/** The path of every value within a value, and of one more in each object. */
function placesOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  const inside = Object.entries(value).flatMap(([field, part]) => placesOf(part, [...path, field]));
  return [path, ...inside, ...(Array.isArray(value) ? [] : [[...path, 'topsecret']])];
}

/** The same with another value at a path. */
function replaced(whole: unknown, [field, ...rest]: readonly string[], value: unknown): unknown {
  if (field === undefined) return value;
  const copy = Array.isArray(whole) ? [...whole] : { ...(whole as object) };
  Object.assign(copy, { [field]: replaced((whole as Record<string, unknown>)[field], rest, value) });
  return copy;
}
