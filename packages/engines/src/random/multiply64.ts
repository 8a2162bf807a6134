/** Products modulo 2^64 in two words each, for hashes that run too often for BigInt. @module */
import { multiplyHigh } from '@taggant/kernels';

/**
 * Writes the low and the high word of a product modulo 2^64, of two integers given by theirs.
 *
 * @example
 * const product = new Uint32Array(2);
 * multiply64(-1, -1, 7, 0, product); // product: [0xfffffff9, 0xffffffff], which is -7
 */
export function multiply64(aLow: number, aHigh: number, bLow: number, bHigh: number, out: Uint32Array): void {
  out[0] = Math.imul(aLow, bLow);
  out[1] = multiplyHigh(aLow, bLow) + Math.imul(aLow, bHigh) + Math.imul(aHigh, bLow);
}
