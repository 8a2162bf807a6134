/**
 * Keys of canary draws: which of several answers an account is served, by HMAC-SHA256 (RFC 2104). As opaque as a
 * `MarkKey`, and of a purpose of its own: no mark shares it.
 * @module
 */
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { toBase64Url } from './bytes.ts';
import { checkLabel, commitmentOf, deriveBytes, keyBytes, type Secret } from './secret.ts';

let bytesOf: (key: CanaryKey) => Uint8Array;

/** Public: `label`, `commitment` and `kid`, made as a MarkKey's. Private: the 32 bytes. */
export class CanaryKey {
  readonly label: string;
  /** SHA-256("taggant/commit/1" || key), hex: can be published before a test and opened after it. */
  readonly commitment: string;
  /** The first 16 hex digits of the commitment. */
  readonly kid: string;
  readonly #bytes: Uint8Array;

  static {
    bytesOf = (key) => key.#bytes;
  }

  /** @internal Use {@link deriveCanaryKey}. */
  constructor(label: string, bytes: Uint8Array) {
    this.label = label;
    this.commitment = commitmentOf(bytes);
    this.kid = this.commitment.slice(0, 16);
    this.#bytes = bytes;
    Object.freeze(this);
  }
}

/**
 * The key of a label: `HKDF-SHA256(secret, info = "taggant/1/canary/" + label)`, 32 bytes.
 *
 * @example
 * const key = deriveCanaryKey(Secret.fromBytes(Uint8Array.from({ length: 32 }, (_, i) => i)));
 * key.kid; // '660f05cb77ed7019'
 */
export function deriveCanaryKey(secret: Secret, label = ''): CanaryKey {
  return new CanaryKey(label, deriveBytes(secret, 'canary', label));
}

/** The key's 32 bytes as base64url, for whoever draws or tests elsewhere: it is a secret, and gives away no other key. */
export const exportCanaryKey = (key: CanaryKey): string => toBase64Url(bytesOf(checkKey(key)));

/** The key that {@link exportCanaryKey} gave out. */
export function importCanaryKey(text: string, label = ''): CanaryKey {
  checkLabel(label);
  return new CanaryKey(label, keyBytes(text));
}

/** HMAC-SHA256(key, message), 32 bytes. They tell nothing of the key, nor of the code of any other message. */
export const canaryMac = (key: CanaryKey, message: Uint8Array): Uint8Array =>
  hmac(sha256, bytesOf(checkKey(key)), message);

function checkKey(key: CanaryKey): CanaryKey {
  if (key instanceof CanaryKey) return key;
  throw new TypeError(`"key" expected a CanaryKey, got ${typeof key}`);
}
