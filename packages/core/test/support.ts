/** What the tests share: a seeded generator, properties with a fixed seed, the statistics of a histogram. @module */
import { deriveKey, type Scheme, Secret } from '@taggant/core';
import { lnChiSquareTail } from '@taggant/stats';
import fc from 'fast-check';

/** Uniform numbers in [0, 1): SFC32 (C. Doty-Humphrey, PractRand), the same for the same seed. */
export function uniforms(seed: number): () => number {
  let [a, b, c, d] = [0x9e3779b9, 0x243f6a88, seed | 0, 1];
  const next = () => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return (t >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 20; i++) next();
  return next;
}

/** A secret that depends on the number alone. */
export function secretOf(number: number): Secret {
  const bytes = new Uint8Array(32);
  new DataView(bytes.buffer).setFloat64(8, number);
  return Secret.fromBytes(bytes);
}

export const keyOf = (scheme: Scheme, number: number) => deriveKey(secretOf(number), scheme);

/** A row of logits of the kind that models give: mostly normal, some tokens masked. */
export function randomRow(width: number, next: () => number, masked = 0.1): Float32Array {
  const row = new Float32Array(width);
  for (let v = 0; v < width; v++) {
    const normal = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
    row[v] = next() < masked ? Number.NEGATIVE_INFINITY : 3 * normal;
  }
  row[Math.floor(next() * width)] = 4;
  return row;
}

/** softmax(row) in double precision. */
export function softmax(row: ArrayLike<number>): number[] {
  const logits = Array.from(row);
  const largest = Math.max(...logits);
  const weights = logits.map((logit) => Math.exp(logit - largest));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** ln p of Pearson's chi-square test that the counts were drawn from p (all of them positive). */
export function lnChiSquare(counts: readonly number[], p: readonly number[]): number {
  const n = counts.reduce((sum, count) => sum + count, 0);
  const x = counts.reduce((sum, count, i) => sum + (count - n * p[i]) ** 2 / (n * p[i]), 0);
  return lnChiSquareTail(x, counts.length - 1);
}

/** Holds a property against `runs` random cases of a fixed seed; a failure prints seed, path and the shrunk case. */
export function always<T extends unknown[]>(
  arbitraries: { [K in keyof T]: fc.Arbitrary<T[K]> },
  property: (...values: T) => void,
  runs = 100,
): void {
  fc.assert(fc.property(...(arbitraries as unknown as [fc.Arbitrary<unknown>]), property as never), {
    seed: 20251121,
    numRuns: runs,
  });
}

export const LN_RARE = Math.log(1e-4);
