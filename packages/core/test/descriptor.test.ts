import {
  checkSameTokenizer,
  type NativeDescriptor,
  type NativeMarkInput,
  openMark,
  parseDescriptor,
  printDescriptor,
} from '@taggant/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { always, secretOf } from './support.ts';

const green = { mark: 'taggant/1', scheme: 'greenlist' };
const hex = (digits: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: digits, maxLength: digits });
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const common = {
  mark: fc.constant('taggant/1'),
  contextWidth: fc.integer({ min: 0, max: 4 }),
  cohort: fc.integer({ min: 0, max: 2 ** 24 - 1 }),
  kid: optional(hex(16)),
  tokenizer: optional(
    fc.record({ name: fc.string(), vocabSize: fc.integer({ min: 1, max: 2 ** 24 - 1 }), sha256: optional(hex(64)) }),
  ),
};
const descriptor = fc.oneof(
  fc.record({
    ...common,
    scheme: fc.constant('greenlist'),
    gamma: fc.integer({ min: 1, max: 255 }).map((k) => `${k}/256`),
    delta: fc.double({ min: 0, max: 100, noNaN: true }),
    stage: fc.constantFrom('pre-temperature', 'post-temperature'),
  }),
  fc.record({ ...common, scheme: fc.constant('gumbel') }),
  fc.record({ ...common, scheme: fc.constant('tournament'), layers: fc.integer({ min: 1, max: 32 }) }),
);

