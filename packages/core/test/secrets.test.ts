/** No key material in anything that core prints, before or after use. */
import { randomBytes } from 'node:crypto';
import {
  deriveKey,
  distinctPairs,
  exportKey,
  exportSecret,
  importKey,
  Keyring,
  MarkKey,
  openMark,
  parseDescriptor,
  SCHEMES,
  Secret,
} from '@taggant/core';
import { describe, expect, it } from 'vitest';
import { errorOf, leaksIn } from './leaks.ts';
import { naiveKey } from './naive.ts';

// Random: bytes that look like text or like small numbers could hide in a print.
const master = Uint8Array.from(randomBytes(40));
const secret = Secret.fromBytes(master);
const material = [
  master,
  ...SCHEMES.flatMap((scheme) => [naiveKey(master, scheme), naiveKey(master, scheme, 'tenant')]),
];
const hex = Buffer.from(master).toString('hex');
const base64Url = Buffer.from(master).toString('base64url');

describe('the scanner', () => {
  const plants: [string, unknown][] = [
    ['hex', { note: `key ${hex}` }],
    ['eight bytes of hex', { note: hex.slice(10, 26) }],
    ['upper-case hex', hex.toUpperCase()],
    ['base64url', new Error(base64Url)],
    ['base64', new Error('outer', { cause: new Error(Buffer.from(master).toString('base64')) })],
    ['a part of base64url at any alignment', base64Url.slice(7, 23)],
    ['a Uint8Array', { key: master }],
    ['a Uint8Array in a JSON text', JSON.stringify({ key: master })],
    ['a Buffer', { key: Buffer.from(master) }],
    ['eight bytes of an array', [...master.subarray(3, 11)]],
    ['words', { words: new Uint32Array(master.slice().buffer) }],
    ['a hidden property', Object.defineProperty({}, 'key', { value: master })],
    ['a symbol property', { [Symbol('key')]: master }],
    [
      'a getter',
      {
        get key() {
          return hex;
        },
      },
    ],
    ['a Map', new Map([['key', master]])],
    ['a derived key', { key: material[1] }],
  ];
  it.each(plants)('control: finds a planted leak as %s', (_, planted) => {
    expect(leaksIn(planted, material)).not.toEqual([]);
  });

  it('control: finds none in other random bytes', () => {
    expect(leaksIn({ a: randomBytes(400).toString('hex'), b: randomBytes(400) }, material)).toEqual([]);
  });
});

describe('core objects', () => {
  const entry = { key: deriveKey(secret, 'greenlist', 'tenant'), secret, status: 'active' as const };
  const keyring = new Keyring([entry, ...SCHEMES.map((scheme) => ({ ...entry, key: deriveKey(secret, scheme) }))]);
  const marks = SCHEMES.map((scheme) => openMark({ scheme }, secret));
  const objects: [string, unknown][] = [
    ['Secret', secret],
    ['KeyEntry', entry],
    ['Keyring', keyring],
    ['entries', keyring.entries],
    ...SCHEMES.map((scheme): [string, unknown] => [`MarkKey ${scheme}`, deriveKey(secret, scheme)]),
    ...marks.map((mark): [string, unknown] => [`Mark ${mark.descriptor.scheme}`, mark]),
  ];

  it.each(objects)('%s shows none', (_, object) => {
    expect(leaksIn(object, material)).toEqual([]);
    expect(leaksIn({ nested: [object] }, material)).toEqual([]);
  });

  it.each(marks.map((mark) => [mark.descriptor.scheme, mark] as const))('Mark %s shows none after use', (_, mark) => {
    mark.apply(Uint32Array.of(1, 2, 3, 4), new Float32Array(1000));
    mark.score(distinctPairs([1, 2, 3, 4, 5, 6], { contextWidth: mark.contextWidth }), new Float64Array(9));
    expect(leaksIn(mark, material)).toEqual([]);
  });

  it('says what it is instead', () => {
    expect([String(secret), JSON.stringify({ secret })]).toEqual(['[Secret]', '{"secret":"[Secret]"}']);
    expect(JSON.parse(JSON.stringify(keyring)).keys[0]).toEqual({
      scheme: 'greenlist',
      label: 'tenant',
      commitment: entry.key.commitment,
      kid: entry.key.kid,
      status: 'active',
    });
  });

  it('an exported key imports as the same key, and as nothing else', () => {
    const key = deriveKey(Secret.generate(), 'gumbel', 'tenant 7');
    const text = exportKey(key);
    expect(text).toMatch(/^[\w-]{43}$/);
    expect(importKey(text, 'gumbel', 'tenant 7')).toMatchObject({ kid: key.kid, scheme: 'gumbel', label: 'tenant 7' });
    expect(() => importKey(text.slice(1), 'gumbel')).toThrow(/"key" expected/);
    expect(() => importKey('x', 'elm' as never)).toThrow(/"scheme" expected/);
  });

  it('control: print and exportSecret, which are for the file, do hold the secret', () => {
    expect(leaksIn(keyring.print(), material)).not.toEqual([]);
    expect(leaksIn(exportSecret(secret), material)).not.toEqual([]);
  });
});

