/** Which tokens of a text other detectors score. @module */
import { TupleSet } from '@taggant/core';

/**
 * The positions from `first` on, in order: all of them, or each (context, token) once (`pair`), or each context once.
 * A context is the `width` tokens before a position; tokens that are not there are all the same.
 *
 * @example
 * scoredPositions(Uint32Array.of(1, 1, 1, 2), { first: 1, width: 1, once: 'context' }); // [1]
 */
export function scoredPositions(
  text: Uint32Array,
  { first, width, once }: { first: number; width: number; once: 'all' | 'pair' | 'context' },
): number[] {
  const length = once === 'pair' ? width + 1 : width;
  const seen = new TupleSet(length);
  const window = new Uint32Array(length);
  const positions: number[] = [];
  for (let i = first; i < text.length; i++) {
    for (let j = 0; j < length; j++) window[j] = text[i - width + j] ?? NO_TOKEN;
    if (once === 'all' || seen.add(window, 0)) positions.push(i);
  }
  return positions;
}

/** Stands where a context has no token; above every token id. */
export const NO_TOKEN = 0xffffffff;