describe('parseDescriptor and printDescriptor', () => {
  it('any descriptor survives print and parse, and prints to the same text again', () => {
    always([descriptor], (value) => {
      // Minus zero prints as 0.
      const parsed = parseDescriptor('delta' in value ? { ...value, delta: value.delta + 0 } : value);
      const text = printDescriptor(parsed);
      expect(parseDescriptor(JSON.parse(text))).toEqual(parsed);
      expect(printDescriptor(JSON.parse(text))).toBe(text);
    });
  });

  it('prints fields in a fixed order, gamma reduced', () => {
    const text = printDescriptor({ stage: 'pre-temperature', delta: 2, gamma: '2/4', ...green } as NativeDescriptor);
    expect(JSON.parse(text)).toEqual({
      ...green,
      gamma: '1/2',
      delta: 2,
      contextWidth: 2,
      cohort: 0,
      stage: 'pre-temperature',
    });
    expect(Object.keys(JSON.parse(text))).toEqual([
      'mark',
      'scheme',
      'gamma',
      'delta',
      'contextWidth',
      'cohort',
      'stage',
    ]);
  });

  it('fills in the documented defaults', () => {
    const tail = { mark: 'taggant/1', cohort: 0 };
    expect(parseDescriptor(green)).toEqual({
      ...tail,
      scheme: 'greenlist',
      contextWidth: 2,
      gamma: '1/4',
      delta: 2,
      stage: 'pre-temperature',
    });
    expect(parseDescriptor({ mark: 'taggant/1', scheme: 'gumbel' })).toEqual({
      ...tail,
      scheme: 'gumbel',
      contextWidth: 4,
    });
    expect(parseDescriptor({ mark: 'taggant/1', scheme: 'tournament' })).toEqual({
      ...tail,
      scheme: 'tournament',
      contextWidth: 4,
      layers: 30,
    });
  });

  const kid = 'd406634db2bb0387';
  it.each([
    [{ contextwidth: 2 }, /unknown field "contextwidth" in a greenlist mark/],
    [{ layers: 3 }, /unknown field "layers" in a greenlist mark/],
    [{ secret: 'abc' }, /unknown field "secret"/],
    [{ contextWidth: 5 }, /"contextWidth" expected an integer from 0 to 4, got 5/],
    [{ contextWidth: -1 }, RangeError],
    [{ contextWidth: 1.5 }, RangeError],
    [{ contextWidth: '2' }, RangeError],
    [{ contextWidth: null }, RangeError],
    [{ cohort: 2 ** 24 }, /"cohort" expected an integer from 0 to 16777215, got 16777216/],
    [{ cohort: -1 }, RangeError],
    [{ cohort: null }, RangeError],
    [{ gamma: null }, RangeError],
    [{ delta: null }, RangeError],
    [{ delta: -2 }, /"delta" expected a number from 0 to 100/],
    [{ delta: 101 }, RangeError],
    [{ delta: Number.NaN }, RangeError],
    [{ delta: Number.POSITIVE_INFINITY }, RangeError],
    [{ delta: '2' }, RangeError],
    [{ stage: 'post' }, /"stage" expected one of pre-temperature, post-temperature, got "post"/],
    [{ stage: null }, RangeError],
    [{ scheme: 'tournament', layers: 0 }, RangeError],
    [{ scheme: 'tournament', layers: 33 }, RangeError],
    [{ scheme: 'tournament', layers: null }, RangeError],
    [{ scheme: 'tournament', gamma: '1/2' }, /unknown field "gamma"/],
    [{ scheme: 'unigram' }, RangeError],
    [{ scheme: undefined }, RangeError],
    [{ scheme: 'toString' }, RangeError],
    [{ mark: 'taggant/2' }, RangeError],
    [{ mark: undefined }, RangeError],
    [{ kid: kid.toUpperCase() }, TypeError],
    [{ kid: kid.slice(1) }, TypeError],
    [{ kid: `${kid}\n` }, TypeError],
    [{ kid: null }, TypeError],
    [{ tokenizer: {} }, TypeError],
    [{ tokenizer: null }, TypeError],
    [{ tokenizer: { name: 'gpt2' } }, RangeError],
    [{ tokenizer: { name: 'gpt2', vocabSize: 0 } }, RangeError],
    [{ tokenizer: { name: 'gpt2', vocabSize: 2 ** 24 } }, RangeError],
    [{ tokenizer: { name: 'gpt2', vocabSize: 9, sha: '' } }, /unknown field "sha" in a tokenizer/],
    [{ tokenizer: { name: 'gpt2', vocabSize: 9, sha256: 'abc' } }, TypeError],
  ])('refuses %j', (change, error) => {
    expect(() => parseDescriptor({ ...green, ...change })).toThrow(error as RegExp);
    expect(() => openMark({ ...green, ...change } as never, secretOf(1))).toThrow();
  });

  it.each([null, undefined, 'greenlist', 7, []])('refuses %j for a descriptor', (value) => {
    expect(() => parseDescriptor(value)).toThrow(TypeError);
  });

  it('no field hides in a prototype: "__proto__" in a file is an unknown field and pollutes nothing', () => {
    for (const field of ['__proto__', 'constructor', 'prototype']) {
      const value = JSON.parse(`{"mark": "taggant/1", "scheme": "greenlist", "${field}": {"delta": 9, "polluted": 1}}`);
      expect(() => parseDescriptor(value)).toThrow(TypeError);
      expect(() => openMark(value, secretOf(1))).toThrow(TypeError);
    }
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('takes frozen input, leaves its input alone, and returns what nobody can change', () => {
    const input = Object.freeze({ ...green, tokenizer: Object.freeze({ name: 'a', vocabSize: 9 }) });
    const parsed = parseDescriptor(input);
    expect(Object.isFrozen(parsed) && Object.isFrozen(parsed.tokenizer)).toBe(true);
    expect(openMark(input as never, secretOf(1)).descriptor.tokenizer).toEqual({ name: 'a', vocabSize: 9 });
  });

  it('reads each field of a live object once', () => {
    let reads = 0;
    const mark = openMark(
      {
        scheme: 'greenlist',
        get gamma() {
          return ++reads === 1 ? '1/2' : '1/4';
        },
      },
      secretOf(1),
    );
    expect(mark.law).toEqual({ law: 'binomial', trials: 1, p: 0.5 });
    expect(mark.descriptor).toMatchObject({ gamma: '1/2' });
  });

  it('describes a mark in one line', () => {
    const titleOf = (input: NativeMarkInput) => openMark(input, secretOf(1)).title;
    expect(titleOf({ ...green, cohort: 7 } as NativeMarkInput)).toBe('greenlist gamma 1/4 delta 2, context 2');
    expect(titleOf({ scheme: 'tournament' })).toBe('tournament 30 layers, context 4');
    expect(titleOf({ scheme: 'gumbel' })).toBe('gumbel, context 4');
  });
});

describe('checkSameTokenizer', () => {
  const sha256 = 'ab'.repeat(32);
  const gpt2 = { name: 'gpt2', vocabSize: 50257 };
  it.each([
    [undefined, gpt2],
    [gpt2, gpt2],
    [{ ...gpt2, vocabSize: 50304 }, gpt2],
    [
      { ...gpt2, sha256 },
      { ...gpt2, name: 'another name', sha256 },
    ],
    [{ ...gpt2, sha256 }, gpt2],
  ])('accepts for %j: %j', (marked, given) => {
    checkSameTokenizer(marked, given);
  });
  it.each([
    [gpt2, { ...gpt2, name: 'opt' }],
    [gpt2, { ...gpt2, vocabSize: 50304 }],
    [
      { ...gpt2, sha256 },
      { ...gpt2, sha256: 'cd'.repeat(32) },
    ],
  ])('refuses for %j: %j', (marked, given) => {
    expect(() => checkSameTokenizer(marked, given)).toThrow(/^"tokenizer" expected the mark's "gpt2"/);
  });
});
