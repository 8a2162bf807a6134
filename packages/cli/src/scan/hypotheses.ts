/** What a scan tries: each key under each setting that a text may have been marked with. @module */
import {
  deriveKey,
  EngineKey,
  exportEngineKey,
  type KeyEntry,
  type Keyring,
  type MarkKey,
  type NativeDescriptor,
  nativeVariants,
  openMark,
  parseDescriptor,
  SCHEMES,
  Secret,
} from '@taggant/core';
import type { Hypothesis } from '@taggant/detector';
import { type EngineMarkFile, engineVariants, openEngineMark } from '@taggant/engines';
import { CommandError } from '../errors.ts';
import { isObject } from '../input.ts';

/** One of the things tried: whose key, and where its setting differs from the one that was written down. */
export interface Tried {
  /** The key's kid and label, or the mark file that holds it. */
  readonly key: string;
  /** `gamma 1/4 (set: 1/2)`, for each field that differs. */
  readonly differs: readonly string[];
}

export interface ScanSources {
  readonly keyring: Keyring | undefined;
  /** Mark files, parsed, by their path. */
  readonly files: readonly { readonly place: string; readonly fields: Record<string, unknown> }[];
  /** Widths of logits to try besides the ones that files say. */
  readonly vocabSizes: readonly number[];
  /** Try the settings as they are written, and no others. */
  readonly exact: boolean;
}

/** All of them. Without mark files, every key of the keyring under its scheme's default settings. */
export function hypothesesOf(sources: ScanSources): Hypothesis<Tried>[] {
  const { keyring, files } = sources;
  const settings = files.length > 0 ? files : defaultsOf(keyring);
  return settings.flatMap(({ place, fields }) =>
    fields.mark === 'taggant/1' ? native(place, fields, sources) : ofEngine(place, fields, sources),
  );
}

/** A mark without a kid for every scheme, and every engine, of the keyring's keys. */
function defaultsOf(keyring: Keyring | undefined): ScanSources['files'] {
  const entries = keyring?.entries ?? [];
  if (entries.length === 0) throw new CommandError('scan expected marks (--mark) or a keyring with keys (--keyring)');
  const schemes = SCHEMES.filter((scheme) => entries.some(({ key }) => 'scheme' in key && key.scheme === scheme));
  const engines = new Set(entries.flatMap(({ key }) => (key instanceof EngineKey ? [key.mark] : [])));
  return [
    ...schemes.map((scheme) => ({ place: 'keyring', fields: { mark: 'taggant/1', scheme } })),
    ...[...engines].map((mark) => ({ place: 'keyring', fields: { mark, config: {} } })),
  ];
}

function native(place: string, all: Record<string, unknown>, { keyring, exact }: ScanSources): Hypothesis<Tried>[] {
  const { secret, label, kid, ...fields } = all;
  const set = parseDescriptor(fields);
  const variants = exact ? [set] : nativeVariants(set);
  const keys: [string, MarkKey][] =
    secret === undefined
      ? entriesOf(keyring, kid).flatMap((entry) =>
          'secret' in entry && entry.key.scheme === set.scheme ? [[nameOf(entry), entry.key]] : [],
        )
      : [[place, deriveKey(Secret.fromHex(secret as string), set.scheme, label as string | undefined)]];
  return keys.flatMap(([name, key]) =>
    variants.map((variant) => ({
      of: { key: name, differs: differences(set, variant, NATIVE_FIELDS) },
      open: () => openMark(variant, key),
    })),
  );
}

function ofEngine(place: string, fields: Record<string, unknown>, sources: ScanSources): Hypothesis<Tried>[] {
  const { keyring, vocabSizes, exact } = sources;
  const { kid, tokenizer: _, ...rest } = fields;
  const entries = entriesOf(keyring, kid).filter(({ key }) => key instanceof EngineKey && key.mark === rest.mark);
  // A file that names no key, and for which the keyring has none, holds its own or means the engine's default.
  const keys: [string, object][] =
    kid === undefined && entries.length === 0
      ? [[place, {}]]
      : entries.map((entry) => [nameOf(entry), exportEngineKey(entry.key as EngineKey)]);
  return keys.flatMap(([name, keyFields]) => {
    const set = { ...rest, config: { ...asObject(rest.config), ...keyFields } } as unknown as EngineMarkFile;
    const start = set.vocabSize === undefined && vocabSizes.length > 0 ? { ...set, vocabSize: vocabSizes[0] } : set;
    // A setting that cannot be opened is an error, not a mark that was not found.
    openEngineMark(start);
    return (exact ? [start] : engineVariants(start, vocabSizes)).map((variant) => ({
      of: {
        key: name,
        differs: [
          ...differences(asObject(rest.config), asObject(variant.config), Object.keys(variant.config)),
          ...differences(set, variant, ['vocabSize', 'device']),
        ],
      },
      open: () => openEngineMark(variant),
    }));
  });
}

/** The keyring's entry of a kid, or all of them. */
function entriesOf(keyring: Keyring | undefined, kid: unknown): readonly KeyEntry[] {
  if (keyring === undefined) return [];
  return kid === undefined ? keyring.entries : [keyring.find(kid as string)];
}

const nameOf = ({ key }: KeyEntry) => (key.label === '' ? key.kid : `${key.kid} (${key.label})`);
const asObject = (value: unknown) => (isObject(value) ? value : {});

/** Only of fields that were set: what stands nowhere cannot be wrong. Keys of engines are never among them. */
function differences(set: object, tried: object, fields: readonly string[]): string[] {
  const [was, is] = [set, tried] as Record<string, unknown>[];
  return fields
    .filter((field) => was[field] !== undefined && String(was[field]) !== String(is[field]))
    .map((field) => `${field} ${is[field]} (set: ${was[field]})`);
}

const NATIVE_FIELDS: readonly (keyof NativeDescriptor | 'gamma' | 'layers')[] = [
  'gamma',
  'layers',
  'contextWidth',
  'cohort',
];
