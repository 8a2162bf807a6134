/**
 * A keyring: master secrets, and keys of other engines, with what they are for. As text it is JSON; in a file it has mode 0600
 * (see `@taggant/core/keyring-file`). Errors and `JSON.stringify` never carry a secret.
 * @module
 */
import { describeSecretText } from './bytes.ts';
import { EngineKey, type EngineKeyFields, exportEngineKey } from './engine-key.ts';
import { deriveKey, exportSecret, type MarkKey, SCHEMES, type Scheme, Secret } from './secret.ts';

/**
 * `active` keys mark and detect. `detect-only` keys still detect: text outlives keys.
 * `retired` keys do neither unless a mark names their kid.
 */
export type KeyStatus = 'active' | 'detect-only' | 'retired';

/** What a key may be used for, and when. */
export interface Validity {
  readonly status: KeyStatus;
  /** ISO 8601 instants between which the key may mark; detection is not limited by them. */
  readonly notBefore?: string;
  readonly notAfter?: string;
}

/** One native key of a keyring; `label` and validity are public, `secret` is opaque. */
export interface NativeKeyEntry extends Validity {
  readonly key: MarkKey;
  readonly secret: Secret;
}

/** One key of another engine's mark. */
export interface EngineKeyEntry extends Validity {
  readonly key: EngineKey;
}

export type KeyEntry = NativeKeyEntry | EngineKeyEntry;

export class Keyring {
  readonly #entries: readonly KeyEntry[];

  constructor(entries: readonly KeyEntry[] = []) {
    const kids = new Set<string>();
    for (const entry of entries) {
      const { kid } = checkEntry(entry).key;
      if (kids.has(kid)) throw new RangeError(`keyring holds kid ${kid} twice`);
      kids.add(kid);
    }
    this.#entries = Object.freeze(entries.map((entry) => Object.freeze({ ...entry })));
  }

  /** Parses the text of a keyring file. */
  static parse(text: string): Keyring {
    const file = parseJson(text);
    if (file.keyring !== VERSION)
      throw new TypeError(`keyring expected "keyring": "${VERSION}", got ${describeSecretText(file.keyring)}`);
    if (!Array.isArray(file.keys)) throw new TypeError('keyring expected an array "keys"');
    return new Keyring(file.keys.map(parseEntry));
  }

  /** The text of a keyring file, secrets included: for `writeKeyringFile`, and nothing else. */
  print(): string {
    const keys = this.#entries.map((entry) => {
      if (isOfEngine(entry)) {
        const { key, ...rest } = entry;
        return { kid: key.kid, mark: key.mark, label: key.label, ...rest, fields: exportEngineKey(key) };
      }
      const { key, secret, ...rest } = entry;
      return { kid: key.kid, scheme: key.scheme, label: key.label, ...rest, secret: exportSecret(secret) };
    });
    return `${JSON.stringify({ keyring: VERSION, keys }, null, 2)}\n`;
  }

  get entries(): readonly KeyEntry[] {
    return this.#entries;
  }

  with(entry: KeyEntry): Keyring {
    return new Keyring([...this.#entries, entry]);
  }

  withStatus(kid: string, status: KeyStatus): Keyring {
    this.find(kid);
    return new Keyring(this.#entries.map((entry) => (entry.key.kid === kid ? { ...entry, status } : entry)));
  }

  /** The entry of a kid; a RangeError if there is none. */
  find(kid: string): KeyEntry {
    const entry = this.#entries.find(({ key }) => key.kid === kid);
    if (entry !== undefined) return entry;
    if (!/^[0-9a-f]{16}$/.test(kid)) {
      throw new RangeError(`a kid expected 16 lower-case hex digits, got ${describeSecretText(kid)}`);
    }
    throw new RangeError(`keyring holds no key ${kid} (it has ${this.#kids()})`);
  }

  /** The key to mark with: the kid's, or the only active one of the scheme. Must be active and valid at `now`. */
  forMarking(scheme: Scheme, kid: string | undefined, now: Date): MarkKey {
    const entry = kid === undefined ? this.#only(scheme, ['active']) : this.#named(scheme, kid);
    checkMayMark(entry, now);
    return entry.key;
  }

  /** As `forMarking`, for the mark of another engine. */
  engineKeyForMarking(mark: string, kid: string | undefined, now: Date): EngineKey {
    const entry = kid === undefined ? this.#onlyOfEngine(mark, ['active']) : this.#namedOfEngine(mark, kid);
    checkMayMark(entry, now);
    return entry.key;
  }

  /** As `forDetection`, for the mark of another engine. */
  engineKeyForDetection(mark: string, kid?: string): EngineKey {
    return (kid === undefined ? this.#onlyOfEngine(mark, ['active', 'detect-only']) : this.#namedOfEngine(mark, kid))
      .key;
  }

  /** The key to detect with: the kid's whatever its status, or the only one of the scheme that is not retired. */
  forDetection(scheme: Scheme, kid?: string): MarkKey {
    return (kid === undefined ? this.#only(scheme, ['active', 'detect-only']) : this.#named(scheme, kid)).key;
  }

  toJSON(): unknown {
    return { keyring: VERSION, keys: this.#entries.map(({ key, status }) => ({ ...key, status })) };
  }

  #named(scheme: Scheme, kid: string): NativeKeyEntry {
    const entry = this.find(kid);
    if (!isOfEngine(entry) && entry.key.scheme === scheme) return entry;
    throw new RangeError(`key ${kid} expected scheme ${scheme}, got ${purposeOf(entry)}`);
  }

  #namedOfEngine(mark: string, kid: string): EngineKeyEntry {
    const entry = this.find(kid);
    if (isOfEngine(entry) && entry.key.mark === mark) return entry;
    throw new RangeError(`key ${kid} expected one of ${mark}, got ${purposeOf(entry)}`);
  }

  #only(scheme: Scheme, statuses: readonly KeyStatus[]): NativeKeyEntry {
    const native = this.#entries.filter((entry): entry is NativeKeyEntry => !isOfEngine(entry));
    return theOnly(
      native.filter(({ key }) => key.scheme === scheme),
      scheme,
      statuses,
    );
  }

  #onlyOfEngine(mark: string, statuses: readonly KeyStatus[]): EngineKeyEntry {
    return theOnly(
      this.#entries.filter(isOfEngine).filter(({ key }) => key.mark === mark),
      mark,
      statuses,
    );
  }

  #kids(): string {
    return this.#entries.length === 0 ? 'none' : this.#entries.map(({ key }) => key.kid).join(', ');
  }
}

