/** The keys that a plan has committed to, found in a keyring. @module */
import { existsSync, writeFileSync } from 'node:fs';
import {
  type CanaryKey,
  deriveCanaryKey,
  deriveKey,
  EngineKey,
  exportEngineKey,
  isOfEngine,
  type Keyring,
  type Mark,
  MarkKey,
  type NativeDescriptor,
  openMark,
} from '@taggant/core';
import { type EngineDescriptor, type EngineMarkFile, openEngineMark, withRandomKey } from '@taggant/engines';
import { type Assignment, keyCommitment, type Plan, plannedKeys } from '@taggant/probes';
import type { OpenedKey } from '@taggant/probes/runner';
import { CommandError } from '../errors.ts';
import type { KeyringFlags } from '../flags.ts';
import { isObject, parseJson } from '../input.ts';
import { readKeyring } from '../keyring-store.ts';
import { readBytes } from './plan-file.ts';

/** The keys of the plan, in its order: those of the keyring, and those of the assignment's labels under its secrets. */
export function keysOf(
  plan: Plan,
  planPath: string,
  assignment: Assignment | undefined,
  flags: KeyringFlags,
): OpenedKey[] {
  const keyring = readKeyring(flags);
  const keys = [...allKeys(keyring, assignment), ...canaryKeys(keyring).map(({ key }) => key)];
  const salts = readSalts(planPath);
  return plannedKeys(plan).map((commitment, i) => {
    const found = keys.map((key) => ({ key, salt: salts[i] })).find((one) => isKey(one, commitment));
    if (found !== undefined) return found;
    const isEngines = (plan.marks?.[i]?.descriptor.mark ?? 'taggant/1') !== 'taggant/1';
    const salt = isEngines ? `, with its salt from ${saltsPath(planPath)},` : '';
    throw new MissingKeyError(
      `${flags.keyring} holds no key whose commitment${salt} is ${commitment}, the plan's key ${i + 1}`,
    );
  });
}

/** The keyring is a good one, and not the plan's. */
export class MissingKeyError extends CommandError {}

function allKeys(keyring: Keyring, assignment: Assignment | undefined): (MarkKey | EngineKey)[] {
  const labels = assignment?.labels().map(({ label }) => label) ?? [];
  return keyring.entries.flatMap((entry): (MarkKey | EngineKey)[] =>
    isOfEngine(entry)
      ? [entry.key]
      : [entry.key, ...labels.map((label) => deriveKey(entry.secret, entry.key.scheme, label))],
  );
}

/** The keys of all labels of the assignment under the secret of the key with this commitment, whatever that key's own label. */
export function labelKeys(commitment: string, assignment: Assignment, flags: KeyringFlags): MarkKey[] {
  const labels = assignment.labels().map(({ label }) => label);
  for (const entry of readKeyring(flags).entries) {
    if (isOfEngine(entry)) continue;
    const keys = labels.map((label) => deriveKey(entry.secret, entry.key.scheme, label));
    if ([entry.key, ...keys].some((key) => key.commitment === commitment)) return keys;
  }
  throw new CommandError(
    `--accounts expected a first --mark of a secret in ${flags.keyring}, whose labels the accounts have`,
  );
}

/** The keys of the labels that accounts were served with: they stand last. */
export const accountKeysOf = ({ accounts }: Plan, keys: readonly OpenedKey[]): MarkKey[] =>
  keys
    .slice(keys.length - (accounts?.keys?.length ?? 0))
    .map(({ key }) => key)
    .filter((key) => key instanceof MarkKey);

function isKey({ key, salt }: OpenedKey, commitment: string): boolean {
  if (key instanceof EngineKey && salt === undefined) return false;
  return keyCommitment(key, salt) === commitment;
}

/** The plan's marks, opened with their keys. */
export function marksOf(plan: Plan, keys: readonly OpenedKey[]): Mark[] {
  return (plan.marks ?? []).map(({ descriptor }, i) => {
    const { key } = keys[i];
    if (key instanceof MarkKey) return openMark(descriptor as NativeDescriptor, key);
    return openEngineMark(engineFile(plan, keys, i));
  });
}

/** The plan's i-th mark, of another engine, under a random key. */
export const decoysOf =
  (plan: Plan, keys: readonly OpenedKey[]) => (i: number, random: (length: number) => Uint8Array) =>
    openEngineMark(withRandomKey(engineFile(plan, keys, i), random));

function engineFile(plan: Plan, keys: readonly OpenedKey[], i: number): EngineMarkFile {
  const { config, ...rest } = (plan.marks ?? [])[i].descriptor as EngineDescriptor;
  return { ...rest, config: { ...config, ...exportEngineKey(keys[i].key as EngineKey) } };
}

/** One canary key for each master secret. */
export function canaryKeys(keyring: Keyring): { readonly kid: string; readonly key: CanaryKey }[] {
  return keyring.entries.flatMap((entry) =>
    isOfEngine(entry) ? [] : [{ kid: entry.key.kid, key: deriveCanaryKey(entry.secret) }],
  );
}

/** The one canary key of a keyring, or that of a kid; keys of one secret have the same. */
export function theCanaryKey({ keyring: path, ...flags }: KeyringFlags, kid?: string): CanaryKey {
  const all = canaryKeys(readKeyring({ keyring: path, ...flags }));
  const fitting = all.filter((one) => kid === undefined || one.kid === kid);
  if (new Set(fitting.map(({ key }) => key.commitment)).size === 1) return fitting[0].key;
  const kids = all.map(({ kid }) => kid).join(', ');
  if (all.length === 0) throw new CommandError(`${path} holds no master secret that could draw`);
  if (kid !== undefined) throw new CommandError(`--kid expected one of ${kids}, got another`);
  throw new CommandError(`${path} holds several master secrets: choose the one that draws, of ${kids}`);
}

/** Salts of engines' keys, which are too short to be hashed alone. They stand beside the plan, and are secret as the keys are. */
export const saltsPath = (planPath: string) => `${planPath}.salts.json`;

export function writeSalts(path: string, salts: readonly (string | undefined)[]): void {
  writeFileSync(path, `${JSON.stringify({ salts: salts.map((salt) => salt ?? null) })}\n`, { mode: 0o600, flag: 'wx' });
}

function readSalts(planPath: string): readonly (string | undefined)[] {
  const path = saltsPath(planPath);
  if (!existsSync(path)) return [];
  const value = parseJson(readBytes(path).toString('utf8'), path);
  const salts = isObject(value) ? value.salts : undefined;
  if (Array.isArray(salts)) return salts.map((salt) => salt ?? undefined);
  throw new CommandError(`${path}: expected the salts of the plan's keys`);
}
