/** `taggant probe accounts`: secret numbers for accounts, and what the serving side needs to know of them. @module */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { deriveKey, isOfEngine, type NativeKeyEntry, parseDescriptor, type Scheme } from '@taggant/core';
import { Assignment, type Newcomer, servedMarks } from '@taggant/probes';
import { writeAssignmentFile, writeServedMarks } from '@taggant/probes/runner';
import { at, CommandError } from '../errors.ts';
import type { KeyringFlags } from '../flags.ts';
import { parseJson, readJsonLines } from '../input.ts';
import { changeKeyring, readKeyring } from '../keyring-store.ts';
import { writeWhole } from '../output.ts';
import { refuseToReplace } from '../paths.ts';
import { readAssignment } from './materials.ts';
import { readBytes } from './plan-file.ts';

interface Flags extends KeyringFlags {
  readonly create?: boolean;
  readonly add?: string;
  readonly epoch?: string;
  readonly export?: string;
  readonly mark?: string;
}

export async function changeAccounts(path: string, flags: Flags): Promise<void> {
  if (flags.create && existsSync(path)) throw new CommandError(`${path} exists already: numbers in it are in use`);
  if (!flags.create && !existsSync(path)) {
    throw new CommandError(`cannot read ${path}: no such file; --create makes one`);
  }
  const newcomers = flags.add === undefined ? [] : await newcomersOf(flags.add);
  const before = flags.create ? undefined : readAssignment(path);
  const assignment = attempt(path, () => changed(before, newcomers, flags));
  if (assignment !== before) attempt(path, () => writeAssignmentFile(path, assignment));
  if (flags.export !== undefined) await exportMarks(path, assignment, flags as Flags & { export: string });
  const { accounts, range } = assignment;
  await writeWhole(
    '-',
    `accounts    ${accounts.length}, numbers below ${range}\ncommitment  ${assignment.commitment()}\n`,
  );
}

function changed(before: Assignment | undefined, accounts: readonly Newcomer[], { epoch }: Flags): Assignment {
  const random = (length: number) => new Uint8Array(randomBytes(length));
  if (before !== undefined) return accounts.length === 0 ? before : before.withAccounts(accounts, random);
  const from = new Date().toISOString();
  const label = epoch ?? from.slice(0, 'yyyy-mm'.length);
  const ids = accounts.flatMap((one) => (typeof one === 'string' ? [] : [...(one.tiers ?? [])]));
  const tenants = accounts.flatMap((one) => (typeof one === 'string' || one.tenant === undefined ? [] : [one.tenant]));
  const plan = { epoch: { label, from }, tiers: [...new Set(ids)], tenants: [...new Set(tenants)], accounts };
  return Assignment.create(plan, random);
}

async function newcomersOf(path: string): Promise<Newcomer[]> {
  const accounts: Newcomer[] = [];
  for await (const { place, fields } of readJsonLines(path)) {
    const { id, tiers, tenant, ...others } = fields;
    const [unknown] = Object.keys(others);
    if (unknown !== undefined) throw new CommandError(`${place}: unknown field "${unknown}" of an account`);
    if (typeof id !== 'string') throw new CommandError(`${place}: "id" expected a string`);
    accounts.push({
      id,
      ...(tiers === undefined ? {} : { tiers: tiers as string[] }),
      ...(tenant === undefined ? {} : { tenant: tenant as string }),
    });
  }
  return accounts;
}

async function exportMarks(path: string, assignment: Assignment, flags: Flags & { readonly export: string }) {
  refuseToReplace(['--export', flags.export], {
    'the assignment': path,
    '--keyring': flags.keyring,
    '--mark': flags.mark,
  });
  if (flags.mark === undefined)
    throw new CommandError('--export expected --mark: the mark that accounts get, without cohort');
  const { kid, cohort, ...account } = attempt(flags.mark, () =>
    parseDescriptor(parseJson(readBytes(flags.mark as string).toString('utf8'), flags.mark as string)),
  );
  const entry = readKeyring(flags).entries.find(({ key }) => key.kid === kid);
  if (entry === undefined || isOfEngine(entry)) throw new CommandError(`${flags.keyring} holds no key ${kid ?? ''}`);
  const keyOf = (scheme: Scheme, label: string) => deriveKey(entry.secret, scheme, label);
  await keepKeys(assignment, entry, flags);
  attempt(flags.export, () => writeServedMarks(flags.export, servedMarks(assignment, { account }, keyOf, new Date())));
}

/** The labels' keys join the keyring, so that the exported marks can be written and read with it. */
async function keepKeys(assignment: Assignment, entry: NativeKeyEntry, flags: KeyringFlags): Promise<void> {
  await changeKeyring(flags, (keyring) =>
    assignment
      .labels()
      .map(({ label }) => deriveKey(entry.secret, entry.key.scheme, label))
      .filter(({ kid }) => !keyring.entries.some(({ key }) => key.kid === kid))
      .reduce((all, key) => all.with({ ...entry, key }), keyring),
  );
}

function attempt<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw error instanceof CommandError ? error : at(path, error);
  }
}
