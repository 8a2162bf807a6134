/**
 * Assignment files, and what is exported of them: mode 0600, written whole or not at all, refused when others can read
 * them. Node only.
 * @module
 */
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { writeWholeFile } from '@taggant/core/whole-file';
import { Assignment } from '../accounts/assignment.ts';
import type { Served } from '../accounts/serving.ts';

/**
 * Reads an assignment file. Throws when it is missing, damaged, or readable by group or others (not checked on Windows,
 * where modes do not say who may read).
 */
export function readAssignmentFile(path: string): Assignment {
  const file = openSync(path, 'r');
  try {
    const mode = fstatSync(file).mode & 0o777;
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw new RangeError(`assignment ${path} expected mode 600, got ${mode.toString(8)}: run chmod 600 on it`);
    }
    return Assignment.parse(readFileSync(file, 'utf8'));
  } finally {
    closeSync(file);
  }
}

/** Writes an assignment file: a new file of mode 0600 beside it, flushed, then renamed over it. */
export function writeAssignmentFile(path: string, assignment: Assignment): void {
  writeWholeFile(path, assignment.print(), 0o600);
}

/** Writes what the serving side needs as JSONL, one account a line, whole or not at all; mode 0600. */
export function writeServedMarks(path: string, served: Iterable<Served>): void {
  writeWholeFile(path, jsonLines(served), 0o600);
}

function* jsonLines(served: Iterable<Served>): Generator<Uint8Array> {
  for (const one of served) yield Buffer.from(`${JSON.stringify(one)}\n`);
}
