/**
 * A keyring: master secrets with what they are for. As text it is JSON; in a file it has mode 0600
 * (see `@taggant/core/keyring-file`). Errors and `JSON.stringify` never carry a secret.
 * @module
 */
import { checkOneOf, show } from './check.ts';
import { deriveKey, exportSecret, type MarkKey, SCHEMES, type Scheme, Secret } from './secret.ts';

/**
 * `active` keys mark and detect. `detect-only` keys still detect: text outlives keys.
 * `retired` keys do neither unless a mark names their kid.
 */
export type KeyStatus = 'active' | 'detect-only' | 'retired';

/** One key of a keyring; `label` and validity are public, `secret` is opaque. */
export interface KeyEntry {
  readonly key: MarkKey;
  readonly secret: Secret;
  readonly status: KeyStatus;
  /** ISO 8601 instants between which the key may mark; detection is not limited by them. */
  readonly notBefore?: string;
  readonly notAfter?: string;
}

export class Keyring {
  readonly #entries: readonly KeyEntry[];

  constructor(entries: readonly KeyEntry[] = []) {
    const kids = new Set<string>();
    for (const { key } of entries) {
      if (kids.has(key.kid)) throw new RangeError(`keyring holds kid ${key.kid} twice`);
      kids.add(key.kid);
    }
    this.#entries = [...entries];
  }

  /** Parses the text of a keyring file. */
  static parse(text: string): Keyring {
    const file = parseJson(text);
    if (file.keyring !== VERSION)
      throw new TypeError(`keyring expected "keyring": "${VERSION}", got ${show(file.keyring)}`);
    if (!Array.isArray(file.keys)) throw new TypeError('keyring expected an array "keys"');
    return new Keyring(file.keys.map(parseEntry));
  }

  /** The text of a keyring file, secrets included: for `writeKeyringFile`, and nothing else. */
  print(): string {
    const keys = this.#entries.map(({ key, secret, ...rest }) => ({
      kid: key.kid,
      scheme: key.scheme,
      label: key.label,
      ...rest,
      secret: exportSecret(secret),
    }));
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
    if (entry === undefined) throw new RangeError(`keyring expected kid ${kid}, got ${this.#kids()}`);
    return entry;
  }

  /** The key to mark with: the kid's, or the only active one of the scheme. Must be active and valid at `now`. */
  forMarking(scheme: Scheme, kid: string | undefined, now: Date): MarkKey {
    const entry = kid === undefined ? this.#only(scheme, ['active']) : this.find(kid);
    const { key, status, notBefore, notAfter } = entry;
    if (status !== 'active') throw new RangeError(`key ${key.kid} expected status active to mark with, got ${status}`);
    if (notBefore !== undefined && now < new Date(notBefore)) {
      throw new RangeError(`key ${key.kid} may not mark before ${notBefore}`);
    }
    if (notAfter !== undefined && now > new Date(notAfter)) {
      throw new RangeError(`key ${key.kid} may not mark after ${notAfter}`);
    }
    return key;
  }

  /** The key to detect with: the kid's whatever its status, or the only one of the scheme that is not retired. */
  forDetection(scheme: Scheme, kid?: string): MarkKey {
    return (kid === undefined ? this.#only(scheme, ['active', 'detect-only']) : this.find(kid)).key;
  }

  toJSON(): unknown {
    return { keyring: VERSION, keys: this.#entries.map(({ key, status }) => ({ ...key, status })) };
  }

  #only(scheme: Scheme, statuses: readonly KeyStatus[]): KeyEntry {
    const fitting = this.#entries.filter(({ key, status }) => key.scheme === scheme && statuses.includes(status));
    if (fitting.length === 1) return fitting[0];
    throw new RangeError(
      `keyring expected one ${statuses.join(' or ')} ${scheme} key, or a "kid" in the mark, got ${fitting.length} such keys`,
    );
  }

  #kids(): string {
    return this.#entries.length === 0 ? 'no keys' : this.#entries.map(({ key }) => key.kid).join(', ');
  }
}

function parseEntry(value: unknown, index: number): KeyEntry {
  const name = `keys[${index}]`;
  if (typeof value !== 'object' || value === null) throw new TypeError(`keyring ${name} expected an object`);
  const fields = value as Record<string, unknown>;
  const scheme = checkOneOf(fields.scheme, `${name}.scheme`, SCHEMES);
  if (typeof fields.label !== 'string')
    throw new TypeError(`"${name}.label" expected a string, got ${show(fields.label)}`);
  const secret = Secret.fromBase64Url(fields.secret as string);
  const key = deriveKey(secret, scheme, fields.label);
  if (fields.kid !== key.kid) {
    throw new RangeError(
      `keyring ${name} is damaged: its secret gives kid ${key.kid}, its "kid" says ${show(fields.kid)}`,
    );
  }
  return {
    key,
    secret,
    status: checkOneOf(fields.status, `${name}.status`, ['active', 'detect-only', 'retired']),
    ...parseInstant(fields, 'notBefore', name),
    ...parseInstant(fields, 'notAfter', name),
  };
}

function parseInstant(fields: Record<string, unknown>, field: 'notBefore' | 'notAfter', name: string) {
  const value = fields[field];
  if (value === undefined) return {};
  if (typeof value !== 'string' || Number.isNaN(Date.parse(value))) {
    throw new TypeError(`"${name}.${field}" expected an ISO 8601 instant, got ${show(value)}`);
  }
  return { [field]: value };
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
