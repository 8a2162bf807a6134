/** The oracle: the native marks as native-mark.md words them, byte by byte and bit by bit, with the platform's HKDF. @module */
import { createHash, hkdfSync } from 'node:crypto';

export function naiveKey(secret: Uint8Array, scheme: string, label = ''): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, new Uint8Array(0), `taggant/1/${scheme}/${label}`, 32));
}

export const naiveCommitment = (key: Uint8Array): string =>
  createHash('sha256').update('taggant/commit/1').update(key).digest('hex');

/** Four fields of 24 bits, little-endian, the most recent token first; 0xFFFFFF beyond the width. */
export function naiveNonce(context: readonly number[], width: number): Uint8Array {
  const fields = [0, 1, 2, 3].map((i) => (i < width ? context[context.length - 1 - i] : 0xffffff));
  return Uint8Array.from(fields.flatMap((field) => [field & 255, (field >> 8) & 255, field >> 16]));
}

/** Reads the slots of one context's keystream; blocks are kept, being slow. */
export function naiveStream(key: Uint8Array, nonce: Uint8Array) {
  const blocks = new Map<number, Uint8Array>();
  const blockAt = (counter: number): Uint8Array => {
    const known = blocks.get(counter) ?? chacha8(key, counter, nonce);
    blocks.set(counter, known);
    return known;
  };
  const bit = (block: Uint8Array, offset: number) => (block[offset >> 3] >> (offset & 7)) & 1;
  /** Value of slot `token XOR cohort` among slots of b bits: bit k is bit k * S + r of block s div S. */
  const value = (token: number, cohort: number, b: number): number => {
    const [s, S] = [token ^ cohort, 512 / b];
    const block = blockAt(Math.floor(s / S));
    let sum = 0;
    for (let k = 0; k < b; k++) sum += bit(block, k * S + (s % S)) * 2 ** k;
    return sum;
  };
  /** The little-endian 32-bit word at byte 4 s. */
  const word = (token: number, cohort: number): number => {
    const s = token ^ cohort;
    const at = (4 * s) % 64;
    return blockAt(Math.floor((4 * s) / 64))
      .subarray(at, at + 4)
      .reduceRight((sum, byte) => sum * 256 + byte, 0);
  };
  return { value, word };
}

function chacha8(key: Uint8Array, counter: number, nonce: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(64);
  bytes.set(new TextEncoder().encode('expand 32-byte k'));
  bytes.set(key, 16);
  new DataView(bytes.buffer).setUint32(48, counter, true);
  bytes.set(nonce, 52);
  const words = (b: Uint8Array) => Array.from({ length: 16 }, (_, i) => new DataView(b.buffer).getUint32(4 * i, true));
  const start = words(bytes);
  const w = words(bytes);
  const turn = (a: number, b: number, d: number, n: number) => {
    w[a] = (w[a] + w[b]) % 2 ** 32;
    const x = (w[d] ^ w[a]) >>> 0;
    w[d] = ((x * 2 ** n) % 2 ** 32) + Math.floor(x / 2 ** (32 - n));
  };
  const quarter = (a: number, b: number, c: number, d: number) => {
    turn(a, b, d, 16);
    turn(c, d, b, 12);
    turn(a, b, d, 8);
    turn(c, d, b, 7);
  };
  for (let double = 0; double < 4; double++) {
    for (const i of [0, 1, 2, 3]) quarter(i, 4 + i, 8 + i, 12 + i);
    for (const i of [0, 1, 2, 3]) quarter(i, 4 + ((i + 1) % 4), 8 + ((i + 2) % 4), 12 + ((i + 3) % 4));
  }
  const out = new DataView(new ArrayBuffer(64));
  start.forEach((x, i) => void out.setUint32(4 * i, (x + w[i]) % 2 ** 32, true));
  return new Uint8Array(out.buffer);
}
