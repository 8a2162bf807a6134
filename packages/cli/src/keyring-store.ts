/** The keyring file as the commands use it: read with errors in words, changed under a lock. @module */
import { closeSync, openSync, realpathSync, rmSync, statSync } from 'node:fs';
import { Keyring } from '@taggant/core';
import { readKeyringFile, writeKeyringFile } from '@taggant/core/keyring-file';
import { at, CommandError, withoutSecrets } from './errors.ts';
import type { KeyringFlags } from './flags.ts';
import { endCleanly } from './output.ts';

export function readKeyring({ keyring: path, allowReadableKeyring }: KeyringFlags): Keyring {
  try {
    if (statSync(path).isDirectory()) throw Object.assign(new Error('is a folder'), { code: 'EISDIR' });
    return readKeyringFile(path, { allowReadableByOthers: allowReadableKeyring });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') {
      throw new CommandError(
        `cannot read keyring ${path}: no such file (name one with --keyring, or run taggant keygen)`,
      );
    }
    throw code === undefined ? withoutSecrets(path, error) : at(`cannot read keyring ${path}`, error);
  }
}

/** Replaces the keyring by what `change` makes of it. Two commands at once wait for each other. */
export async function changeKeyring(
  flags: KeyringFlags,
  change: (keyring: Keyring) => Keyring,
  { create = false } = {},
): Promise<void> {
  const exists = statSync(flags.keyring, { throwIfNoEntry: false }) !== undefined;
  // A link stays a link: the file behind it is replaced.
  const path = exists ? realpathSync(flags.keyring) : flags.keyring;
  const unlock = await lock(path);
  try {
    const isThere = statSync(path, { throwIfNoEntry: false }) !== undefined;
    const changed = change(create && !isThere ? new Keyring() : readKeyring({ ...flags, keyring: path }));
    try {
      writeKeyringFile(path, changed);
    } catch (error) {
      throw at(`cannot write keyring ${path}`, error);
    }
  } finally {
    unlock();
  }
}

async function lock(path: string): Promise<() => void> {
  const file = `${path}.lock`;
  for (let waited = 0; ; waited += WAIT_MS) {
    try {
      closeSync(openSync(file, 'wx', 0o600));
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw at(`cannot write keyring ${path}`, error);
      if (waited >= PATIENCE_MS) {
        throw new CommandError(`keyring ${path} is in use by another command; if there is none, remove ${file}`);
      }
      await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
    }
  }
  const release = endCleanly(() => rmSync(file, { force: true }));
  return () => {
    rmSync(file, { force: true });
    release();
  };
}

const WAIT_MS = 50;
const PATIENCE_MS = 10_000;
