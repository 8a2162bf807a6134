/** The flags of searches and decoys: `--cohorts`, `--decode`, `--decoys`, `--decoy-keys`. @module */
import { existsSync } from 'node:fs';
import { MAX_COHORTS } from '@taggant/core';
import type { Cohorts } from '@taggant/detector';
import type { Command } from 'commander';
import { CommandError, masked } from './errors.ts';
import { integer } from './flags.ts';
import { readText } from './input.ts';

export interface SearchFlags {
  readonly cohorts?: string;
  readonly decode?: number;
  readonly decoys?: number;
  readonly decoyKeys?: number;
  readonly seed?: string;
}

/** Which cohorts to try, and what people call them. */
export interface SearchSetup {
  readonly cohorts: Cohorts;
  readonly noun: 'cohort' | 'payload';
}

export const withSearch = (command: Command) =>
  command
    .option(
      '--cohorts <range>',
      'which of these cohorts wrote it: a range (0-23999; 7-7 is one), or a file with a number a line',
    )
    .option('--decode <bits>', 'read the payload of so many bits that the mark carries', integer(1, 24))
    .option('--decoys <n>', 'rank the mark among at least so many cohorts of its key', integer(1, MAX_COHORTS - 1))
    .option(
      '--decoy-keys <n>',
      'rank the mark among so many random keys, and test whether their p-values are uniform',
      integer(1, 2 ** 24),
    )
    .option('--seed <text>', 'with --decoy-keys: what the random keys are made from (default: drawn, and printed)');

/** What the flags ask for; a file of cohorts is read here. */
export async function searchOf({
  cohorts,
  decode,
  decoys,
  decoyKeys,
  seed,
}: SearchFlags): Promise<SearchSetup | undefined> {
  if (cohorts !== undefined && decode !== undefined) throw new CommandError('expected --cohorts or --decode, got both');
  if (decoys !== undefined && (cohorts ?? decode) !== undefined) {
    throw new CommandError('--decoys ranks the cohort of the mark file; it does not go with --cohorts or --decode');
  }
  if (decoyKeys !== undefined && (cohorts ?? decode) !== undefined) {
    throw new CommandError('--decoy-keys ranks the key of the mark file; it does not go with --cohorts or --decode');
  }
  if (seed !== undefined && decoyKeys === undefined) throw new CommandError('--seed goes with --decoy-keys');
  if (decode !== undefined) return { cohorts: { first: 0, count: 2 ** decode }, noun: 'payload' };
  if (cohorts === undefined) return undefined;
  return { cohorts: rangeOf(cohorts) ?? (await listOf(cohorts)), noun: 'cohort' };
}

/** The file that `--cohorts` names; undefined for a range. */
export const cohortsFile = (text: string | undefined) => (text === undefined || RANGE.test(text) ? undefined : text);

function rangeOf(text: string): Cohorts | undefined {
  const [, first, last] = RANGE.exec(text)?.map(Number) ?? [];
  if (first === undefined) return undefined;
  if (first <= last && last < MAX_COHORTS) return { first, count: last - first + 1 };
  throw new CommandError(
    `--cohorts expected a rising range from 0 to at most ${MAX_COHORTS - 1}, such as 0-23999, got ${text}`,
  );
}

/** A number a line; blank lines are skipped. */
async function listOf(path: string): Promise<number[]> {
  if (path !== '-' && !existsSync(path)) {
    throw new CommandError(
      `--cohorts expected a range (0-23999; 7-7 is one cohort), or a file with a number a line, got ${masked(JSON.stringify(path))}, which is neither`,
    );
  }
  const lines = (await readText(path)).split('\n').map((line) => line.trim());
  const numbered = lines.map((line, i) => ({ line, place: `${path}:${i + 1}` })).filter(({ line }) => line !== '');
  if (numbered.length === 0) throw new CommandError(`${path}: expected a cohort a line, got none`);
  return numbered.map(({ line, place }) => {
    if (/^\d{1,8}$/.test(line) && Number(line) < MAX_COHORTS) return Number(line);
    throw new CommandError(`${place}: expected an integer from 0 to ${MAX_COHORTS - 1}`);
  });
}

const RANGE = /^(\d+)-(\d+)$/;
