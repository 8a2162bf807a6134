/** Decompression by the name of the file: `.gz` and `.zst`. @module */
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

/** The chunks of a file as they were before it was compressed; a file that is cut off is an error. */
export function decompressed(path: string, chunks: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  if (path.endsWith('.gz')) return gunzipped(chunks);
  return path.endsWith('.zst') ? unzstd(chunks) : chunks;
}

/** `corpus.jsonl` for `corpus.jsonl.gz`. */
export const nameWithin = (path: string) => path.replace(/\.(gz|zst)$/, '');

function gunzipped(chunks: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  // Errors of either stream come out of the last one.
  return pipeline(Readable.from(chunks, { objectMode: false }), gunzip, () => {});
}

/** Node 20 has no zstd of its own. Frames may follow each other, as pzstd writes them; their checksums are not checked. */
async function* unzstd(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const { Decompress } = await import('fzstd');
  const out: Buffer[] = [];
  const stream = new Decompress((data) => out.push(Buffer.from(data.buffer, data.byteOffset, data.byteLength)));
  for await (const chunk of chunks) {
    stream.push(chunk);
    yield* out.splice(0);
  }
  stream.push(new Uint8Array(0), true);
  yield* out.splice(0);
}

const CHUNK_BYTES = 1 << 18;
