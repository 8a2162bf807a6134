import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import {
  deriveKey,
  EngineKey,
  exportEngineKey,
  type KeyEntry,
  Keyring,
  type KeyStatus,
  type NativeKeyEntry,
  type Scheme,
  type Validity,
} from '@taggant/core';
import { readKeyringFile, writeKeyringFile } from '@taggant/core/keyring-file';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { always, secretOf } from './support.ts';

const entry = (
  number: number,
  options: Partial<Validity> & { scheme?: Scheme; label?: string } = {},
): NativeKeyEntry => {
  const { scheme = 'greenlist', label = '', ...rest } = options;
  const secret = secretOf(number);
  return { key: deriveKey(secret, scheme, label), secret, status: 'active', ...rest };
};
const now = new Date('2026-06-01T00:00:00Z');

describe('print and parse', () => {
  it('any keyring survives', () => {
    const instant = fc.option(
      fc.date({ min: new Date('2000'), max: new Date('2100'), noInvalidDate: true }).map((date) => date.toISOString()),
      { nil: undefined },
    );
    const one = fc.record({
      number: fc.nat(),
      scheme: fc.constantFrom<Scheme>('greenlist', 'gumbel', 'tournament'),
      label: fc.string({ unit: 'grapheme' }),
      status: fc.constantFrom<KeyStatus>('active', 'detect-only', 'retired'),
      notBefore: instant,
      notAfter: instant,
    });
    always(
      [fc.uniqueArray(one, { selector: ({ number, scheme, label }) => `${number} ${scheme} ${label}`, maxLength: 4 })],
      (keys) => {
        const keyring = new Keyring(keys.map(({ number, ...options }) => entry(number, options)));
        const again = Keyring.parse(keyring.print());
        expect(again.print()).toBe(keyring.print());
        expect(again.toJSON()).toEqual(keyring.toJSON());
      },
      50,
    );
  });

  const good = JSON.parse(new Keyring([entry(1)]).print());
  const changed = (change: Record<string, unknown>) => ({ ...good, keys: [{ ...good.keys[0], ...change }] });
  it.each([
    ['text that is no JSON', 'nonsense', /expected a JSON object: the file is damaged/],
    ['a file cut in half', JSON.stringify(good).slice(0, 80), /damaged/],
    ['an empty file', '', /damaged/],
    ['null', null, /damaged/],
    ['another version', { ...good, keyring: 'taggant/2' }, /expected "keyring": "taggant\/1"/],
    ['no version', { keys: [] }, /expected "keyring"/],
    ['no keys', { keyring: 'taggant/1' }, /expected an array "keys"/],
    ['keys as object', { ...good, keys: {} }, /expected an array "keys"/],
    ['null for a key', { ...good, keys: [null] }, /keys\[0\] expected an object/],
    ['a wrong kid', changed({ kid: '0123456789abcdef' }), /keys\[0\] is damaged: its secret gives kid [0-9a-f]{16}/],
    ['no kid', changed({ kid: undefined }), /is damaged/],
    ['a short secret', changed({ secret: 'AAAA' }), /"secret" expected at least 32 bytes, got 3/],
    ['no secret', changed({ secret: undefined }), /"secret" expected base64url, got a value of type undefined/],
    ['no label', changed({ label: undefined }), /keys\[0\].label expected a string/],
    ['no scheme', changed({ scheme: undefined }), /keys\[0\].scheme expected one of greenlist, gumbel, tournament/],
    ['another scheme', changed({ scheme: 'gumbel' }), /is damaged/],
    ['no status', changed({ status: undefined }), /expected a status of active, detect-only, retired/],
    ['a status of our own', changed({ status: 'on' }), /expected a status/],
    ['a misspelt validity', changed({ notafter: '2020-01-01' }), /unknown field/],
    ['a day that is no day', changed({ notAfter: '2020-13-01' }), /expected "notAfter" as an ISO 8601 instant/],
    ['a date in words', changed({ notAfter: 'March 7' }), /ISO 8601/],
    ['a time without its zone', changed({ notBefore: '2020-01-01T00:00' }), /ISO 8601/],
    ['a number for a date', changed({ notBefore: 1 }), /ISO 8601/],
    ['the same kid twice', { ...good, keys: [good.keys[0], good.keys[0]] }, /holds kid [0-9a-f]{16} twice/],
  ])('refuses %s', (_, file, message) => {
    expect(() => Keyring.parse(typeof file === 'string' ? file : JSON.stringify(file))).toThrow(message);
  });

  it('"__proto__" in a file changes nothing and nobody', () => {
    const text = JSON.stringify(good).replace('"kid"', '"__proto__": {"status": "active", "polluted": 1}, "kid"');
    expect(() => Keyring.parse(text)).toThrow(TypeError);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it("refuses an entry whose secret is not its key's: the file could not be read back", () => {
    expect(() => new Keyring([{ ...entry(1), secret: secretOf(2) }])).toThrow(/expected its own secret/);
  });
});

describe('a keyring', () => {
  it('is a value: with and withStatus give new ones, and nobody changes the old', () => {
    const keyring = new Keyring([entry(1)]);
    const kid = entry(1).key.kid;
    expect(
      keyring
        .with(entry(2))
        .withStatus(kid, 'retired')
        .entries.map(({ status }) => status),
    ).toEqual(['retired', 'active']);
    expect(keyring.entries.map(({ status }) => status)).toEqual(['active']);
    expect(() => (keyring.entries as KeyEntry[]).push(entry(3))).toThrow(TypeError);
    expect(() => Object.assign(keyring.entries[0], { status: 'retired' })).toThrow(TypeError);
    expect(() => Object.assign(keyring.entries[0].key, { scheme: 'gumbel' })).toThrow(TypeError);
    expect(() => keyring.with(entry(1))).toThrow(/twice/);
    expect(() => keyring.withStatus(kid, 'on' as never)).toThrow(/expected a status/);
    expect(() => keyring.withStatus('0123456789abcdef', 'retired')).toThrow(
      `keyring holds no key 0123456789abcdef (it has ${kid})`,
    );
    expect(() => new Keyring().find('0123456789abcdef')).toThrow('holds no key 0123456789abcdef (it has none)');
    expect(() => keyring.find('mine')).toThrow(/a kid expected 16 lower-case hex digits, got /);
  });

  const statuses: [KeyStatus, boolean, boolean][] = [
    ['active', true, true],
    ['detect-only', false, true],
    ['retired', false, false],
  ];
  it.each(statuses)(
    'a key that is %s: found for marking %s, for detection %s; a kid finds it for detection',
    (status, marks, detects) => {
      const keyring = new Keyring([entry(1, { status })]);
      const { kid } = entry(1).key;
      const finds = (find: () => unknown) => {
        try {
          return find() === keyring.entries[0].key;
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
          return false;
        }
      };
      expect(finds(() => keyring.forMarking('greenlist', undefined, now))).toBe(marks);
      expect(finds(() => keyring.forMarking('greenlist', kid, now))).toBe(marks);
      expect(finds(() => keyring.forDetection('greenlist'))).toBe(detects);
      expect(finds(() => keyring.forDetection('greenlist', kid))).toBe(true);
    },
  );

  it('never guesses between two keys, nor takes a key of another scheme', () => {
    const keyring = new Keyring([entry(1), entry(2), entry(3, { scheme: 'gumbel' })]);
    expect(() => keyring.forMarking('greenlist', undefined, now)).toThrow(/got 2 such keys/);
    expect(() => keyring.forDetection('greenlist')).toThrow(/got 2 such keys/);
    expect(() => keyring.forDetection('tournament')).toThrow(/got 0 such keys/);
    const { kid } = entry(1).key;
    expect(keyring.forDetection('greenlist', kid).kid).toBe(kid);
    expect(() => keyring.forDetection('gumbel', kid)).toThrow(`key ${kid} expected scheme gumbel, got greenlist`);
    expect(() => keyring.forMarking('gumbel', kid, now)).toThrow(RangeError);
    expect(keyring.forMarking('gumbel', undefined, now).scheme).toBe('gumbel');
  });

  it('marks within the validity only, ends included, and detects at any time', () => {
    const [notBefore, notAfter] = ['2026-01-01T00:00:00Z', '2026-12-31T23:59:59+00:00'];
    const keyring = new Keyring([entry(1, { notBefore, notAfter })]);
    const at = (instant: string) => () => keyring.forMarking('greenlist', undefined, new Date(instant));
    for (const inside of [notBefore, notAfter, '2026-06-01']) at(inside)();
    expect(at('2025-12-31T23:59:59.999Z')).toThrow(`may not mark before ${notBefore}`);
    expect(at('2027-01-01')).toThrow(`may not mark after ${notAfter}`);
    expect(at('no date')).toThrow('"now" expected a valid date');
    keyring.forDetection('greenlist');
  });
});

describe('keyring files', () => {
  const folder = () => mkdtempSync(join(tmpdir(), 'taggant-keyring-'));
  const keyring = new Keyring([entry(1)]);

  it('are written with mode 0600, whatever was there, and read back', () => {
    const path = join(folder(), 'keys.json');
    writeFileSync(path, 'old', { mode: 0o644 });
    const umask = process.umask(0);
    try {
      writeKeyringFile(path, keyring);
    } finally {
      process.umask(umask);
    }
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, 'utf8')).toBe(keyring.print());
    expect(readKeyringFile(path).print()).toBe(keyring.print());
    expect(readdirSync(join(path, '..'))).toEqual(['keys.json']);
  });

  it('are written whole, though they be large', () => {
    const path = join(folder(), 'keys.json');
    const large = new Keyring(Array.from({ length: 3000 }, (_, i) => entry(i)));
    writeKeyringFile(path, large);
    expect(readFileSync(path, 'utf8')).toBe(large.print());
  });

  it('leave the old file and no other when they cannot be written', () => {
    const directory = folder();
    mkdirSync(join(directory, 'keys.json'));
    mkdirSync(join(directory, 'keys.json', 'inside'));
    expect(() => writeKeyringFile(join(directory, 'keys.json'), keyring)).toThrow();
    expect(readdirSync(directory)).toEqual(['keys.json']);
    expect(() => writeKeyringFile(join(directory, 'missing', 'keys.json'), keyring)).toThrow(/ENOENT/);
  });

  it.each([0o644, 0o640, 0o604, 0o622, 0o610])('of mode %o are refused unless told otherwise', (mode) => {
    const path = join(folder(), 'keys.json');
    writeKeyringFile(path, keyring);
    chmodSync(path, mode);
    expect(() => readKeyringFile(path)).toThrow(`expected mode 600, got ${mode.toString(8)}: run chmod 600 on it`);
    expect(readKeyringFile(path, { allowReadableByOthers: true }).print()).toBe(keyring.print());
  });

  it('are refused through a link, too, when what it points to is open to others', () => {
    const directory = folder();
    writeFileSync(join(directory, 'open.json'), keyring.print());
    chmodSync(join(directory, 'open.json'), 0o644);
    symlinkSync(join(directory, 'open.json'), join(directory, 'link.json'));
    expect(() => readKeyringFile(join(directory, 'link.json'))).toThrow(/mode 600/);
  });

  it('missing, or a folder: an error that names the path', () => {
    const directory = folder();
    expect(() => readKeyringFile(join(directory, 'none.json'))).toThrow(/ENOENT.*none\.json/);
    expect(() => readKeyringFile(directory, { allowReadableByOthers: true })).toThrow(/EISDIR/);
  });
});

