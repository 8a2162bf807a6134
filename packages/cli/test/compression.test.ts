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
    await expect(whole('a.zst', fixture.subarray(0, 3))).rejects.toThrow('or a file that was cut off');
    await expect(whole('a.zst', Buffer.from('this is no zstd at all, but text'))).rejects.toThrow('expected zstd');
    await expect(whole('a.zst', Buffer.alloc(0))).rejects.toThrow('expected zstd, got an empty file');
    expect(await whole('a.zst', rawZstd(Buffer.alloc(0)))).toHaveLength(0);
  });

  it('holds little of a small file that swells', async () => {
    const mebibytes = 1 << 10;
    const swelling = repeated(8 * mebibytes);
    let length = 0;
    let most = 0;
    for await (const chunk of decompressed('a.zst', inChunks(swelling, 1 << 18))) {
      length += chunk.length;
      most = Math.max(most, process.memoryUsage().arrayBuffers);
    }
    expect(length).toBe(mebibytes * 2 ** 20);
    expect(most).toBeLessThan(300 * 2 ** 20);
  });

  it('refuses blocks and windows that no sound file needs, in any frame', async () => {
    await expect(whole('a.zst', repeated(1, (1 << 17) + 1))).rejects.toThrow('blocks of at most 128 KiB, got 131073');
    const [allowed, refused, oneSegment] = [
      [0x00, 17 << 3],
      [0x00, (17 << 3) + 1],
      [0xe0, ...new Uint8Array(4), 1, ...new Uint8Array(3)],
    ].map((header) => Buffer.concat([MAGIC, Buffer.from(header), EMPTY_BLOCK]));
    expect(await whole('a.zst', allowed)).toHaveLength(0);
    const sound = rawZstd(Buffer.from('sound'));
    for (const [frame, window] of [
      [refused, 2 ** 27 + 2 ** 24],
      [oneSegment, 2 ** 32],
    ] as const) {
      await expect(whole('a.zst', Buffer.concat([sound, frame]))).rejects.toThrow(`got one of ${window}`);
    }
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
    await expect(whole('a.gz', Buffer.alloc(0))).rejects.toThrow('unexpected end of file');
  });

  it.each([3, 1000, 1 << 18])('reads zeros behind the last member, and refuses a gap before another', async (size) => {
    const zeros = Buffer.alloc(size === 3 ? 700 : 1 << 21);
    expect((await whole('a.gz', Buffer.concat([packed, zeros]), size)).toString()).toBe('one\ntwo\n');
    const gap = Buffer.concat([packed, zeros, packed]);
    await expect(whole('a.gz', gap, size)).rejects.toThrow(`got zeros behind byte ${packed.length} and then more`);
  });
});

it('goes by the name', async () => {
  expect((await whole('a.jsonl', packedText())).toString()).toBe('text');
  expect(['a.jsonl.gz', 'a.jsonl.zst', 'a.gz.txt'].map(nameWithin)).toEqual(['a.jsonl', 'a.jsonl', 'a.gz.txt']);
});

it('says so when the name hides that a file is compressed', async () => {
  await expect(whole('-', gzipSync('one'))).rejects.toThrow('expected text, got gzip: unpack it (gzip -dc)');
  await expect(whole('a.jsonl', fixture)).rejects.toThrow('expected text, got zstd: unpack it (zstd -dc)');
});

/** A frame with a window of 128 KiB and so many blocks of one repeated byte, four bytes each. */
function repeated(blocks: number, size = 1 << 17): Buffer {
  const block = (last: number) => [...threeBytes((size << 3) | 2 | last), 0x61];
  const all = Array.from({ length: blocks }, (_, i) => block(i === blocks - 1 ? 1 : 0));
  return Buffer.concat([MAGIC, Buffer.of(0x00, 7 << 3), Buffer.from(all.flat())]);
}

const threeBytes = (bits: number) => [bits & 255, (bits >> 8) & 255, bits >> 16];
const MAGIC = Buffer.of(0x28, 0xb5, 0x2f, 0xfd);
const EMPTY_BLOCK = Buffer.of(1, 0, 0);
const packedText = () => Buffer.from('text');
