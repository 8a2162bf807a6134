/** Files that are there whole or not at all, and stay after a power cut. Node only. @module */
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * Writes a new file beside `path`, flushes it, and renames it over. `contents`: all of it, or its pieces. `mode`: who may read
 * it; default everybody.
 *
 * @example
 * writeWholeFile('numbers.json', JSON.stringify(numbers), 0o600);
 */
export function writeWholeFile(path: string, contents: string | Uint8Array | Iterable<Uint8Array>, mode = 0o666): void {
  const pieces = typeof contents === 'string' || contents instanceof Uint8Array ? [contents] : contents;
  const temporary = temporaryBeside(path);
  try {
    const file = openSync(temporary, 'wx', mode);
    try {
      for (const piece of pieces) writeFileSync(file, piece);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    putInPlace(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** A hidden name in the folder of `path`, that nobody else has: what will replace `path` grows there. */
export const temporaryBeside = (path: string): string =>
  join(dirname(path), `.${basename(path)}-${randomBytes(6).toString('hex')}.tmp`);

/** Gives a file that is whole and flushed its name, for good. */
export function putInPlace(temporary: string, path: string): void {
  renameSync(temporary, path);
  flushFolder(dirname(path));
}

/** Makes new names in a folder last. Where that cannot be asked for, they are as safe as the system keeps them by itself. */
export function flushFolder(path: string): void {
  if (process.platform === 'win32') return;
  let folder: number | undefined;
  try {
    folder = openSync(path, 'r');
    fsyncSync(folder);
  } catch (error) {
    if (!CANNOT.includes((error as NodeJS.ErrnoException).code)) throw error;
  } finally {
    if (folder !== undefined) closeSync(folder);
  }
}

/** Folders that may be written and not read, and file systems that flush none. */
const CANNOT: readonly (string | undefined)[] = ['EACCES', 'EPERM', 'EINVAL', 'ENOTSUP'];
