/** SHA-256 of files of any size. @module */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';

/** In hex; reads 1 MiB at a time. */
export function sha256OfFile(path: string): string {
  const hash = createHash('sha256');
  const chunk = Buffer.allocUnsafe(1 << 20);
  const file = openSync(path, 'r');
  try {
    for (let n = readSync(file, chunk); n > 0; n = readSync(file, chunk)) hash.update(chunk.subarray(0, n));
  } finally {
    closeSync(file);
  }
  return hash.digest('hex');
}
