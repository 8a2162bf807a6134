/**
 * Bundles: a folder that opens a test, with everything that another party needs to recompute it.
 *
 * `manifest.json` holds the SHA-256 of every other file. A bundle proves what follows from the transcript under the plan,
 * whose commitment was published before. That the suspect wrote the transcript rests on the word of who ran the test.
 * @module
 */
import { copyFileSync, lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { flushFolder, writeWholeFile } from '@taggant/core/whole-file';
import { commitmentFile, plannedKeys, sha256OfBytes } from '../plan/commitment.ts';
import { refuseDeviations } from '../plan/deviations.ts';
import type { Plan } from '../plan/plan.ts';
import { parsePrompts } from '../plan/prompts.ts';
import { commitmentsOf, type OpenedKey, printKeys } from './bundle-keys.ts';
import { sha256OfFile } from './file-hash.ts';
import type { RunSummary } from './journal.ts';

export interface BundleContents {
  readonly plan: Plan;
  readonly prompts: Uint8Array;
  readonly transcript: Uint8Array;
  /** How the run ended; absent where nobody asked through the runner. */
  readonly run?: RunSummary;
  /** What was computed from the plan and the transcript: JSON. */
  readonly result: unknown;
  /** Paths of files to take in; the plan holds the hashes of the served contexts and the deck in any case. */
  readonly served?: string;
  readonly deck?: string;
  readonly accounts?: string;
  /** The keys of the plan's marks, in its order, then its deck's. To give them burns marks and deck. */
  readonly keys?: readonly OpenedKey[];
}

/**
 * Writes a bundle into a new folder, whose parent must be there, and returns the names of its files. Throws when what it is
 * given is not the plan's.
 *
 * @example
 * writeBundle('opened', { plan, prompts, transcript, run, result });
 */
export function writeBundle(folder: string, contents: BundleContents): string[] {
  const { plan, prompts, transcript, run, result, keys } = contents;
  refuseDeviations(plan, {
    prompts: { sha256: sha256OfBytes(prompts), count: parsePrompts(prompts).length },
    keys: keys === undefined ? plannedKeys(plan) : commitmentsOf(keys),
    tokenizer: plan.tokenizer,
    served: contents.served === undefined ? plan.served?.sha256 : sha256OfFile(contents.served),
    deck: contents.deck === undefined ? plan.deck?.sha256 : sha256OfFile(contents.deck),
    accounts: plan.accounts?.commitment,
    software: plan.software,
  });
  mkdirSync(folder);
  const write = (name: BundleFile, data: string | Uint8Array, mode?: number) =>
    writeWholeFile(join(folder, name), data, mode);
  write('plan.json', printJson(plan));
  write('commitment.json', commitmentFile(plan));
  write('prompts.jsonl', prompts);
  write('transcript.jsonl', transcript);
  if (run !== undefined) {
    const { end, used, requests, tokens } = run;
    write('run.json', printJson({ end, used, requests, tokens }));
  }
  write('result.json', printJson(result));
  for (const name of ATTACHED) {
    const path = contents[name];
    if (path !== undefined) copyFileSync(path, join(folder, name));
  }
  if (keys !== undefined) write('keys.json', printKeys(keys), 0o600);
  writeWholeFile(join(folder, MANIFEST), printManifest(folder));
  flushFolder(folder);
  return readdirSync(folder).sort();
}

/** The manifest of a folder as it is: every file but itself, by name. Throws for whatever does not belong into a bundle. */
export function printManifest(folder: string): string {
  const names = readdirSync(folder).filter((name) => name !== MANIFEST);
  const stranger = names.find(
    (name) => !BUNDLE_FILES.includes(name as BundleFile) || !lstatSync(join(folder, name)).isFile(),
  );
  if (stranger !== undefined) throw new RangeError(`${stranger}: expected only files of a bundle`);
  const files = names.sort().map((name) => [name, { sha256: sha256OfFile(join(folder, name)) }]);
  return printJson({ bundle: 'taggant/1', files: Object.fromEntries(files) });
}

/** Indented JSON. Throws for what JSON would silently change: numbers that are not finite, and -0. */
export function printJson(value: unknown): string {
  const refuse = (key: string, field: unknown) => {
    if (typeof field !== 'number' || (Number.isFinite(field) && !Object.is(field, -0))) return field;
    throw new RangeError(`"${key}" expected a number that JSON can hold, got ${Object.is(field, -0) ? '-0' : field}`);
  };
  return `${JSON.stringify(value, refuse, 2)}\n`;
}

export const MANIFEST = 'manifest.json';
export const ATTACHED = ['served', 'deck', 'accounts'] as const;
export const BUNDLE_FILES = [
  'plan.json',
  'commitment.json',
  'prompts.jsonl',
  'transcript.jsonl',
  'run.json',
  'result.json',
  ...ATTACHED,
  'keys.json',
] as const;
export type BundleFile = (typeof BUNDLE_FILES)[number];
