/** Compressed files give the bytes that went in, whatever their frames, and an error when they were cut off. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decompressed, nameWithin } from '../src/compression.ts';
import { rawZstd } from './raw-zstd.ts';

const fixture = readFileSync(fileURLToPath(new URL('fixtures/texts.jsonl.zst', import.meta.url)));

/** What the fixture holds; see its README. */
function fixtureLines(): string {
  const phrase = 'taggant marks what a model writes. ';
  const texts = Array.from({ length: 4000 }, (_, i) => `Text ${i}: ${phrase.repeat(1 + ((i * i) % 7))}`);
  return texts.map((text, id) => `${JSON.stringify({ id, text })}\n`).join('');
}

async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield Buffer.from(bytes.subarray(at, at + size));
}

async function whole(name: string, bytes: Uint8Array, size = 1000): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of decompressed(name, inChunks(bytes, size))) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe('zstd', () => {
  it('reads what the zstd tool wrote: matches, several frames, a skippable one, with and without a checksum', async () => {
    for (const size of [7, 1000, 1 << 18]) {
      expect((await whole('a.zst', fixture, size)).toString() === fixtureLines()).toBe(true);
    }
  });

  it('reads frames of raw blocks, cut anywhere', async () => {
    const frames = fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(frames, fc.integer({ min: 1, max: 400 }), async (parts, size) => {
        const packed = Buffer.concat(parts.map((part) => rawZstd(part)));
        expect((await whole('a.zst', packed, size)).equals(Buffer.concat(parts))).toBe(true);
      }),
      { seed: 3, numRuns: 100 },
    );
  });

  it('refuses a file that was cut off, and one that is none', async () => {
    await expect(whole('a.zst', fixture.subarray(0, -100))).rejects.toThrow();
    await expect(whole('a.zst', Buffer.from('this is no zstd at all, but text'))).rejects.toThrow();
  });
});

describe('gzip', () => {
  const packed = Buffer.concat([gzipSync('one\n'), gzipSync('two\n')]);

  it('reads members that follow each other', async () => {
    expect((await whole('a.gz', packed, 5)).toString()).toBe('one\ntwo\n');
  });

  it('refuses a file that was cut off, and one that is none', async () => {
    await expect(whole('a.gz', packed.subarray(0, -6))).rejects.toThrow('unexpected end of file');
    await expect(whole('a.gz', Buffer.from('text'))).rejects.toThrow('incorrect header');
  });
});

it('goes by the name', async () => {
  expect((await whole('a.jsonl', packedText())).toString()).toBe('text');
  expect(['a.jsonl.gz', 'a.jsonl.zst', 'a.gz.txt'].map(nameWithin)).toEqual(['a.jsonl', 'a.jsonl', 'a.gz.txt']);
});

const packedText = () => Buffer.from('text');
