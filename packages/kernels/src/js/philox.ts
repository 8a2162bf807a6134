/**
 * Philox4x32-10: 128 bits of counter and 64 of key to four 32-bit words. Salmon, Moraes, Dror & Shaw 2011, "Parallel random
 * numbers: as easy as 1, 2, 3". It is a fast generator, not a cipher: nobody claims that its key cannot be found.
 * @module
 */

/** See Kernels.philox. */
export function philox(blocks: Uint32Array, keys: Uint32Array): void {
  const block = new Uint32Array(4);
  for (let i = 0; 2 * i < keys.length; i++) {
    for (let j = 0; j < 4; j++) block[j] = blocks[4 * i + j]!;
    philoxBlock(block, keys[2 * i]!, keys[2 * i + 1]!);
    blocks.set(block, 4 * i);
  }
}

/**
 * Replaces the four counter words in `block` by the generator's four output words.
 *
 * @example
 * const block = Uint32Array.of(0, 0, 0, 0);
 * philoxBlock(block, 0, 0);
 * block[0].toString(16); // '6627e8d5', from the known-answer file of Random123
 */
export function philoxBlock(block: Uint32Array, key0: number, key1: number): void {
  let a = block[0];
  let b = block[1];
  let c = block[2];
  let d = block[3];
  for (let round = 0; round < 10; round++) {
    const highA = multiplyHigh(M0, a);
    const highC = multiplyHigh(M1, c);
    const lowA = Math.imul(M0, a);
    const lowC = Math.imul(M1, c);
    a = highC ^ b ^ key0;
    b = lowC;
    c = highA ^ d ^ key1;
    d = lowA;
    key0 = (key0 + W0) | 0;
    key1 = (key1 + W1) | 0;
  }
  block[0] = a;
  block[1] = b;
  block[2] = c;
  block[3] = d;
}

/** The upper 32 bits of a 64-bit product of two 32-bit words. No product or sum below exceeds 32 bits. */
export function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const cross = Math.imul(aHigh, bLow) + (Math.imul(aLow, bLow) >>> 16);
  const rest = Math.imul(aLow, bHigh) + (cross & 0xffff);
  return (Math.imul(aHigh, bHigh) + (cross >>> 16) + (rest >>> 16)) | 0;
}

const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const W0 = 0x9e3779b9 | 0;
const W1 = 0xbb67ae85 | 0;
