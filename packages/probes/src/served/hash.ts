/**
 * Hash `served/1`: 64 bits of a context, as two words. Not seeded and no secret: files of two machines must agree.
 *
 * Two lanes of xxHash32's round (Y. Collet) with different multipliers, mixed at the end by MurmurHash3's finaliser
 * (A. Appleby, public domain). A published hash never changes; a better one gets another name.
 * @module
 */

export const HASH = 'served/1';

/** The hash of `source[start .. start + width)` into `out`: two words of 32 bits. */
export function hash64(source: Uint32Array, start: number, width: number, out: Uint32Array): void {
  let a = 0x9e3779b1 ^ width;
  let b = 0x61c88647;
  for (let i = start; i < start + width; i++) {
    const token = source[i];
    a = Math.imul(rotated(a + Math.imul(token, 0x85ebca77), 13), 0x9e3779b1);
    b = Math.imul(rotated(b ^ Math.imul(token, 0xc2b2ae3d), 17), 0x27d4eb2f) + a;
  }
  out[0] = finished(a + rotated(b, 15));
  out[1] = finished(b ^ Math.imul(out[0], 0x165667b1));
}

const rotated = (h: number, bits: number) => (h << bits) | (h >>> (32 - bits));

function finished(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
