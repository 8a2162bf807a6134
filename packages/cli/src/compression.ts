/** Decompression by the name of the file: `.gz` and `.zst`. @module */
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { CommandError } from './errors.ts';
import { unzstd } from './zstd.ts';

/** The chunks of a file as they were before it was compressed; a file that is cut off is an error. */
export function decompressed(path: string, chunks: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  if (path.endsWith('.gz')) return gunzipped(chunks);
  return path.endsWith('.zst') ? unzstd(chunks) : uncompressed(chunks);
}

/** `corpus.jsonl` for `corpus.jsonl.gz`. */
export const nameWithin = (path: string) => path.replace(/\.(gz|zst)$/, '');

async function* gunzipped(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const source = chunks[Symbol.asyncIterator]();
  // Behind the last byte that is not zero. Zeros may pad the end of a file; gunzip stops reading there, in silence.
  let [length, end] = [0, 0];
  async function* watched(): AsyncGenerator<Buffer> {
    for (let next = await source.next(); !next.done; next = await source.next()) {
      const { value } = next;
      let used = value.length;
      while (used > 0 && value[used - 1] === 0) used--;
      if (used > 0) end = length + used;
      length += value.length;
      yield value;
    }
  }
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  try {
    // Errors of either stream come out of the last one.
    yield* pipeline(Readable.from(watched(), { objectMode: false }), gunzip, () => {});
    for await (const _ of watched());
  } finally {
    await source.return?.();
  }
  const { bytesWritten: taken } = gunzip;
  if (taken < end) {
    throw new CommandError(
      `expected gzip members without a gap, got zeros behind byte ${taken} and then more; unpack it and pack it again`,
    );
  }
}

/** Nothing to unpack, unless the name hides what the file is: no text begins with these bytes. */
async function* uncompressed(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let first = true;
  for await (const chunk of chunks) {
    const kind = first ? COMPRESSED.find(({ magic }) => chunk.subarray(0, magic.length).equals(magic)) : undefined;
    if (kind !== undefined) {
      const { format, suffix, tool } = kind;
      throw new CommandError(`expected text, got ${format}: unpack it (${tool} -dc), or read a file named ${suffix}`);
    }
    first = false;
    yield chunk;
  }
}

const COMPRESSED = [
  { format: 'gzip', suffix: '.gz', tool: 'gzip', magic: Buffer.of(0x1f, 0x8b) },
  { format: 'zstd', suffix: '.zst', tool: 'zstd', magic: Buffer.of(0x28, 0xb5, 0x2f, 0xfd) },
];
const CHUNK_BYTES = 1 << 18;