/** @internal Whether a key is another engine's. */
export const isOfEngine = (entry: KeyEntry): entry is EngineKeyEntry => entry.key instanceof EngineKey;

const purposeOf = (entry: KeyEntry) => (isOfEngine(entry) ? entry.key.mark : entry.key.scheme);

function theOnly<Entry extends Validity>(
  entries: readonly Entry[],
  what: string,
  statuses: readonly KeyStatus[],
): Entry {
  const fitting = entries.filter(({ status }) => statuses.includes(status));
  if (fitting.length === 1) return fitting[0];
  throw new RangeError(
    `keyring expected one ${statuses.join(' or ')} ${what} key, or a "kid" in the mark, got ${fitting.length} such keys`,
  );
}

function checkMayMark({ key, status, notBefore, notAfter }: KeyEntry, now: Date): void {
  if (Number.isNaN(now.getTime())) throw new RangeError('"now" expected a valid date');
  if (status !== 'active') throw new RangeError(`key ${key.kid} expected status active to mark with, got ${status}`);
  if (notBefore !== undefined && now < new Date(notBefore)) {
    throw new RangeError(`key ${key.kid} may not mark before ${notBefore}`);
  }
  if (notAfter !== undefined && now > new Date(notAfter)) {
    throw new RangeError(`key ${key.kid} may not mark after ${notAfter}`);
  }
}

/** Values are described and never shown: in a damaged file a secret may stand in any field. */
function parseEntry(value: unknown, index: number): KeyEntry {
  const name = `keyring keys[${index}]`;
  if (typeof value !== 'object' || value === null) throw new TypeError(`${name} expected an object`);
  if ('fields' in value) return parseEngineEntry(value as Record<string, unknown>, name);
  const { kid, scheme, label, secret: text, ...rest } = value as Record<string, unknown>;
  for (const field of Object.keys(rest)) {
    if (!OPTIONS.includes(field)) throw new TypeError(`${name} has an unknown field, ${describeSecretText(field)}`);
  }
  if (!SCHEMES.includes(scheme as Scheme)) {
    throw new RangeError(`${name}.scheme expected one of ${SCHEMES.join(', ')}, got ${describeSecretText(scheme)}`);
  }
  if (typeof label !== 'string') {
    throw new TypeError(`${name}.label expected a string, got ${describeSecretText(label)}`);
  }
  const secret = Secret.fromBase64Url(text as string);
  const key = deriveKey(secret, scheme as Scheme, label);
  if (kid !== key.kid)
    throw new RangeError(`${name} is damaged: its secret gives kid ${key.kid}, its "kid" is another`);
  return { key, secret, ...rest } as unknown as KeyEntry;
}

function parseEngineEntry({ kid, mark, label, fields, ...rest }: Record<string, unknown>, name: string): KeyEntry {
  for (const field of Object.keys(rest)) {
    if (!OPTIONS.includes(field)) throw new TypeError(`${name} has an unknown field, ${describeSecretText(field)}`);
  }
  try {
    const key = new EngineKey(mark as string, fields as EngineKeyFields, {
      kid: kid as string,
      label: label as string,
    });
    return { key, ...rest } as unknown as KeyEntry;
  } catch (error) {
    throw new TypeError(`${name}: ${(error as Error).message}`);
  }
}

/** A mark's key must follow from the secret beside it, or the file that is written could not be read back. */
function checkEntry(entry: KeyEntry): KeyEntry {
  const { key, status, notBefore, notAfter } = entry;
  const name = `key ${key.kid}`;
  if (!isOfEngine(entry) && deriveKey(entry.secret, entry.key.scheme, key.label).kid !== key.kid) {
    throw new RangeError(`${name} expected its own secret`);
  }
  if (!STATUSES.includes(status)) {
    throw new RangeError(`${name} expected a status of ${STATUSES.join(', ')}, got ${describeSecretText(status)}`);
  }
  for (const [field, value] of Object.entries({ notBefore, notAfter })) {
    if (value !== undefined && !(INSTANT.test(value) && Date.parse(value) > Number.NEGATIVE_INFINITY)) {
      throw new TypeError(
        `${name} expected "${field}" as an ISO 8601 instant with its time zone, got ${describeSecretText(value)}`,
      );
    }
  }
  return entry;
}

/** JSON.parse quotes its input in errors, and the input holds secrets; so its message is dropped. */
function parseJson(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {}
  throw new TypeError('keyring expected a JSON object: the file is damaged or not a keyring');
}

const VERSION = 'taggant/1';
const STATUSES: readonly KeyStatus[] = ['active', 'detect-only', 'retired'];
const OPTIONS: readonly string[] = ['status', 'notBefore', 'notAfter'];
/** A date alone is midnight UTC; a time needs its zone, or the instant would depend on the machine. */
const INSTANT = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/;
