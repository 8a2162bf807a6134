/**
 * Mark files: a descriptor, or an array of them (layers on one text), each opened with its key from the keyring
 * or with the secret that it carries inline.
 * @module
 */
import {
  deriveKey,
  exportKey,
  importKey,
  type Keyring,
  type Mark,
  type MarkKey,
  type NativeDescriptor,
  openMark,
  parseDescriptor,
  Secret,
  show,
} from '@taggant/core';
import { CommandError, complain, withoutSecrets } from './errors.ts';
import type { KeyringFlags } from './flags.ts';
import { isObject, nameOf, parseJson, readText } from './input.ts';
import { readKeyring } from './keyring-store.ts';

export interface MarkFile {
  readonly marks: readonly Mark[];
  /** The same marks with their keys, as a worker thread opens them. */
  seal(): readonly SealedMark[];
  /** The file held an array. */
  readonly layered: boolean;
}

/** A mark as plain data, for {@link unseal}. Its key is a secret. */
export interface SealedMark {
  readonly descriptor: NativeDescriptor;
  readonly key: string;
}

export const unseal = ({ descriptor, key }: SealedMark): Mark =>
  openMark(descriptor, importKey(key, descriptor.scheme));

export async function openMarkFile(
  path: string,
  purpose: 'marking' | 'detection',
  flags: KeyringFlags,
): Promise<MarkFile> {
  const place = nameOf(path);
  const value = parseJson(await readText(path), place);
  const layered = Array.isArray(value);
  const entries: unknown[] = layered ? value : [value];
  if (entries.length === 0) throw new CommandError(`${place}: expected at least one mark, got an empty array`);
  if (entries.some((entry) => isObject(entry) && entry.secret !== undefined)) {
    await complain(`warning: ${place} carries its key inline; that is for tests and experiments only`);
  }
  let keyring: Keyring | undefined;
  const keyringOnce = () => (keyring ??= readKeyring(flags));
  const opened = entries.map((entry, i) => openEntry(entry, layered ? `${place}: layer ${i + 1}` : place));
  const marks = opened.map(({ mark }) => mark);
  const seal = () => opened.map(({ descriptor, key }) => ({ descriptor, key: exportKey(key) }));
  return { marks, seal, layered };

  function openEntry(entry: unknown, where: string): OpenedMark {
    if (!isObject(entry)) throw new CommandError(`${where}: expected a mark as a JSON object, got ${show(entry)}`);
    const { secret, label, ...fields } = entry;
    const descriptor = saying(where, () => {
      if (fields.mark !== 'taggant/1') throw new RangeError(`unknown mark ${show(fields.mark)}: "taggant/1" expected`);
      if (secret === undefined && label !== undefined) throw new TypeError('"label" goes with an inline "secret" only');
      return parseDescriptor(fields);
    });
    const { scheme, kid } = descriptor;
    if (secret !== undefined) {
      return saying(where, () =>
        withKey(descriptor, deriveKey(Secret.fromHex(secret as string), scheme, label as string | undefined)),
      );
    }
    const keys = keyringOnce();
    return saying(flags.keyring, () =>
      withKey(
        descriptor,
        purpose === 'marking' ? keys.forMarking(scheme, kid, new Date()) : keys.forDetection(scheme, kid),
      ),
    );
  }
}

interface OpenedMark {
  readonly mark: Mark;
  readonly descriptor: NativeDescriptor;
  readonly key: MarkKey;
}

const withKey = (descriptor: NativeDescriptor, key: MarkKey): OpenedMark => ({
  mark: openMark(descriptor, key),
  descriptor,
  key,
});

function saying<T>(where: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw withoutSecrets(where, error);
  }
}
