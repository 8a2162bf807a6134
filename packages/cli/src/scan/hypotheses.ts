/** What a scan tries: each key under each setting that a text may have been marked with. @module */
import {
  deriveKey,
  EngineKey,
  exportEngineKey,
  exportKey,
  isOfEngine,
  type KeyEntry,
  type Keyring,
  type MarkKey,
  type NativeDescriptor,
  nativeVariants,
  parseDescriptor,
  SCHEMES,
  Secret,
} from '@taggant/core';
import { type EngineMarkFile, engineKeyFields, engineVariants, openEngineMark } from '@taggant/engines';
import { CommandError } from '../errors.ts';
import { isObject } from '../input.ts';
import { holdsKey, type SealedMark } from '../mark-file.ts';

/** One of the things tried: whose key, and where its setting differs from the one that was written down. */
export interface Tried {
  /** The key's kid and label, or the mark file that holds it. */
  readonly key: string;
  /** `gamma 1/4 (set: 1/2)`, for each field that differs. */
  readonly differs: readonly string[];
}

/** One of the things to try, as plain data for any thread. Holds a key: it is handed over as a message and never written anywhere. */
export interface SealedHypothesis {
  readonly of: Tried;
  readonly mark: SealedMark;
  /** A setting that nobody wrote down: what its engine would refuse does not fit. */
  readonly isVariant: boolean;
}

export interface ScanSources {
  readonly keyring: Keyring | undefined;
  /** Mark files, parsed, by their path. */
  readonly files: readonly { readonly place: string; readonly fields: Record<string, unknown> }[];
  /** Widths of logits to try besides the ones that files say. */
  readonly vocabSizes: readonly number[];
  /** Try the settings as they are written, and no others. */
  readonly exact: boolean;
  /** Told what could not be tried. */
  readonly onSkip?: (message: string) => void;
}

/** All of them. Without mark files, every key of the keyring under its scheme's default settings. */
export function hypothesesOf(sources: ScanSources): SealedHypothesis[] {
  const { keyring, files } = sources;
  const settings = files.length > 0 ? files : defaultsOf(keyring);
  return settings.flatMap(({ place, fields }) => {
    if (fields.mark === 'taggant/1') return native(place, fields, sources);
    try {
      return ofEngine(place, fields, sources);
    } catch (error) {
      // Keys of the keyring are tried as far as their engine's defaults go; a file has to be right.
      if (files.length > 0) throw error;
      sources.onSkip?.(`keys of ${fields.mark} are left out: ${(error as Error).message}; name a file with --mark`);
      return [];
    }
  });
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

function native(place: string, all: Record<string, unknown>, { keyring, exact }: ScanSources): SealedHypothesis[] {
  const { secret, label, kid, ...fields } = all;
  const set = parseDescriptor(fields);
  const variants = exact ? [set] : nativeVariants(set);
  const keys: [string, MarkKey][] =
    secret === undefined
      ? entriesOf(keyring, kid).flatMap((entry) =>
          'secret' in entry && entry.key.scheme === set.scheme ? [[nameOf(entry), entry.key]] : [],
        )
      : [[place, deriveKey(Secret.fromHex(secret as string), set.scheme, label as string | undefined)]];
  return keys.flatMap(([name, key]) => {
    const exported = exportKey(key);
    return variants.map((descriptor) => ({
      of: { key: name, differs: differences(set, descriptor, NATIVE_FIELDS) },
      mark: { descriptor, key: exported },
      isVariant: false,
    }));
  });
}

function ofEngine(place: string, fields: Record<string, unknown>, sources: ScanSources): SealedHypothesis[] {
  const { keyring, vocabSizes, exact } = sources;
  const { kid, tokenizer: _, ...rest } = fields;
  const file = { ...rest, config: asObject(rest.config) } as unknown as EngineMarkFile;
  return keysOf(place, file, kid, keyring).flatMap(({ name, kid, fields: keyFields }) => {
    const set: EngineMarkFile = { ...file, config: { ...file.config, ...keyFields }, ...(kid ? { kid } : {}) };
    const start = set.vocabSize === undefined && vocabSizes.length > 0 ? { ...set, vocabSize: vocabSizes[0] } : set;
    const variants = exact ? [start] : engineVariants(start, vocabSizes);
    const [first] = variants;
    // A setting that cannot be opened is an error, not a mark that was not found.
    openEngineMark(first);
    const secret = engineKeyFields(first);
    return variants.map((variant) => ({
      of: {
        key: name,
        differs: [
          ...differences(
            file.config,
            variant.config,
            Object.keys(variant.config).filter((field) => !secret.includes(field)),
            first.config,
          ),
          ...differences(file, variant, ['vocabSize', 'device', 'cudaThreads'], first),
        ],
      },
      mark: variant,
      isVariant: variant !== first,
    }));
  });
}

interface KeyToTry {
  readonly name: string;
  readonly kid?: string;
  readonly fields: object;
}

/** The key that the file holds; or those of the keyring that fit, of the kid if it names one; or the engine's default. */
function keysOf(place: string, file: EngineMarkFile, kid: unknown, keyring: Keyring | undefined): KeyToTry[] {
  if (holdsKey(file)) {
    if (kid === undefined) return [{ name: place, fields: {} }];
    throw new CommandError(`${place}: expected a "kid" or a key in "config", got both`);
  }
  const entries = entriesOf(keyring, kid)
    .filter(isOfEngine)
    .filter(({ key }) => key.mark === file.mark);
  if (kid === undefined && entries.length === 0) return [{ name: "the engine's public default", fields: {} }];
  return entries.map((entry) => ({ name: nameOf(entry), kid: entry.key.kid, fields: exportEngineKey(entry.key) }));
}

/** The keyring's entry of a kid, or all of them. */
function entriesOf(keyring: Keyring | undefined, kid: unknown): readonly KeyEntry[] {
  if (keyring === undefined) return [];
  return kid === undefined ? keyring.entries : [keyring.find(kid as string)];
}

const nameOf = ({ key }: KeyEntry) => (key.label === '' ? key.kid : `${key.kid} (${key.label})`);
const asObject = (value: unknown) => (isObject(value) ? value : {});

/**
 * What was tried where the file says otherwise, or says nothing and the engine's default is another. `defaults`: the first
 * variant, which takes the default wherever nothing is set. Keys of engines are never among the fields.
 */
function differences(set: object, tried: object, fields: readonly string[], defaults: object = {}): string[] {
  const [was, is, standard] = [set, tried, defaults] as Record<string, unknown>[];
  return fields.flatMap((field) => {
    const expected = was[field] ?? standard[field];
    if (expected === undefined || String(expected) === String(is[field])) return [];
    return [`${field} ${is[field]} (${was[field] === undefined ? 'default' : 'set'}: ${expected})`];
  });
}

const NATIVE_FIELDS: readonly (keyof NativeDescriptor | 'gamma' | 'layers')[] = [
  'gamma',
  'layers',
  'contextWidth',
  'cohort',
];
