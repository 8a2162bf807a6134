/**
 * Master secrets and the keys derived from them (native-mark.md, "Key").
 *
 * Both are opaque: their bytes sit in private fields, so `console.log`, `util.inspect`, `JSON.stringify`
 * and error messages show names and public identifiers only.
 * @module
 */
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { describeSecretText, fromBase64Url, fromHex, toBase64Url, toHex } from './bytes.ts';

/** What a key is for: marks of different schemes never share a keystream. */
export type Scheme = 'greenlist' | 'gumbel' | 'tournament';

export const SCHEMES: readonly Scheme[] = ['greenlist', 'gumbel', 'tournament'];

let secretBytes: (secret: Secret) => Uint8Array;
let keyWords: (key: MarkKey) => Uint32Array;

/** A master secret of at least 32 bytes. Whoever holds it can mark, detect and forge. */
export class Secret {
  readonly #bytes: Uint8Array;

  static {
    secretBytes = (secret) => secret.#bytes;
  }

  private constructor(bytes: Uint8Array) {
    if (!(bytes instanceof Uint8Array)) throw new TypeError(`"secret" expected a Uint8Array, got ${typeof bytes}`);
    if (bytes.length < MIN_SECRET_BYTES) {
      throw new RangeError(`"secret" expected at least ${MIN_SECRET_BYTES} bytes, got ${bytes.length}`);
    }
    // Not bytes.slice(): a Buffer's slice is a view, and the caller may wipe or reuse what it views.
    this.#bytes = Uint8Array.from(bytes);
  }

  /** 32 bytes from the platform's cryptographic generator. */
  static generate(): Secret {
    return new Secret(crypto.getRandomValues(new Uint8Array(MIN_SECRET_BYTES)));
  }

  static fromBytes(bytes: Uint8Array): Secret {
    return new Secret(bytes);
  }

  static fromHex(text: string): Secret {
    return new Secret(fromHex(text, 'secret'));
  }

  static fromBase64Url(text: string): Secret {
    return new Secret(fromBase64Url(text, 'secret'));
  }

  toString(): string {
    return '[Secret]';
  }

  toJSON(): string {
    return '[Secret]';
  }
}

/** The 256-bit key of one scheme and label. Public: `kid` and `commitment`. Private: everything else. */
export class MarkKey {
  readonly scheme: Scheme;
  readonly label: string;
  /** SHA-256("taggant/commit/1" || key), hex: can be published before a test and opened after it. */
  readonly commitment: string;
  /** The first 16 hex digits of the commitment. */
  readonly kid: string;
  readonly #words: Uint32Array;

  static {
    keyWords = (key) => key.#words;
  }

  /** @internal Use {@link deriveKey}. */
  constructor(scheme: Scheme, label: string, bytes: Uint8Array) {
    this.scheme = scheme;
    this.label = label;
    this.commitment = commitmentOf(bytes);
    this.kid = this.commitment.slice(0, 16);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#words = Uint32Array.from({ length: 8 }, (_, i) => view.getUint32(4 * i, true));
    Object.freeze(this);
  }
}

/**
 * The key of a scheme under a label: `HKDF-SHA256(secret, info = "taggant/1/" + scheme + "/" + label)`, 32 bytes.
 * A label names a tenant or an epoch; parties that must not share a key get labels of their own.
 *
 * @example
 * const key = deriveKey(Secret.fromBytes(Uint8Array.from({ length: 32 }, (_, i) => i)), 'greenlist');
 * key.kid; // 'd406634db2bb0387'
 */
export function deriveKey(secret: Secret, scheme: Scheme, label = ''): MarkKey {
  checkPurpose(scheme, label);
  return new MarkKey(scheme, label, deriveBytes(secret, scheme, label));
}

/** @internal The 32 bytes of a purpose and label. A purpose holds no slash, so that no two give the same info. */
export function deriveBytes(secret: Secret, purpose: Scheme | 'canary', label: string): Uint8Array {
  if (!(secret instanceof Secret)) throw new TypeError(`"secret" expected a Secret, got ${typeof secret}`);
  checkLabel(label);
  return hkdf(sha256, secretBytes(secret), undefined, utf8(`taggant/1/${purpose}/${label}`), 32);
}

/** @internal What may be published of a key's bytes. */
export const commitmentOf = (bytes: Uint8Array): string => toHex(sha256(concat(utf8(COMMIT_PREFIX), bytes)));

/** The secret as base64url, for the keyring file and nothing else. */
export function exportSecret(secret: Secret): string {
  return toBase64Url(secretBytes(secret));
}

/**
 * A derived key's 32 bytes as base64url: for a worker thread, or for a party that may write and read this one mark. It
 * gives away neither the master secret nor other keys, but it is a secret itself.
 *
 * @example
 * importKey(exportKey(key), key.scheme, key.label).kid === key.kid; // true
 */
export function exportKey(key: MarkKey): string {
  if (!(key instanceof MarkKey)) throw new TypeError(`"key" expected a MarkKey, got ${typeof key}`);
  const bytes = new DataView(new ArrayBuffer(32));
  keyWords(key).forEach((word, i) => {
    bytes.setUint32(4 * i, word, true);
  });
  return toBase64Url(new Uint8Array(bytes.buffer));
}

/** The key that {@link exportKey} gave out. */
export function importKey(text: string, scheme: Scheme, label = ''): MarkKey {
  checkPurpose(scheme, label);
  return new MarkKey(scheme, label, keyBytes(text));
}

/** @internal The 32 bytes of an exported key. */
export function keyBytes(text: string): Uint8Array {
  const bytes = fromBase64Url(text, 'key');
  if (bytes.length === 32) return bytes;
  throw new RangeError(`"key" expected 32 bytes, got ${bytes.length}`);
}

/** @internal The key's 8 little-endian words, for the kernels. */
export const wordsOf = (key: MarkKey): Uint32Array => keyWords(key);

function checkPurpose(scheme: Scheme, label: string): void {
  if (!SCHEMES.includes(scheme)) {
    throw new RangeError(`"scheme" expected one of ${SCHEMES.join(', ')}, got ${describeSecretText(scheme)}`);
  }
  checkLabel(label);
}

/** @internal */
export function checkLabel(label: string): void {
  if (typeof label !== 'string') throw new TypeError(`"label" expected a string, got ${typeof label}`);
  // UTF-8 has no lone surrogates: all of them would become the same U+FFFD, and different labels the same key.
  if (/\p{Surrogate}/u.test(label)) throw new RangeError('"label" expected well-formed Unicode, got a lone surrogate');
}

const utf8 = (text: string) => new TextEncoder().encode(text);
const concat = (a: Uint8Array, b: Uint8Array) => Uint8Array.from([...a, ...b]);

const MIN_SECRET_BYTES = 32;
const COMMIT_PREFIX = 'taggant/commit/1';
