/** Uniform numbers from a seed in words. @module */
import { createHash } from 'node:crypto';

/** xorshift128 (Marsaglia 2003), seeded by SHA-256: a repeatable source for simulations. */
export function xorshift(seed: string): () => number {
  const words = createHash('sha256').update(seed).digest();
  let [x, y, z, w] = [0, 4, 8, 12].map((at) => words.readUInt32LE(at));
  return () => {
    const t = x ^ (x << 11);
    [x, y, z] = [y, z, w];
    w = (w ^ (w >>> 19) ^ t ^ (t >>> 8)) >>> 0;
    return w / 2 ** 32;
  };
}
