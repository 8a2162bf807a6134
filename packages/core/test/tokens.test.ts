/** What counts as token ids, at the border of everything. */
import { checkTokens, TOKEN_LIMIT } from '@taggant/core';
import { describe, expect, it } from 'vitest';

const LARGEST = 2 ** 24 - 2;

describe('checkTokens', () => {
  it('takes typed arrays, plain arrays, array-likes, frozen arrays and views', () => {
    const shared = new Uint32Array(new SharedArrayBuffer(16));
    shared.set([1, 2, 3, 4]);
    const ids = [1, 2, 3, 4];
    const inputs = [
      ids,
      Object.freeze([...ids]),
      Uint32Array.from(ids),
      Uint16Array.from(ids),
      Float64Array.from(ids),
      shared,
    ];
    inputs.push(
      { length: 4, 0: 1, 1: 2, 2: 3, 3: 4 } as never,
      new Uint32Array([9, 1, 2, 3, 4, 9]).subarray(1, 5) as never,
    );
    for (const input of inputs) expect([...checkTokens(input, 'tokens')]).toEqual(ids);
    expect(checkTokens([], 'tokens').length).toBe(0);
  });

  it(`takes ${LARGEST}, the largest id, and refuses the next`, () => {
    expect(TOKEN_LIMIT).toBe(LARGEST + 1);
    expect([...checkTokens([LARGEST], 'tokens')]).toEqual([LARGEST]);
    for (const id of [LARGEST + 1, LARGEST + 2, 2 ** 32 - 1]) {
      expect(() => checkTokens(Uint32Array.of(0, id), 'tokens')).toThrow(
        `"tokens[1]" expected a token id from 0 to ${LARGEST}, got ${id}`,
      );
    }
  });

  const bad: unknown[] = [
    -1,
    1.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    '5',
    5n,
    null,
    undefined,
    true,
    [5],
    {},
    2 ** 53,
  ];
  it.each(bad.map((id) => [typeof id, id]))('refuses an id that is a %s: %s', (_, id) => {
    expect(() => checkTokens([0, id as number], 'tokens')).toThrow(/^"tokens\[1\]" expected a token id/);
  });

  it('refuses holes and ids at or above the vocabulary', () => {
    // biome-ignore lint/suspicious/noSparseArray: the hole is the test
    expect(() => checkTokens([1, , 3] as never, 'tokens')).toThrow(/tokens\[1\]/);
    expect(() => checkTokens([9, 10], 'tokens', 10)).toThrow('"tokens[1]" expected a token id from 0 to 9, got 10');
  });

  const notArrays: unknown[] = [
    null,
    undefined,
    'abc',
    7,
    () => [],
    {},
    new Set([1]),
    { length: -1 },
    { length: 1.5, 0: 1 },
  ];
  notArrays.push({ length: Number.NaN }, { length: '2', 0: 1, 1: 2 }, { length: Number.POSITIVE_INFINITY });
  it.each(notArrays.map((value) => [String(value), value]))('refuses %s for an array', (_, value) => {
    expect(() => checkTokens(value as never, 'tokens')).toThrow(TypeError);
  });

  it('returns what it checked, though a getter says something else the second time', () => {
    let reads = 0;
    const hostile = {
      length: 1,
      get 0() {
        return reads++ === 0 ? 5 : -1;
      },
    };
    expect([...checkTokens(hostile, 'tokens')]).toEqual([5]);
    let lengths = 0;
    const growing = {
      get length() {
        return ++lengths;
      },
      0: 5,
    };
    expect([...checkTokens(growing as never, 'tokens')]).toEqual([5]);
  });

  it('takes a million ids without running out of stack', () => {
    expect(checkTokens(Array(1_000_000).fill(7), 'tokens').length).toBe(1_000_000);
  });
});
