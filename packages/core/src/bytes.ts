/** Text forms of byte strings: hex and base64url, strict both ways. @module */
import { sha256 } from '@noble/hashes/sha2.js';

/** Lower-case hex of the bytes. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** SHA-256 of the UTF-8 text, in hex. */
export function sha256Hex(text: string): string {
  return toHex(sha256(new TextEncoder().encode(text)));
}

/** Bytes of a hex string. Throws a TypeError that never repeats the text: it may be a secret. */
export function fromHex(text: string, name: string): Uint8Array {
  if (typeof text !== 'string' || text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) {
    throw new TypeError(`"${name}" expected an even number of hex digits, got ${describeSecretText(text)}`);
  }
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16));
}

/** base64url without padding (RFC 4648, section 5). */
export function toBase64Url(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');
}

/** Bytes of a base64url string without padding. Throws a TypeError that never repeats the text. */
export function fromBase64Url(text: string, name: string): Uint8Array {
  if (typeof text === 'string' && /^[A-Za-z0-9_-]*$/.test(text) && text.length % 4 !== 1) {
    const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = Uint8Array.from(binary, (char) => char.charCodeAt(0));
    // atob ignores stray bits in the last digit.
    if (toBase64Url(bytes) === text) return bytes;
  }
  throw new TypeError(`"${name}" expected base64url, got ${describeSecretText(text)}`);
}

/** A bad value that may be a secret in the wrong place: its kind, never its content. */
export const describeSecretText = (text: unknown): string =>
  typeof text === 'string' ? `text of length ${text.length}` : `a value of type ${typeof text}`;
