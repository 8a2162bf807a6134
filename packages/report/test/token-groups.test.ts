import { tiktokenTokenizer } from '@taggant/detector/tiktoken';
import { tokenGroups } from '@taggant/report';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tokenizer } from './fixtures.ts';

const o200k = tiktokenTokenizer('o200k_base');

function expectWhole(tokens: Uint32Array, decode: (tokens: Uint32Array) => string) {
  const groups = tokenGroups(tokens, decode);
  expect(groups.map(({ text }) => text).join('')).toBe(decode(tokens));
  expect(groups.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i))).toEqual(
    Array.from(tokens, (_, i) => i),
  );
  expect(groups.every(({ from, to }) => to > from)).toBe(true);
  return groups;
}

test('a character of several tokens is shown whole, and its neighbours on their own', () => {
  const groups = expectWhole(tokenizer.encode('a 🜍 b'), tokenizer.decode);
  expect(groups.map(({ text }) => text)).toContain(' b');
  expect(groups.some(({ text, from, to }) => text.includes('🜍') && to - from > 1)).toBe(true);
  expect(groups.some(({ text }) => text.includes('\ufffd'))).toBe(false);
});

test('groups join to the text for any Unicode text', () => {
  for (const { encode, decode } of [tokenizer, o200k]) {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (text) => {
        expectWhole(encode(text), decode);
      }),
      { seed: 11, numRuns: 150 },
    );
  }
});

test('groups join to the text for tokens that no text has, and across window borders', () => {
  for (const { id, decode } of [tokenizer, o200k]) {
    // tiktoken has holes above its ordinary ids.
    const id_ = fc.integer({ min: 1, max: Math.min(id.vocabSize, 199_000) - 1 });
    fc.assert(
      fc.property(fc.array(id_, { maxLength: 200 }), (tokens) => {
        expectWhole(Uint32Array.from(tokens), decode);
      }),
      { seed: 12, numRuns: 60 },
    );
  }
});

test('a decoder that drops the first space is followed', () => {
  const words = ['▁one', '▁two', 'th', 'ree', '▁'];
  const decode = (tokens: Uint32Array) =>
    Array.from(tokens, (token) => words[token % words.length])
      .join('')
      .replaceAll('▁', ' ')
      .replace(/^ /, '');
  const groups = expectWhole(
    Uint32Array.from({ length: 300 }, (_, i) => (i * i) % 7),
    decode,
  );
  expect(groups).toHaveLength(300);
});

test('a long text takes time in proportion to its length', () => {
  let decoded = 0;
  const decode = (tokens: Uint32Array) => {
    decoded += tokens.length;
    return 'x'.repeat(tokens.length);
  };
  tokenGroups(new Uint32Array(50_000), decode);
  expect(decoded).toBeLessThan(50_000 * 64);
});
