/**
 * Philox4x32-10: 128 bits of counter and 64 of key to four words. Salmon, Moraes, Dror & Shaw 2011, "Parallel random
 * numbers: as easy as 1, 2, 3"; see Kernels.philox.
 * @module
 */
export function philox(blocks: Uint32Array, keys: Uint32Array): void {
  for (let at = 0, key = 0; at < blocks.length; at += 4, key += 2) {
    let [a, b, c, d] = [blocks[at]!, blocks[at + 1]!, blocks[at + 2]!, blocks[at + 3]!];
    let [k0, k1] = [keys[key]!, keys[key + 1]!];
    for (let round = 0; round < 10; round++) {
      const aHigh = multiplyHigh(M0, a);
      const aLow = Math.imul(M0, a);
      a = multiplyHigh(M1, c) ^ b ^ k0;
      b = Math.imul(M1, c);
      c = aHigh ^ d ^ k1;
      d = aLow;
      k0 = (k0 + W0) | 0;
      k1 = (k1 + W1) | 0;
    }
    blocks[at] = a;
    blocks[at + 1] = b;
    blocks[at + 2] = c;
    blocks[at + 3] = d;
  }
}

/** The upper half of the 64-bit product of two words. */
function multiplyHigh(x: number, y: number): number {
  const [xLow, xHigh, yLow, yHigh] = [x & 0xffff, x >>> 16, y & 0xffff, y >>> 16];
  const low = Math.imul(xLow, yLow) >>> 16;
  const cross = (Math.imul(xHigh, yLow) >>> 0) + low;
  const middle = (Math.imul(xLow, yHigh) >>> 0) + (cross & 0xffff);
  return (Math.imul(xHigh, yHigh) + Math.floor(cross / 65536) + Math.floor(middle / 65536)) | 0;
}

const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const W0 = 0x9e3779b9;
const W1 = 0xbb67ae85;
