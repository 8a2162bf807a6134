/** Files that are there whole or not at all, and stay after a power cut. @module */
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * Writes a new file beside `path`, flushes it, and renames it over. `contents`: all of it, or its pieces. `mode`: who may read
 * it; default everybody.
 */
export function writeWholeFile(path: string, contents: string | Uint8Array | Iterable<Uint8Array>, mode = 0o666): void {
  const pieces = typeof contents === 'string' || contents instanceof Uint8Array ? [contents] : contents;
  const temporary = join(dirname(path), `.${basename(path)}-${randomBytes(6).toString('hex')}.tmp`);
  try {
    const file = openSync(temporary, 'wx', mode);
    try {
      for (const piece of pieces) writeFileSync(file, piece);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  flushFolder(dirname(path));
}

/** Makes new names in a folder last. Windows cannot, and need not. */
export function flushFolder(path: string): void {
  if (process.platform === 'win32') return;
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
