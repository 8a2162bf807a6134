/** Which files a run rests on, and whether two paths are one of them, links resolved, so that no output replaces it. @module */
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

/** What `hf:PATH` reads: a `tokenizer.json`, given as such or by its folder, and the configuration beside it. None of other names. */
export function tokenizerFiles(spec: string | undefined): string[] {
  if (!spec?.startsWith('hf:')) return [];
  const path = spec.slice('hf:'.length);
  const file = statSync(path, { throwIfNoEntry: false })?.isDirectory() ? join(path, 'tokenizer.json') : path;
  return [file, join(dirname(file), 'tokenizer_config.json')];
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
