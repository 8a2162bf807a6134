/** The numbers of many texts as one, with bounds. @module */
import { binomialInterval, studentQuantile } from '@taggant/stats';
import type { Share } from './result.ts';

export const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** Of an even number of values the lower middle one: a value that occurred. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[(values.length - 1) >> 1];
}

/** Two one-sided bounds of a mean, each wrong with probability `level`: Student's t. */
export function meanInterval(values: readonly number[], level: number): [number, number] {
  const [n, centre] = [values.length, mean(values)];
  const variance = values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (n - 1);
  const half = studentQuantile(level, n - 1) * Math.sqrt(variance / n);
  return [centre - half, centre + half];
}

/** Exact bounds of a share (Clopper and Pearson); of nothing, 0 to 1. */
export function boundedShare(found: number, n: number, confidence: number): Share {
  const [low, high] = n === 0 ? [0, 1] : binomialInterval(found, n, confidence);
  return { found, n, low, high };
}

/** Of which a mean says nothing yet. */
export const LEAST_TEXTS = 16;

/** Four digits. */
export const shown = (value: number): string => String(Number(value.toPrecision(4)));
