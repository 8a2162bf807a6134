/**
 * Keyring files: mode 0600, written whole or not at all, refused when others can read them. Node only.
 * @module
 */
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { Keyring } from './keyring.ts';
import { writeWholeFile } from './whole-file.ts';

export interface ReadKeyringOptions {
  /** Accept a file that group or others may read. Default false. */
  readonly allowReadableByOthers?: boolean;
}

/**
 * Reads a keyring file. Throws when it is missing, damaged, or readable by group or others (not checked on Windows,
 * where modes do not say who may read).
 */
export function readKeyringFile(path: string, { allowReadableByOthers = false }: ReadKeyringOptions = {}): Keyring {
  const file = openSync(path, 'r');
  try {
    const mode = fstatSync(file).mode & 0o777;
    if (!allowReadableByOthers && process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw new RangeError(`keyring ${path} expected mode 600, got ${mode.toString(8)}: run chmod 600 on it`);
    }
    return Keyring.parse(readFileSync(file, 'utf8'));
  } finally {
    closeSync(file);
  }
}

/** Writes a keyring file: a new file of mode 0600 beside it, flushed, then renamed over it. */
export function writeKeyringFile(path: string, keyring: Keyring): void {
  writeWholeFile(path, keyring.print(), 0o600);
}
