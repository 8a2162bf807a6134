import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openMark, type Tokenizer } from '@taggant/core';
import { detectText } from '@taggant/detector';
import { huggingFaceTokenizer } from '@taggant/detector/huggingface';
import { tiktokenTokenizer } from '@taggant/detector/tiktoken';
import fc from 'fast-check';
import { get_encoding } from 'tiktoken';
import { describe, expect, it } from 'vitest';
import { always, secretOf } from '../../core/test/support.ts';

const tinyFile = readFileSync(fileURLToPath(new URL('../../tiny-lm/model/tokenizer.json', import.meta.url)), 'utf8');
const tiny = huggingFaceTokenizer(tinyFile, { name: 'tiny-lm' });
const tokenizers: [string, Tokenizer][] = [
  ['tiktoken gpt2', tiktokenTokenizer('gpt2')],
  ['tiktoken o200k_base', tiktokenTokenizer('o200k_base')],
  ['huggingface tiny-lm', tiny],
];
const gpt2File = fileURLToPath(new URL('../../../../shared/data/tokenizers/gpt2/gpt2_tokenizer.json', import.meta.url));

describe.each(tokenizers)('%s', (_, tokenizer) => {
  const roundTrip = (text: string) => tokenizer.decode(tokenizer.encode(text));

  it('decode(encode(x)) is x for any well-formed Unicode', () => {
    const graphemes = fc.string({ unit: 'grapheme', maxLength: 40 });
    const anything = fc.string({ unit: 'binary', maxLength: 40 });
    const spaces = fc.string({
      unit: fc.constantFrom(' ', '\n', '\r', '\t', 'a', "'", '\u00a0', '\u2028', '\ufeff', '7', '.'),
      maxLength: 30,
    });
    always([fc.oneof(graphemes, anything, spaces)], (text) => void expect(roundTrip(text)).toBe(text), 500);
  });

  it.each(['', '\ufeffabc', '\0', 'e\u0301 é', '👩‍👩‍👧 مرحبا 日本', ' leading', 'trailing ', 'a , b .', "don 't"])(
    'keeps %j',
    (text) => {
      expect(roundTrip(text)).toBe(text);
    },
  );

  it.each(['<|endoftext|>', 'a<|endoftext|>b', '<|im_start|>', '<|endofprompt|>', '<s></s>[INST]'])(
    'takes %s in a text for text, without throwing',
    (text) => {
      expect(roundTrip(text)).toBe(text);
    },
  );

  it('a lone surrogate becomes U+FFFD, and throws nothing', () => {
    expect(roundTrip('a\ud800b')).toBe('a\ufffdb');
  });

  it('gives ids below its vocabulary size, and the same text the same ids', () => {
    const text = 'The quick brown fox — naïve café, 12345 jumps…\n\n'.repeat(5);
    const ids = tokenizer.encode(text);
    const kept = ids.slice();
    tokenizer.encode('something else altogether');
    expect(ids).toEqual(kept);
    expect(ids).toBeInstanceOf(Uint32Array);
    expect(Math.max(...ids)).toBeLessThan(tokenizer.id.vocabSize);
    expect(tokenizer.encode(text)).toEqual(ids);
  });

  it('serves a mark that names it', () => {
    const mark = openMark({ scheme: 'greenlist', tokenizer: tokenizer.id }, secretOf(1));
    expect(detectText('It was the best of times, it was the worst of times', mark, tokenizer).n).toBeGreaterThan(5);
    const other = tokenizers.find(([, { id }]) => id.name !== tokenizer.id.name)![1];
    expect(() => detectText('text', mark, other)).toThrow(/^"tokenizer"/);
  });
});

describe('tiktoken', () => {
  it('gives the published ids', () => {
    expect([...tiktokenTokenizer('gpt2').encode('Hello world')]).toEqual([15496, 995]);
    expect([...tiktokenTokenizer('o200k_base').encode('Hello world')]).toEqual([13225, 2375]);
    expect(tiktokenTokenizer('gpt2').id).toEqual({ name: 'tiktoken:gpt2', vocabSize: 50257 });
  });

  const names = ['gpt2', 'p50k_base', 'p50k_edit', 'cl100k_base', 'o200k_base'] as const;
  it.each(names)('%s: the size is the largest id + 1', (name) => {
    const encoding = get_encoding(name);
    const { vocabSize } = tiktokenTokenizer(name).id;
    expect(encoding.decode(Uint32Array.of(vocabSize - 1)).length).toBeGreaterThan(0);
    expect(() => encoding.decode(Uint32Array.of(vocabSize))).toThrow();
  });

  it('refuses to decode ids beyond its vocabulary with an error of ours, and goes on working', () => {
    const tokenizer = tiktokenTokenizer('gpt2');
    expect(() => tokenizer.decode(Uint32Array.of(1, 50257))).toThrow('"tokens[1]" expected a token id from 0 to 50256');
    expect(tokenizer.decode(tokenizer.encode('still here'))).toBe('still here');
  });

  it('refuses other names', () => {
    for (const name of ['gpt-4', '', 'toString', undefined])
      expect(() => tiktokenTokenizer(name as 'gpt2')).toThrow('"encoding" expected one of');
  });
});

describe('huggingface', () => {
  it('its id carries size and hash of the file', () => {
    expect(tiny.id).toEqual({ name: 'tiny-lm', vocabSize: 4096, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(huggingFaceTokenizer(`${tinyFile} `).id.sha256).not.toBe(tiny.id.sha256);
    expect(huggingFaceTokenizer(tinyFile, { vocabSize: 5000 }).id.vocabSize).toBe(5000);
  });

  it('refuses a size below its ids, and what is no JSON object, without repeating it', () => {
    expect(() => huggingFaceTokenizer(tinyFile, { vocabSize: 4095 })).toThrow(
      '"vocabSize" expected more than the largest id 4095, got 4095',
    );
    for (const bad of ['', 'nonsense', 'null', '7', tinyFile.slice(0, 100)]) {
      expect(() => huggingFaceTokenizer(bad)).toThrow(
        `"tokenizer.json" expected the text of a JSON object, got ${bad.length} characters`,
      );
    }
    expect(() => huggingFaceTokenizer(tinyFile, { config: '{' })).toThrow('"tokenizer_config.json"');
  });

  it.skipIf(!existsSync(gpt2File))(
    "GPT-2's own file agrees with tiktoken (skipped when ../shared/data/tokenizers is missing)",
    () => {
      const [file, tiktoken] = [huggingFaceTokenizer(readFileSync(gpt2File, 'utf8')), tiktokenTokenizer('gpt2')];
      expect([...file.encode('Hello world')]).toEqual([15496, 995]);
      expect(file.id.vocabSize).toBe(50257);
      for (const text of ['It is a truth', "don't  stop\n\n now", '日本 👩‍👧 é', 'x'.repeat(50)])
        expect([...file.encode(text)]).toEqual([...tiktoken.encode(text)]);
    },
  );
});
