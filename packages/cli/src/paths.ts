/** Whether two paths are one file, links resolved, so that no output replaces what it rests on. @module */
import { realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { CommandError } from './errors.ts';

/** Throws when `output` is one of the files that are in use under other flags. */
export function refuseToReplace(
  output: readonly [flag: string, path: string | undefined],
  others: Readonly<Record<string, string | undefined>>,
): void {
  const [flag, path] = output;
  for (const [other, used] of Object.entries(others)) {
    if (isSameFile(path, used)) throw new CommandError(`${flag} and ${other} expected two files, got ${path} twice`);
  }
}

/** Streams and devices are none: there is nothing to replace. */
function isSameFile(a: string | undefined, b: string | undefined): boolean {
  if (a === undefined || b === undefined || a === '-' || b === '-') return false;
  const stats = statSync(a, { throwIfNoEntry: false });
  return (stats === undefined || stats.isFile()) && whereIs(a) === whereIs(b);
}

/** A file that is not there yet is a name in a folder that may be. */
const whereIs = (path: string) =>
  realpath(path) ?? join(realpath(dirname(resolve(path))) ?? dirname(resolve(path)), basename(path));

function realpath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
