import { parseGamma } from '@taggant/core';
import { describe, expect, it } from 'vitest';

describe('parseGamma', () => {
  it('takes every multiple of 1/256 as number, fraction and decimal, with the smallest b and the reduced fraction', () => {
    for (let k = 1; k < 256; k++) {
      const bits = [1, 2, 4, 8].find((b) => Number.isInteger((k / 256) * 2 ** b));
      const expected = parseGamma(k / 256);
      expect(expected).toMatchObject({ value: k / 256, bits, green: (k / 256) * 2 ** bits! });
      const [numerator, denominator] = expected.text.split('/').map(Number);
      expect(numerator / denominator).toBe(k / 256);
      expect(numerator % 2).toBe(1);
      for (const text of [`${k}/256`, `${2 * k}/512`, String(k / 256), expected.text]) {
        expect(parseGamma(text)).toEqual(expected);
      }
    }
  });

  it('2/4 is 1/2', () => {
    expect(parseGamma('2/4')).toEqual({ text: '1/2', value: 0.5, bits: 1, green: 1 });
  });

  const refused: unknown[] = [0, 1, -0.5, 1.5, 0.1, 1 / 3, 1 / 512, Number.NaN, Number.POSITIVE_INFINITY, 5e-324, 256];
  refused.push(
    '1/3',
    '0',
    '1',
    '0/4',
    '4/4',
    '1/0',
    '0/0',
    '0.1',
    '-1/4',
    '1/-4',
    ' 1/4',
    '1/4 ',
    '1/4\n',
    '1 / 4',
    '',
  );
  refused.push('abc', '1/4/1', '1e-2', '0x1/4', '2.5e-1', '¼', null, undefined, [0.25], ['1/4'], {}, true);
  it.each(refused)('refuses %j', (gamma) => {
    expect(() => parseGamma(gamma as number)).toThrow(/^"gamma" expected a multiple of 1\/256/);
  });
});
