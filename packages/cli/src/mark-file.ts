/**
 * Mark files: a descriptor, or an array of them (layers on one text), each opened with its key from the keyring
 * or with the secret that it carries inline.
 * @module
 */
import { existsSync } from 'node:fs';
import {
  deriveKey,
  exportEngineKey,
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
import { type EngineMarkFile, engineKeyFields, openEngineMark } from '@taggant/engines';
import { CommandError, complain, withoutSecrets } from './errors.ts';
import type { KeyringFlags } from './flags.ts';
import { isObject, nameOf, parseJsonExactly, readText } from './input.ts';
import { readKeyring } from './keyring-store.ts';

export interface MarkFile {
  readonly marks: readonly Mark[];
  /** The same marks with their keys, as a worker thread opens them. */
  seal(): readonly SealedMark[];
  /** The file held an array. */
  readonly layered: boolean;
}

/** A mark as plain data, for {@link unseal}. Its key is a secret. */
export type SealedMark = { readonly descriptor: NativeDescriptor; readonly key: string } | EngineMarkFile;

export const unseal = (sealed: SealedMark): Mark =>
  'key' in sealed
    ? openMark(sealed.descriptor, importKey(sealed.key, sealed.descriptor.scheme))
    : openEngineMark(sealed);

export async function openMarkFile(
  path: string,
  purpose: 'marking' | 'detection',
  flags: KeyringFlags,
): Promise<MarkFile> {
  const place = nameOf(path);
  return openMarks(parseJsonExactly(await readText(path), place), place, purpose, flags);
}

/** What stands in a mark file; `place` is what errors call it. */
export async function openMarks(
  value: unknown,
  place: string,
  purpose: 'marking' | 'detection',
  flags: KeyringFlags,
): Promise<MarkFile> {
  const layered = Array.isArray(value);
  const entries: unknown[] = layered ? value : [value];
  if (entries.length === 0) throw new CommandError(`${place}: expected at least one mark, got an empty array`);
  let keyring: Keyring | undefined;
  const keyringOnce = () => (keyring ??= readKeyring(flags));
  const opened = entries.map((entry, i) => openEntry(entry, layered ? `${place}: layer ${i + 1}` : place));
  const marks = opened.map(({ mark }) => mark);
  if (opened.some(({ isInline }) => isInline)) {
    await complain(`warning: ${place} carries its key inline; that is for tests and experiments only`);
  }
  const seal = () => opened.map(({ sealed }) => sealed());
  return { marks, seal, layered };

  /** Whether the keyring, if there is one, has a usable key of an engine's mark. */
  function hasKeyFor(mark: string): boolean {
    if (!existsSync(flags.keyring)) return false;
    return keyringOnce().entries.some(({ key, status }) => 'mark' in key && key.mark === mark && status !== 'retired');
  }

  function openEntry(entry: unknown, where: string): OpenedMark {
    if (!isObject(entry)) throw new CommandError(`${where}: expected a mark as a JSON object, got ${show(entry)}`);
    return entry.mark === 'taggant/1' ? openNative(entry, where) : openOfEngine(entry, where);
  }

  function openNative({ secret, label, ...fields }: Record<string, unknown>, where: string): OpenedMark {
    const descriptor = saying(where, () => {
      if (secret === undefined && label !== undefined) throw new TypeError('"label" goes with an inline "secret" only');
      return parseDescriptor(fields);
    });
    const { scheme, kid } = descriptor;
    const open = (key: MarkKey): OpenedMark => ({
      mark: openMark(descriptor, key),
      sealed: () => ({ descriptor, key: exportKey(key) }),
      isInline: secret !== undefined,
    });
    if (secret !== undefined) {
      return saying(where, () =>
        open(deriveKey(Secret.fromHex(secret as string), scheme, label as string | undefined)),
      );
    }
    const keys = keyringOnce();
    return saying(flags.keyring, () =>
      open(purpose === 'marking' ? keys.forMarking(scheme, kid, new Date()) : keys.forDetection(scheme, kid)),
    );
  }

  /** With a `kid`, the key comes from the keyring; without, it stands in the configuration, or is the engine's own default. */
  function openOfEngine(entry: Record<string, unknown>, where: string): OpenedMark {
    const file = entry as unknown as EngineMarkFile;
    const { mark: name, kid } = file;
    const open = (complete: EngineMarkFile): OpenedMark => {
      const mark = openEngineMark(complete);
      const isInline = kid === undefined && engineKeyFields(complete).length > 0;
      return { mark, sealed: () => complete, isInline };
    };
    if (kid === undefined && (holdsKey(file) || !hasKeyFor(name))) return saying(where, () => open(file));
    const keys = keyringOnce();
    const key = saying(flags.keyring, () =>
      purpose === 'marking' ? keys.engineKeyForMarking(name, kid, new Date()) : keys.engineKeyForDetection(name, kid),
    );
    return saying(where, () => {
      const fields = exportEngineKey(key);
      const twice = Object.keys(fields).find((field) => isObject(file.config) && field in file.config);
      if (twice !== undefined) throw new TypeError(`"config.${twice}" expected no value beside a "kid", got one`);
      return open({ ...file, config: { ...file.config, ...fields } });
    });
  }
}

/** Whether a configuration holds its key itself. */
export function holdsKey(file: EngineMarkFile): boolean {
  try {
    return engineKeyFields(file).length > 0;
  } catch {
    // Without a key, or wrong in another way: opening it says which.
    return false;
  }
}

interface OpenedMark {
  readonly mark: Mark;
  sealed(): SealedMark;
  readonly isInline: boolean;
}

function saying<T>(where: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw withoutSecrets(where, error);
  }
}
