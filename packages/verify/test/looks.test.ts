import { describe, expect, it } from 'vitest';
import { lookLevels, looksOf } from '../src/looks.ts';

describe('looks', () => {
  it('double from the first to the last', () => {
    expect(looksOf(32, 256)).toEqual([32, 64, 128, 256]);
    expect(looksOf(32, 200)).toEqual([32, 64, 128, 200]);
    expect(looksOf(50, 50)).toEqual([50]);
  });

  it('share what bounds may be wrong by: passes over looks, failures over looks and checks', () => {
    expect(lookLevels({}, 4, 10)).toEqual({ pass: expect.closeTo(0.0025, 12), fail: expect.closeTo(0.00025, 12) });
    expect(lookLevels({ falseFailure: 0.05, confidence: 0.9 }, 1, 1)).toEqual({
      pass: expect.closeTo(0.1, 12),
      fail: expect.closeTo(0.05, 12),
    });
  });
});
