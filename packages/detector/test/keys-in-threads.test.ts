import { deriveKey, openMark } from '@taggant/core';
import { detectKeys } from '@taggant/detector';
import { detectKeysInThreads } from '@taggant/detector/threads';
import { describe, expect, it } from 'vitest';
import { secretOf, uniforms } from '../../core/test/support.ts';

const next = uniforms(12);
const ids = Array.from({ length: 150 }, () => Math.floor(next() * 60));

describe('detectKeysInThreads', () => {
  it.each(['greenlist', 'gumbel', 'tournament'] as const)(
    '%s: finds the same, bit for bit, however many threads there are',
    async (scheme) => {
      const keys = Array.from({ length: 600 }, (_, i) => deriveKey(secretOf(1), scheme, `tenant ${i}`));
      const { descriptor } = openMark({ scheme, contextWidth: 2 }, keys[0]);
      const expected = detectKeys(ids, descriptor, keys, { top: 600 });
      for (const threads of [1, 2, 3]) {
        expect(await detectKeysInThreads(ids, descriptor, keys, { threads, top: 600 })).toEqual(expected);
      }
    },
  );

  it('refuses keys of another scheme, without naming them', async () => {
    const keys = [deriveKey(secretOf(1), 'gumbel')];
    const { descriptor } = openMark({ scheme: 'greenlist' }, secretOf(1));
    const mixed = [deriveKey(secretOf(1), 'greenlist'), ...keys];
    await expect(detectKeysInThreads(ids, descriptor, mixed)).rejects.toThrow('"keys" expected scheme greenlist');
    const attempt = detectKeysInThreads(ids, descriptor, keys, { threads: 2 });
    await expect(attempt).rejects.toThrow('"keys" expected scheme greenlist, got gumbel');
  });
});
