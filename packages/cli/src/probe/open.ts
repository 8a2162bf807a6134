/** `taggant probe open`: the finished test as a folder for another party. @module */
import { join } from 'node:path';
import { type RunSummary, writeBundle } from '@taggant/probes/runner';
import { at, CommandError, complain } from '../errors.ts';
import { parseJson } from '../input.ts';
import { writeWhole } from '../output.ts';
import { filesOf, type MaterialFlags, plannedAssignment, sourcesOf } from './materials.ts';
import { readBytes, readPlan } from './plan-file.ts';

interface Flags extends MaterialFlags {
  readonly out: string;
  readonly run?: string;
  readonly revealKeys?: boolean;
  readonly withServed?: boolean;
  readonly withAccounts?: boolean;
}

export async function openRun(path: string, flags: Flags): Promise<void> {
  const file = await readPlan(path);
  const { plan, resolve } = file;
  const folder = flags.run ?? `${path}.run`;
  // Without its keys a test is opened by whoever has the run: the plan's commitments to them are enough.
  const keys = flags.revealKeys ? sourcesOf(file, flags).keys : undefined;
  const { served, deck, accounts } = filesOf(file, flags);
  if (flags.withAccounts && accounts !== undefined) plannedAssignment(plan, accounts);
  const json = (name: string) => parseJson(readBytes(join(folder, name)).toString('utf8'), join(folder, name));
  try {
    const names = writeBundle(flags.out, {
      plan,
      prompts: readBytes(resolve(plan.prompts.file)),
      transcript: readBytes(join(folder, 'transcript.jsonl')),
      run: json('run.json') as RunSummary,
      result: json('result.json'),
      ...(flags.withServed && { served }),
      ...(deck && { deck }),
      ...(flags.withAccounts && { accounts }),
      keys,
    });
    await writeWhole('-', `${flags.out}: ${names.join(', ')}\n`);
  } catch (error) {
    throw error instanceof CommandError ? error : at(flags.out, error);
  }
  await complain(keys === undefined ? KEYLESS(flags.out) : BURNT(join(flags.out, 'keys.json'), keys.length));
}

const KEYLESS = (folder: string) =>
  `${folder} holds no keys: only who has the keyring can check it; for another party, open it with --reveal-keys, which burns the marks`;

const BURNT = (file: string, count: number) =>
  count === 1
    ? `warning: ${file} holds the key. Whoever reads it can write, find and remove its mark: use a new key from now on`
    : `warning: ${file} holds the keys. Whoever reads it can write, find and remove the marks of all ${count}: use new keys from now on`;
