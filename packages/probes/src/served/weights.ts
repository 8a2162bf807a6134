/**
 * How much a pair counts by how often its context was served.
 *
 * The sum that tells a trained model from an innocent one best weights each pair by its expected excess over the null
 * (Neyman and Pearson, for small excesses). A model that saw a context c times in our text and holds c0 observations' worth of
 * belief from elsewhere follows our text to c / (c + c0). With c0 = 7 that is, to the nearest integer, from 1 for a context
 * served once to 8 for one served all the time. The weights were fixed by that reasoning and before any score was
 * looked at; they never depend on the key, so that any would be valid.
 * @module
 */
import type { Pairs } from '@taggant/core';
import type { ServedContexts } from './contexts.ts';

/** The largest weight there is. */
export const MAX_WEIGHT = 8;

/**
 * The weight of a pair whose context was served so often: an integer from 1 to 8.
 *
 * @example
 * [1, 2, 7, 20, 255].map(weightOf); // [1, 2, 4, 6, 8]
 */
export function weightOf(count: number): number {
  return Math.max(1, Math.round((MAX_WEIGHT * count) / (count + MAX_WEIGHT - 1)));
}

/** The weights of pairs. Contexts that were not served get weight 1. */
export function weightsOf({ n, contexts, contextWidth }: Pairs, served: ServedContexts): Uint8Array {
  return Uint8Array.from({ length: n }, (_, i) => weightOf(served.count(contexts, i * contextWidth)));
}
