/** The keys of a plan's marks in a bundle: whoever reads them can write, find and remove these marks from then on. @module */
import {
  CanaryKey,
  EngineKey,
  exportCanaryKey,
  exportEngineKey,
  exportKey,
  importCanaryKey,
  importKey,
  MarkKey,
  SCHEMES,
} from '@taggant/core';
import { Fields, hash, kindOf, list, oneOf, text, word } from '@taggant/core/fields';
import { keyCommitment } from '../plan/commitment.ts';

/** A key as the plan commits to it; an engine's with its salt. */
export interface OpenedKey {
  readonly key: MarkKey | CanaryKey | EngineKey;
  readonly salt?: string;
}

export const BURNT =
  'SECRET: whoever reads this file can write, find and remove these marks. Every text that carries them has lost its protection: use new keys from now on.';

/** JSON with the keys in the plan's order. */
export function printKeys(keys: readonly OpenedKey[]): string {
  const printed = keys.map(({ key, salt }) =>
    key instanceof MarkKey
      ? { scheme: key.scheme, label: key.label, key: exportKey(key) }
      : key instanceof CanaryKey
        ? { scheme: CANARY, label: key.label, key: exportCanaryKey(key) }
        : { mark: key.mark, fields: exportEngineKey(key), salt },
  );
  return `${JSON.stringify({ warning: BURNT, keys: printed }, null, 2)}\n`;
}

/** The keys that {@link printKeys} wrote. No value is shown in an error. */
export function parseKeys(value: unknown): OpenedKey[] {
  const fields = new Fields(value, 'keys.json', ['warning', 'keys'], kindOf);
  fields.get('warning', oneOf(BURNT));
  return [...fields.get('keys', list(openedKey))];
}

function openedKey(value: unknown, name: string): OpenedKey {
  const fields = new Fields(value, name, ['scheme', 'label', 'key', 'mark', 'fields', 'salt'], kindOf);
  if (fields.has('key')) {
    const [scheme, exported, label] = [
      fields.get('scheme', oneOf(CANARY, ...SCHEMES)),
      fields.get('key', text),
      fields.get('label', text),
    ];
    return { key: scheme === CANARY ? importCanaryKey(exported, label) : importKey(exported, scheme, label) };
  }
  const key = new EngineKey(
    fields.get('mark', word),
    fields.get('fields', (given) => given as never),
  );
  return { key, salt: fields.get('salt', hash) };
}

export const commitmentsOf = (keys: readonly OpenedKey[]): string[] =>
  keys.map(({ key, salt }) => keyCommitment(key, salt));

const CANARY = 'canary';
