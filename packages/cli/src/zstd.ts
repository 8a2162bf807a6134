/**
 * zstd files (RFC 8878, section 3.1), unpacked block by block: Node 20 has no zstd of its own. However much a file swells,
 * memory holds one block and one window of it. Checksums of frames are not checked.
 * @module
 */
import { CommandError } from './errors.ts';

/** The chunks of a file as they were before it was compressed. Frames may follow each other, as pzstd writes them. */
export async function* unzstd(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const { Decompress } = await import('fzstd');
  const out: Buffer[] = [];
  const stream = new Decompress((data) => out.push(Buffer.from(data.buffer, data.byteOffset, data.byteLength)));
  for await (const part of partsOf(chunks)) {
    stream.push(part);
    yield* out.splice(0);
  }
  stream.push(new Uint8Array(0), true);
  yield* out.splice(0);
}

/** Headers, blocks and checksums of the frames, each whole; what is skippable is skipped. */
async function* partsOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const source = chunks[Symbol.asyncIterator]();
  const take = taking(source);
  const takeAll = async (length: number) => {
    const bytes = await take(length);
    if (bytes.length === length) return bytes;
    throw new CommandError('unexpected end of file');
  };
  try {
    let magic = await take(4);
    if (magic.length === 0) throw new CommandError('expected zstd, got an empty file');
    for (; magic.length > 0; magic = await take(4)) {
      if (isSkippable(magic)) {
        let rest = (await takeAll(4)).readUInt32LE();
        while (rest > 0) rest -= (await takeAll(Math.min(rest, MAX_BLOCK_BYTES))).length;
      } else {
        if (!magic.equals(MAGIC)) throw new CommandError('expected zstd, got other bytes, or a file that was cut off');
        const descriptor = await takeAll(1);
        const fields = await takeAll(lengthOfFields(descriptor[0]));
        const window = windowOf(descriptor[0], fields);
        if (window > MAX_WINDOW_BYTES) {
          throw new CommandError(
            `expected a zstd window of at most ${MAX_WINDOW_BYTES} bytes (--long=27), got one of ${window}`,
          );
        }
        yield Buffer.concat([magic, descriptor, fields]);
        yield* blocksOf(takeAll);
        if (descriptor[0] & HAS_CHECKSUM) yield await takeAll(4);
      }
    }
  } finally {
    await source.return?.();
  }
}

/** The blocks of a frame: a header of three bytes, then what it says. */
async function* blocksOf(takeAll: (length: number) => Promise<Buffer>): AsyncGenerator<Buffer> {
  for (let last = false; !last; ) {
    const header = await takeAll(3);
    const bits = header.readUIntLE(0, 3);
    const size = bits >>> 3;
    // Also the size that one repeated byte swells to.
    if (size > MAX_BLOCK_BYTES) throw new CommandError(`expected zstd blocks of at most 128 KiB, got ${size} bytes`);
    const isRepeated = ((bits >>> 1) & 3) === 1;
    yield Buffer.concat([header, await takeAll(isRepeated ? 1 : size)]);
    last = (bits & 1) === 1;
  }
}

/** Takes bytes off the front: as many as asked for, or what is left. */
function taking(source: AsyncIterator<Buffer>): (length: number) => Promise<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  return async (length) => {
    const parts = [rest];
    for (let has = rest.length; has < length; ) {
      const { done, value } = await source.next();
      if (done) break;
      parts.push(value);
      has += value.length;
    }
    const all = parts.length === 1 ? rest : Buffer.concat(parts);
    rest = all.subarray(length);
    return all.subarray(0, length);
  };
}

/** The fields of a frame header behind its descriptor: the window unless the frame is one segment, dictionary, content size. */
function lengthOfFields(descriptor: number): number {
  return (isOneSegment(descriptor) ? 0 : 1) + DICTIONARY_BYTES[descriptor & 3] + contentSizeBytes(descriptor);
}

/** How far back matches may reach, in bytes: what a decoder has to keep. Of one segment, all of its content. */
function windowOf(descriptor: number, fields: Buffer): number {
  if (!isOneSegment(descriptor)) return 2 ** (10 + (fields[0] >>> 3)) * (1 + (fields[0] & 7) / 8);
  const size = fields.subarray(DICTIONARY_BYTES[descriptor & 3]);
  return size.length === 8 ? Number(size.readBigUInt64LE()) : size.readUIntLE(0, size.length);
}

const isSkippable = (magic: Buffer) => magic.length === 4 && magic.readUInt32LE() >>> 4 === 0x184d2a5;
const isOneSegment = (descriptor: number) => (descriptor & 0x20) !== 0;
const contentSizeBytes = (descriptor: number) => [isOneSegment(descriptor) ? 1 : 0, 2, 4, 8][descriptor >>> 6];
const DICTIONARY_BYTES = [0, 1, 2, 4];
const HAS_CHECKSUM = 4;
const MAGIC = Buffer.of(0x28, 0xb5, 0x2f, 0xfd);
const MAX_BLOCK_BYTES = 1 << 17;
/** What the zstd tool itself unpacks unasked. */
const MAX_WINDOW_BYTES = 1 << 27;
