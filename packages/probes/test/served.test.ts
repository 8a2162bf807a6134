/** The set of served contexts, against a Map; its file, against damage. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServedContexts, weightOf } from '@taggant/probes';
import { tinyLmTokenizer } from '@taggant/tiny-lm';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { always, uniforms } from '../../core/test/support.ts';
import { addServedLog, readServedFile, writeServedFile } from '../src/files/served-file.ts';
import { hash64 } from '../src/served/hash.ts';
import { CountTable } from '../src/served/table.ts';

const folder = mkdtempSync(join(tmpdir(), 'taggant-served-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('ServedContexts', () => {
  const ids = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 30 });
  const texts = fc.array(fc.record({ tokens: ids, prompt: ids }), { maxLength: 12 });

  it('counts each context that was reached once a text, the last one too, prompts giving the first tokens theirs', () => {
    always([texts, fc.integer({ min: 0, max: 3 })], (all, contextWidth) => {
      const served = new ServedContexts({ contextWidth });
      const oracle = new Map<string, number>();
      for (const { tokens, prompt } of all) {
        served.add(tokens, prompt);
        const whole = [...prompt, ...tokens];
        const windows = new Set<string>();
        for (let at = prompt.length; at <= whole.length; at++) {
          if (at >= contextWidth) windows.add(String(whole.slice(at - contextWidth, at)));
        }
        for (const name of windows) oracle.set(name, (oracle.get(name) ?? 0) + 1);
      }
      expect(served.counts).toEqual({
        texts: all.length,
        tokens: all.reduce((sum, { tokens }) => sum + tokens.length, 0),
        contexts: oracle.size,
        retokenized: 0,
      });
      const source = Uint32Array.from({ length: 5 ** contextWidth * contextWidth }, (_, i) =>
        contextWidth === 0 ? 0 : Math.floor(Math.floor(i / contextWidth) / 5 ** (i % contextWidth)) % 5,
      );
      for (let at = 0; at < source.length; at += contextWidth) {
        const name = String([...source.subarray(at, at + contextWidth)]);
        expect(served.count(source, at)).toBe(oracle.get(name) ?? 0);
      }
    });
  });

  it('counts the context that an empty reply reached, where the prompt gives a whole one', () => {
    const served = new ServedContexts({ contextWidth: 2 });
    served.add([], [9]);
    served.add([], [9, 5, 6]);
    expect(served.counts).toEqual({ texts: 2, tokens: 0, contexts: 1, retokenized: 0 });
    expect(served.count(Uint32Array.of(5, 6), 0)).toBe(1);
  });

  it('counts to 255', () => {
    const served = new ServedContexts({ contextWidth: 1 });
    for (let i = 0; i < 300; i++) served.add([5, 6]);
    expect(served.count(Uint32Array.of(5), 0)).toBe(255);
    expect(served.counts).toEqual({ texts: 300, tokens: 600, contexts: 2, retokenized: 0 });
  });

  it('tells half a million neighbouring contexts apart while it grows, and knows no other', () => {
    const served = new ServedContexts({ contextWidth: 2 });
    const size = 708;
    for (let a = 0; a < size; a++)
      served.add(Uint32Array.from({ length: 2 * size + 1 }, (_, i) => (i % 2 === 0 ? a : i >> 1)));
    const contexts = new Set<number>();
    let wrong = 0;
    for (let a = 0; a < size; a++) {
      for (let b = 0; b < size; b++) {
        contexts.add(a * size + b);
        if (served.count(Uint32Array.of(a, b), 0) < 1) wrong++;
        if (served.count(Uint32Array.of(a + size, b), 0) + served.count(Uint32Array.of(a, b + size), 0) > 0) wrong++;
      }
    }
    expect(wrong).toBe(0);
    expect(served.counts.contexts).toBe(contexts.size);
    expect(served.bytes / contexts.size).toBeLessThan(14.5);
  });

  it('holds less than 10.1 bytes a context when their number is told', () => {
    const expected = 200_000;
    expect(new ServedContexts({ contextWidth: 2, expected }).bytes / expected).toBeLessThan(10.1);
  });

  it('the hash of a published file never changes', () => {
    const words = new Uint32Array(2);
    const hashes = [[], [0], [1, 2], [50256, 11, 262, 198]].map((context) => {
      hash64(Uint32Array.from(context), 0, context.length, words);
      return Array.from(words, (word) => word.toString(16).padStart(8, '0')).join('');
    });
    expect(hashes).toMatchInlineSnapshot(`
      [
        "b0d0a27b03e74721",
        "c239c73c18da5ce7",
        "a0623646b125f844",
        "aa3df6874575273f",
      ]
    `);
  });

  it('refuses tokens that are none, and changes nothing', () => {
    const served = new ServedContexts({ contextWidth: 1 });
    expect(() => served.add([1, -1])).toThrow('"tokens[1]"');
    expect(() => served.add([1], [2 ** 24])).toThrow('"prompt[0]"');
    expect(served.counts).toEqual({ texts: 0, tokens: 0, contexts: 0, retokenized: 0 });
    expect(() => new ServedContexts({ contextWidth: 65 })).toThrow('"contextWidth"');
    expect(() => new ServedContexts({ contextWidth: 1, expected: -1 })).toThrow('"expected"');
  });
});

describe('CountTable', () => {
  it('equals a Map, crowded shards and full circles included', () => {
    always(
      [fc.array(fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 2 })), { maxLength: 200 })],
      (keys) => {
        const [table, oracle] = [new CountTable(), new Map<string, number>()];
        // The last places of a few shards, so that probing goes round.
        const wordsOf = (a: number, b: number): [number, number] => [(0xffffffff - a) >>> 0, (b << 24) | (a % 7)];
        for (const [a, b] of keys) {
          table.add(...wordsOf(a, b));
          oracle.set(`${a} ${b}`, (oracle.get(`${a} ${b}`) ?? 0) + 1);
        }
        expect(table.size).toBe(oracle.size);
        for (let a = 0; a <= 40; a++)
          for (let b = 0; b <= 2; b++) expect(table.count(...wordsOf(a, b))).toBe(oracle.get(`${a} ${b}`) ?? 0);
      },
    );
  });
});

describe('weightOf', () => {
  it('rises from 1 to 8 and no further', () => {
    const weights = Array.from({ length: 256 }, (_, count) => weightOf(count));
    expect([weights[0], weights[1], weights[255]]).toEqual([1, 1, 8]);
    expect(weights.every((weight, i) => Number.isInteger(weight) && (i === 0 || weight >= weights[i - 1]))).toBe(true);
  });
});

describe('the file', () => {
  const tokenizer = tinyLmTokenizer();
  const next = uniforms(3);
  const texts = Array.from({ length: 40 }, () => Uint32Array.from({ length: 200 }, () => 60 * next()));
  const setOf = (order: readonly Uint32Array[]) => {
    const served = new ServedContexts({ contextWidth: 2, tokenizer: tokenizer.id });
    for (const text of order) served.add(text);
    return served;
  };
  const path = join(folder, 'served.bin');

  it('is the same for the same texts in any order, on disk and in memory, and is read back whole', () => {
    const served = setOf(texts);
    writeServedFile(path, served);
    const bytes = readFileSync(path);
    expect(statSync(path).mode & 0o077).toBe(0);
    expect(Buffer.compare(bytes, served.toBytes())).toBe(0);
    expect(Buffer.compare(bytes, setOf([...texts].reverse()).toBytes())).toBe(0);
    for (const read of [readServedFile(path), ServedContexts.fromBytes(bytes)]) {
      expect([read.counts, read.contextWidth, read.tokenizer]).toEqual([served.counts, 2, tokenizer.id]);
      for (const text of texts) {
        for (let at = 0; at < 199; at++) expect(read.count(text, at)).toBe(served.count(text, at));
      }
      read.add([1, 2, 3]);
      expect(read.counts.texts).toBe(41);
    }
  });

  it('with any byte changed, or cut short anywhere, is an error', () => {
    const bytes = setOf(texts.slice(0, 2)).toBytes();
    always([fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 })], (at, flip) => {
      const changed = bytes.slice();
      changed[at] ^= flip;
      expect(() => ServedContexts.fromBytes(changed)).toThrow();
      expect(() => ServedContexts.fromBytes(bytes.subarray(0, at))).toThrow();
      writeFileSync(path, bytes.subarray(0, at));
      expect(() => readServedFile(path)).toThrow(RangeError);
    });
    expect(() => ServedContexts.fromBytes(Uint8Array.from([...bytes, 0]))).toThrow('damaged');
    expect(() => ServedContexts.fromBytes(new TextEncoder().encode('{"tokens": [1]}\n'.repeat(9)))).toThrow(
      'begins with',
    );
  });

  it('appears whole or not at all', () => {
    const served = setOf(texts);
    const before = readdirSync(folder);
    const broken = Object.assign(Object.create(served), {
      *pieces() {
        yield new Uint8Array(10);
        throw new Error('power cut');
      },
    });
    expect(() => writeServedFile(join(folder, 'other.bin'), broken)).toThrow('power cut');
    expect(readdirSync(folder)).toEqual(before);
  });

  it('is built from logs of tokens and of text, line by line', async () => {
    const log = join(folder, 'log.jsonl');
    const lines = [
      { tokens: [5, 6, 7, 8], prompt: [3, 4], id: 'a' },
      { text: 'Once upon a time', prompt: 'Tell me: ' },
      { text: 'Once upon a time' },
    ];
    writeFileSync(log, `${lines.map((line) => JSON.stringify(line)).join('\n')}\n\n`);
    const [served, expected] = [new ServedContexts({ contextWidth: 2 }), new ServedContexts({ contextWidth: 2 })];
    let last = 0;
    await addServedLog(served, log, { tokenizer, onText: (texts) => (last = texts) });
    expected.add([5, 6, 7, 8], [3, 4]);
    expected.add(tokenizer.encode('Once upon a time'), tokenizer.encode('Tell me: '), true);
    expected.add(tokenizer.encode('Once upon a time'), [], true);
    expect(served.counts.retokenized).toBe(2);
    expect(ServedContexts.fromBytes(served.toBytes()).counts).toEqual(served.counts);
    expect(Buffer.compare(served.toBytes(), expected.toBytes())).toBe(0);
    expect(last).toBe(3);
    expect(statSync(log).size).toBeGreaterThan(0);
  });

  it.each([
    ['{"tokens": [1, 2]}\n{"tokens": [1, -2]}', 'log.jsonl:2: "tokens[1]" expected a token id'],
    ['{"text": "a"}', 'log.jsonl:1: "tokens" expected token ids, or a tokenizer for text'],
    ['{"prompt": [1]}', 'log.jsonl:1: "tokens" expected'],
    ['[1, 2]', 'log.jsonl:1: expected a JSON object'],
    ['{"tokens": [1', 'log.jsonl:1: expected a JSON object'],
  ])('the line %j is an error that says where', async (text, message) => {
    const log = join(folder, 'log.jsonl');
    writeFileSync(log, text);
    await expect(addServedLog(new ServedContexts({ contextWidth: 1 }), log)).rejects.toThrow(message);
  });
});
