/**
 * A file of results that grows for hours and appears whole or not at all.
 *
 * Lines are appended to `FILE.partial`, which gets its name in the end. A process may die at any moment: what was written
 * stays, a line that it was writing is cut off, and the next process goes on behind the last whole line, if
 * `FILE.partial.json`, written first, says that it would do the same work. `FILE.partial.lock` keeps processes apart.
 * @module
 */
import { closeSync, fsyncSync, openSync, rmSync, statSync, truncateSync, writeSync } from 'node:fs';
import { putInPlace } from '@taggant/core/whole-file';
import type { Verdict } from '@taggant/detector';
import { takeLock } from '@taggant/probes/lock';
import { at, CommandError } from './errors.ts';
import { jsonLinesOf, parseJson, readLines, readText } from './input.ts';
import { endCleanly, refuseKeyring, writeWhole } from './output.ts';
import { NO_RESULTS, type Tally } from './tally.ts';
import { differencesOf, type Work } from './work.ts';

export interface Results {
  /** The results that are there already. */
  readonly done: number;
  readonly tally: Tally;
  append(lines: string): void | Promise<void>;
  /** No more will come: gives the file its name. */
  finish(): void;
  /** Nothing is left of a file that never got a result. */
  leave(): void;
}

/** `resume`: go on where a process stopped that did the same work, or begin if none did. */
export async function openResultsFile(path: string, work: Work, resume: boolean): Promise<Results> {
  const partial = `${path}.partial`;
  const begun = attempt(path, () => {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats?.isDirectory()) throw Object.assign(new Error('is a folder'), { code: 'EISDIR' });
    if (stats !== undefined && !stats.isFile()) throw new Error('--output expected a file, got a device or a pipe');
    if (stats !== undefined) refuseKeyring(path);
    endCleanly(takeLock(`${partial}.lock`));
    return statSync(partial, { throwIfNoEntry: false }) !== undefined;
  });
  if (begun && !resume) {
    throw new CommandError(`${partial} holds the results of a run that was cut short: add --resume, or remove it`);
  }
  if (begun) await checkSameWork(partial, work);
  else await writeWhole(`${partial}.json`, `${JSON.stringify(work, null, 2)}\n`);
  const { done, tally, bytes } = begun ? await wholeLines(partial) : { done: 0, tally: NO_RESULTS, bytes: 0 };
  const file = attempt(partial, () => {
    if (begun) truncateSync(partial, bytes);
    return openSync(partial, begun ? 'a' : 'ax');
  });
  return {
    done,
    tally,
    append: (lines) =>
      attempt(partial, () => {
        const rest = Buffer.from(lines);
        for (let at = 0; at < rest.length; ) at += writeSync(file, rest, at);
      }),
    finish: () =>
      attempt(path, () => {
        fsyncSync(file);
        closeSync(file);
        putInPlace(partial, path);
        rmSync(`${partial}.json`, { force: true });
      }),
    leave: () => {
      if (statSync(partial, { throwIfNoEntry: false })?.size !== 0) return;
      rmSync(partial);
      rmSync(`${partial}.json`, { force: true });
    },
  };
}

async function checkSameWork(partial: string, work: Work): Promise<void> {
  const begun = parseJson(await readText(`${partial}.json`), `${partial}.json`) as Work;
  const differences = differencesOf(begun, work);
  if (differences.length === 0) return;
  throw new CommandError(
    `cannot resume ${partial}, which was begun otherwise: ${differences.join('; ')}. Run the command it was begun with, on the same files, or remove it to begin anew`,
  );
}

/** Counts the results, and the bytes up to the end of the last whole line. */
async function wholeLines(partial: string): Promise<{ done: number; tally: Tally; bytes: number }> {
  const tally = { ...NO_RESULTS };
  let [done, bytes] = [0, 0];
  for await (const lines of readLines(partial)) {
    const end = lines.bytes.lastIndexOf(NEWLINE) + 1;
    for (const { place, fields } of jsonLinesOf({ ...lines, bytes: lines.bytes.subarray(0, end) })) {
      const verdict = fields.verdict as Verdict;
      if (!(verdict in tally)) throw new CommandError(`${place}: expected a result; remove the file to begin anew`);
      tally[verdict]++;
      done++;
    }
    bytes += end;
  }
  return { done, tally, bytes };
}

function attempt<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw at(`cannot write ${path}`, error);
  }
}

const NEWLINE = 0x0a;
