import { describe, expect, test } from 'vitest';
import { backends } from './backends.ts';

type Kernel =
  | 'keystream'
  | 'readSlots'
  | 'biasGreen'
  | 'countCohorts'
  | 'countKeys'
  | 'allocateLogits'
  | 'peaks'
  | 'massBelow'
  | 'loudest'
  | 'play';

const key = new Uint32Array(8);
const nonce = new Uint32Array(3);
const words = (n: number) => new Uint32Array(n);
const floats = (n: number) => new Float32Array(n);

describe.each(backends)('%s refuses at the border:', (_, kernels) => {
  /** For callers without types. */
  const untyped = kernels as unknown as Record<Kernel, (...args: unknown[]) => unknown>;

  const cases: [string, Kernel, unknown[], string][] = [
    [
      'a cohort range beyond 2^24',
      'countCohorts',
      [key, nonce, words(1), 1, 1, 2 ** 24 - 1, words(2)],
      '"firstCohort" expected an integer from 0 to 16777214, got 16777215',
    ],
    [
      'a token of 2^24',
      'countCohorts',
      [key, nonce, Uint32Array.of(2 ** 24), 1, 1, 0, words(2)],
      '"tokens[0]" expected a slot from 0 to 16777215, got 16777216',
    ],
    [
      'green of all',
      'countCohorts',
      [key, nonce, words(1), 2, 4, 0, words(2)],
      '"green" expected an integer from 1 to 3, got 4',
    ],
    [
      'keys that do not match',
      'countKeys',
      [words(15), nonce, words(1), 1, 1, words(2)],
      '"keys" expected length 16 (8 per count), got 15',
    ],
    [
      'words as greens',
      'countKeys',
      [words(16), nonce, words(1), 32, 1, words(2)],
      '"bits" expected one of 1, 2, 4, 8, got 32',
    ],
    ['a short key', 'keystream', [words(7), nonce, 0, words(1)], '"key" expected length 8, got 7'],
    [
      'a key in bytes',
      'keystream',
      [new Uint8Array(32), nonce, 0, words(1)],
      '"key" expected Uint32Array, got Uint8Array',
    ],
    ['no key', 'keystream', [undefined, nonce, 0, words(1)], '"key" expected Uint32Array, got undefined'],
    ['a long nonce', 'keystream', [key, words(4), 0, words(1)], '"nonce" expected length 3, got 4'],
    [
      'a negative block',
      'keystream',
      [key, nonce, -1, words(1)],
      '"firstBlock" expected an integer from 0 to 4294967295, got -1',
    ],
    [
      'half a block',
      'keystream',
      [key, nonce, 0.5, words(1)],
      '"firstBlock" expected an integer from 0 to 4294967295, got 0.5',
    ],
    [
      'blocks beyond 2^32',
      'keystream',
      [key, nonce, 2 ** 32 - 1, words(17)],
      '"firstBlock" expected an integer from 0 to 4294967294, got 4294967295',
    ],
    ['an array as out', 'keystream', [key, nonce, 0, [0]], '"out" expected Uint32Array, got object'],
    [
      'nonces that do not match',
      'readSlots',
      [key, words(11), words(4), 1, words(4)],
      '"nonces" expected length 12 (3 per slot), got 11',
    ],
    [
      'values that do not match',
      'readSlots',
      [key, words(12), words(4), 1, words(5)],
      '"out" expected length 4 (1 per slot), got 5',
    ],
    ['16 bits', 'readSlots', [key, words(3), words(1), 16, words(1)], '"bits" expected one of 1, 2, 4, 8, 32, got 16'],
    [
      'a slot of 2^24',
      'readSlots',
      [key, words(6), Uint32Array.of(5, 2 ** 24), 1, words(2)],
      '"slots[1]" expected a slot from 0 to 16777215, got 16777216',
    ],
    [
      'doubles as logits',
      'biasGreen',
      [new Float64Array(4), key, nonce, 1, 1, 0, 2],
      '"logits" expected Float32Array, got Float64Array',
    ],
    ['32 bits', 'biasGreen', [floats(4), key, nonce, 32, 1, 0, 2], '"bits" expected one of 1, 2, 4, 8, got 32'],
    [
      'nothing green',
      'biasGreen',
      [floats(4), key, nonce, 2, 0, 0, 2],
      '"green" expected an integer from 1 to 3, got 0',
    ],
    [
      'everything green',
      'biasGreen',
      [floats(4), key, nonce, 2, 4, 0, 2],
      '"green" expected an integer from 1 to 3, got 4',
    ],
    [
      'a cohort of 2^24',
      'biasGreen',
      [floats(4), key, nonce, 1, 1, 2 ** 24, 2],
      '"cohort" expected an integer from 0 to 16777215, got 16777216',
    ],
    [
      'no delta',
      'biasGreen',
      [floats(4), key, nonce, 1, 1, 0, NaN],
      '"delta" expected a finite float32 number, got NaN',
    ],
    [
      'a delta beyond float32',
      'biasGreen',
      [floats(4), key, nonce, 1, 1, 0, 1e39],
      '"delta" expected a finite float32 number, got 1e+39',
    ],
    [
      'a row beyond 2^24',
      'biasGreen',
      [floats(2 ** 24 + 1), key, nonce, 1, 1, 0, 2],
      '"logits" expected length at most 16777216, got 16777217',
    ],
    ['half a logit', 'allocateLogits', [0.5], '"length" expected an integer from 0 to 268435456, got 0.5'],
    ['peaks that do not match', 'peaks', [floats(65), floats(5)], '"out" expected length 10 (5 per 64 logits), got 5'],
    ['no floor', 'massBelow', [floats(4), -Infinity, 0, 1], '"floor" expected a finite float32 number, got -Infinity'],
    [
      'a temperature of 0',
      'massBelow',
      [floats(4), 0, 0, 0],
      '"temperature" expected a number from 0.000001 to 1000000, got 0',
    ],
    [
      'a row of masked tokens',
      'loudest',
      [floats(4), -Infinity, 1, key, nonce, 0],
      '"largest" expected a finite float32 number, got -Infinity',
    ],
    [
      'words that do not match',
      'play',
      [new Float64Array(3), words(2), 30],
      '"words" expected length 3 (1 per probability), got 2',
    ],
    ['33 layers', 'play', [new Float64Array(3), words(3), 33], '"layers" expected an integer from 0 to 32, got 33'],
  ];

  test.each(cases)('%s', (_title, call, args, message) => {
    const expected = / expected (Uint32Array|Float32Array)/.test(message) ? TypeError : RangeError;
    expect(() => untyped[call](...args)).toThrow(new expected(message));
  });

  test('what is refused changes nothing', () => {
    const out = words(2).fill(7);
    expect(() => kernels.readSlots(key, words(6), Uint32Array.of(0, 2 ** 24), 1, out)).toThrow();
    expect([...out]).toEqual([7, 7]);
  });

  test('errors never show what an argument holds', () => {
    const secret = 'correct horse battery staple';
    for (const value of [secret, [secret], { secret }]) {
      expect(() => untyped.keystream(value, nonce, 0, words(1))).toThrow(
        /^"key" expected Uint32Array, got (string|object)$/,
      );
      expect(() => untyped.keystream(key, nonce, value, words(1))).toThrow(/got (string|object)$/);
    }
  });

  test('the kernels cannot be tampered with', () => {
    expect(Object.isFrozen(kernels)).toBe(true);
  });
});