describe("another engine's key", () => {
  const fields = { hashing_key: '12345678901234567890', more: [1, '2'] };
  const key = new EngineKey('hf/greenlist', fields, { label: 'served' });
  const keyring = new Keyring([entry(1), { key, status: 'active', notAfter: '2026-12-31' }]);

  it('survives the file beside native keys, and completes a configuration', () => {
    const read = Keyring.parse(keyring.print());
    expect(read.print()).toBe(keyring.print());
    const found = read.engineKeyForDetection('hf/greenlist');
    expect([found.kid, found.label, exportEngineKey(found)]).toEqual([key.kid, 'served', fields]);
    expect(read.forDetection('greenlist').kid).toBe(entry(1).key.kid);
  });

  it('shows itself nowhere else', () => {
    for (const text of [inspect(keyring, { depth: 9 }), JSON.stringify(keyring), inspect(key), JSON.stringify(key)]) {
      expect(text).not.toContain('1234567890123456789');
    }
  });

  it('has a kid that is not made from it: the same key comes under another one each time', () => {
    expect(new EngineKey('hf/greenlist', fields).kid).not.toBe(key.kid);
    expect(key.kid).toMatch(/^[0-9a-f]{16}$/);
  });

  it('marks only while it may, and only as the mark that it is for', () => {
    expect(keyring.engineKeyForMarking('hf/greenlist', key.kid, now)).toBe(key);
    expect(() => keyring.engineKeyForMarking('hf/greenlist', undefined, new Date('2027-06-01'))).toThrow(
      'may not mark after',
    );
    expect(() => keyring.engineKeyForDetection('vllm/sbw', key.kid)).toThrow(
      'expected one of vllm/sbw, got hf/greenlist',
    );
    expect(() => keyring.engineKeyForDetection('vllm/sbw')).toThrow('got 0 such keys');
    expect(() => keyring.forDetection('greenlist', key.kid)).toThrow('expected scheme greenlist, got hf/greenlist');
    const retired = keyring.withStatus(key.kid, 'retired');
    expect(() => retired.engineKeyForMarking('hf/greenlist', key.kid, now)).toThrow('expected status active');
    expect(retired.engineKeyForDetection('hf/greenlist', key.kid)).toBe(key);
  });

  it.each([
    [{ mark: 'taggant/1' }, /"mark" expected an engine's/],
    [{ fields: {} }, /expected at least one key field/],
    [{ fields: { hashing_key: 'hunter2' } }, /expected integers/],
    [{ kid: 'x' }, /"kid" expected 16/],
    [{ label: 7 }, /"label" expected a string/],
    [{ secret: 'x' }, /unknown field/],
  ])('is refused from a damaged file: %o', (change, message) => {
    const file = JSON.parse(keyring.print());
    file.keys[1] = { ...file.keys[1], ...change };
    expect(() => Keyring.parse(JSON.stringify(file))).toThrow(message);
    expect(() => Keyring.parse(JSON.stringify(file))).not.toThrow('hunter2');
  });
});