describe('errors', () => {
  const file = JSON.parse(new Keyring([{ key: deriveKey(secret, 'gumbel'), secret, status: 'active' }]).print());
  const parseWith = (change: Record<string, unknown>) => () =>
    Keyring.parse(JSON.stringify({ ...file, keys: [{ ...file.keys[0], ...change }] }));
  const text = JSON.stringify(file, null, 2);
  const mark = openMark({ scheme: 'greenlist' }, secret);
  const acts: [string, () => unknown][] = [
    ['a secret with a stray digit', () => Secret.fromHex(`${hex}g`)],
    ['a secret with a digit too few', () => Secret.fromHex(hex.slice(1))],
    ['half a secret', () => Secret.fromHex(hex.slice(0, 32))],
    ['hex with spaces', () => Secret.fromHex(hex.replace(/..(?=.)/g, '$& '))],
    ['base64 for base64url', () => Secret.fromBase64Url(`${base64Url}==`)],
    ['bytes for a text', () => Secret.fromHex(master as never)],
    ['an array for bytes', () => Secret.fromBytes([...master] as never)],
    ['a text for a Secret', () => deriveKey(hex as never, 'greenlist')],
    ['a secret for a scheme', () => deriveKey(secret, hex as never)],
    ['a secret for a label', () => deriveKey(secret, 'greenlist', master as never)],
    ['a secret for a key', () => openMark({ scheme: 'greenlist' }, hex as never)],
    ['bytes for a key', () => openMark({ scheme: 'greenlist' }, master as never)],
    ['a secret for a kid of a mark', () => openMark({ scheme: 'greenlist', kid: hex }, secret)],
    [
      'an inline secret in a descriptor',
      () => parseDescriptor({ mark: 'taggant/1', scheme: 'greenlist', secret: hex }),
    ],
    ['a wrong kid', () => openMark({ scheme: 'greenlist', kid: '0123456789abcdef' }, secret)],
    ['a bad logit', () => mark.apply(Uint32Array.of(1, 2), Float32Array.of(Number.NaN))],
    ['a short context', () => mark.apply(Uint32Array.of(1), new Float32Array(9))],
    ['a missing kid', () => new Keyring().find(hex)],
    ['a secret for a kid', () => Keyring.parse(text).find(base64Url)],
    ['a keyring cut off inside the secret', () => Keyring.parse(text.slice(0, text.indexOf(base64Url) + 30))],
    ['a keyring with a stray comma', () => Keyring.parse(text.replace('"secret"', ',"secret"'))],
    ['a keyring that is only the secret', () => Keyring.parse(JSON.stringify(base64Url))],
    ['a bare secret', () => Keyring.parse(base64Url)],
    ['a secret as version', () => Keyring.parse(JSON.stringify({ keyring: base64Url, keys: [] }))],
    ['a secret as the list of keys', () => Keyring.parse(JSON.stringify({ ...file, keys: base64Url }))],
    ['a secret as an entry', () => Keyring.parse(JSON.stringify({ ...file, keys: [base64Url] }))],
    ['a secret as field name', parseWith({ [base64Url]: 1 })],
    ...['kid', 'scheme', 'status', 'notBefore', 'notAfter'].map((field): [string, () => unknown] => [
      `a secret as ${field}`,
      parseWith({ [field]: base64Url }),
    ]),
    ['a secret as list label', parseWith({ label: [base64Url] })],
    ['a secret with one character changed', parseWith({ secret: `${base64Url.slice(0, 20)}*${base64Url.slice(21)}` })],
    ['a secret with two characters swapped', parseWith({ secret: base64Url.slice(2) + base64Url.slice(0, 2) })],
    ['a secret as an array', parseWith({ secret: [...master] })],
    ['a kid twice', () => Keyring.parse(JSON.stringify({ ...file, keys: [file.keys[0], file.keys[0]] }))],
    ['a broken key', () => new MarkKey('gumbel', '', master.slice(0, 9))],
  ];

  it.each(acts)('%s: an error without it', (_, act) => {
    const error = errorOf(act);
    expect(error).toBeInstanceOf(Error);
    expect(leaksIn(error, material)).toEqual([]);
  });
});

describe('Secret', () => {
  it('keeps its own copy, though the caller wipes or reuses a Buffer', () => {
    const kid = deriveKey(secret, 'greenlist').kid;
    for (const bytes of [Buffer.from(master), master.slice(), new Uint8Array(new SharedArrayBuffer(40))]) {
      bytes.set(master);
      const copy = Secret.fromBytes(bytes);
      bytes.fill(0);
      expect(deriveKey(copy, 'greenlist').kid).toBe(kid);
    }
  });

  it('reads and writes hex and base64url strictly', () => {
    expect(exportSecret(Secret.fromHex(hex.toUpperCase()))).toBe(base64Url);
    expect(exportSecret(Secret.fromBase64Url(base64Url))).toBe(base64Url);
    // 40 bytes leave four unused bits in the last digit; 'B' sets one of them.
    expect(() => Secret.fromBase64Url(`${Buffer.alloc(40).toString('base64url').slice(0, -1)}B`)).toThrow(TypeError);
    for (const bad of ['', hex.slice(0, 62), undefined, 7]) expect(() => Secret.fromHex(bad as string)).toThrow();
  });

  it('exports secrets of any length', () => {
    const long = new Uint8Array(1_000_000).fill(1);
    expect(exportSecret(Secret.fromBytes(long)).length).toBe(Math.ceil((long.length * 4) / 3));
  });

  it('generates 32 bytes, never the same', () => {
    const [a, b] = [exportSecret(Secret.generate()), exportSecret(Secret.generate())];
    expect([a.length, a === b]).toEqual([43, false]);
  });

  it('different labels give different keys; labels that UTF-8 cannot tell apart are refused', () => {
    const labels = ['', 'a', 'A', 'a/', '/a', 'ä', 'a\u0308', '\ufffd', '𝄞'];
    expect(new Set(labels.map((label) => deriveKey(secret, 'greenlist', label).kid)).size).toBe(labels.length);
    for (const label of ['\ud800', 'a\udc00', '\udc00\ud800']) {
      expect(() => deriveKey(secret, 'greenlist', label)).toThrow('"label" expected well-formed Unicode');
    }
  });
});
