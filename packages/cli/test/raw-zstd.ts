/** A zstd frame without compression (RFC 8878, section 3.1.1), so that a test needs no tool. @module */

/** One frame of raw blocks of at most `blockBytes`. */
export function rawZstd(bytes: Uint8Array, blockBytes = 1 << 17): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(bytes.length);
  // The descriptor: a content size of 4 bytes, and a window as large as the content.
  const parts: Uint8Array[] = [Buffer.of(0x28, 0xb5, 0x2f, 0xfd, 0xa0), size];
  let at = 0;
  do {
    const block = bytes.subarray(at, at + blockBytes);
    at += block.length;
    const last = at === bytes.length ? 1 : 0;
    const header = Buffer.alloc(3);
    header.writeUIntLE((block.length << 3) | last, 0, 3);
    parts.push(header, block);
  } while (at < bytes.length);
  return Buffer.concat(parts);
}
