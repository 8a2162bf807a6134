/** Folders in which a suspect is tested: a keyring with a fixed secret, a mark, prompts, and what generated answers become. @module */
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { deriveKey, Keyring, type NativeMarkInput, parseDescriptor, Secret } from '@taggant/core';
import { writeKeyringFile } from '@taggant/core/keyring-file';
import { tinyLmTokenizer } from '@taggant/tiny-lm';
import { expect } from 'vitest';
import { everythingSaid, jsonLines, leaks, run, SECRET, temporaryFolder, watch } from './command.ts';

export type Place = ReturnType<ReturnType<typeof places>>;

/** New folders, each for itself or as a copy of another, so that tests can run side by side. */
export function places() {
  const folder = temporaryFolder();
  let count = 0;
  return (from?: { readonly cwd: string }) => {
    const name = String(count++);
    const cwd = join(folder.path, name);
    if (from === undefined) mkdirSync(cwd);
    else cpSync(from.cwd, cwd, { recursive: true });
    return {
      cwd,
      path: (file: string) => join(cwd, file),
      read: (file: string) => readFileSync(join(cwd, file), 'utf8'),
      json: (file: string) => JSON.parse(readFileSync(join(cwd, file), 'utf8')),
      mode: (file: string) => statSync(join(cwd, file)).mode & 0o777,
      write: (file: string, content: unknown) => folder.file(join(name, file), content),
      taggant: (...args: string[]) => run(args, { cwd }),
    };
  };
}

/** A keyring with a secret that is made of `byte`s; without one, the secret that every test of the command has. */
export function keep({ path }: Place, keyring = 'taggant-keys.json', byte?: number) {
  const secret = Secret.fromBytes(byte === undefined ? SECRET : watch(new Uint8Array(32).fill(byte)));
  const key = deriveKey(secret, 'greenlist');
  writeKeyringFile(path(keyring), new Keyring().with({ secret, key, status: 'active' }));
  return key;
}

/** A green list for tiny-lm's tokens, as `keygen` writes it. */
export const markOf = (kid: string, more: object = {}) =>
  parseDescriptor({
    ...{ mark: 'taggant/1', scheme: 'greenlist', gamma: '1/4', delta: 3, kid, tokenizer: tinyLmTokenizer().id },
    ...more,
  } as NativeMarkInput);

export const lines = (rows: readonly unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

export const PROMPTS = lines(
  [
    'It was late in the evening when',
    'She walked along the river until',
    'The letter said that',
    'Nobody in the village',
    'In the morning, the doctor',
    'There was a house which',
  ].map((prompt, i) => ({ id: `p${i}`, prompt })),
);

/** What the model that comes along answers to `prompts.jsonl`, marked or not. */
export async function answersOf({ taggant }: Place, how: readonly string[], seed: number): Promise<string> {
  const flags = ['--max-new-tokens', '50', '--ignore-end', '--seed', String(seed), '--json'];
  const { status, stdout, stderr } = await taggant('generate', ...how, '--prompts', 'prompts.jsonl', ...flags);
  expect(status, stderr).toBe(0);
  return lines(jsonLines(stdout).map(({ id, text }) => ({ id, reply: text })));
}

/** Everything that was said and every file that is no keyring nor meant to hold secrets is free of them. */
export function expectNoSecrets(all: readonly Place[], secretFiles = /keys\.json$|salts\.json$/): void {
  expect(everythingSaid()).toBeGreaterThan(0);
  expect(leaks()).toEqual([]);
  const files = all.flatMap(({ cwd }) =>
    readdirSync(cwd, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !secretFiles.test(entry.name))
      .map(({ parentPath, name }) => join(parentPath, name)),
  );
  expect(files.length).toBeGreaterThan(0);
  expect(leaks(files.map((file) => ({ args: [file], text: readFileSync(file, 'utf8') })))).toEqual([]);
}
