/** Pairs by hand, and parts of a run's pairs. @module */
import type { DedupMode, Pairs } from '@taggant/core';

/** The pairs from the i-th on; views, not copies. */
export function pairsFrom(pairs: Pairs, i: number): Pairs {
  return {
    ...pairs,
    n: pairs.n - i,
    contexts: pairs.contexts.subarray(i * pairs.contextWidth),
    tokens: pairs.tokens.subarray(i),
    positions: pairs.positions.subarray(i),
    first: pairs.first?.subarray(i),
  };
}

/** The pairs that are the first of their context, as mode `context` would have collected them. Needs `first`. */
export function firstOfContexts(pairs: Pairs): Pairs {
  const { n, contextWidth: width, contexts, tokens, positions, first } = pairs;
  const kept: number[] = [];
  for (let i = 0; i < n; i++) if (first?.[i] === 1) kept.push(i);
  const keptContexts = new Uint32Array(kept.length * width);
  kept.forEach((i, at) => {
    for (let j = 0; j < width; j++) keptContexts[at * width + j] = contexts[i * width + j];
  });
  return {
    ...pairs,
    n: kept.length,
    dedup: 'context',
    contexts: keptContexts,
    tokens: Uint32Array.from(kept, (i) => tokens[i]),
    positions: Uint32Array.from(kept, (i) => positions[i]),
    first: new Uint8Array(kept.length).fill(1),
    repeated: pairs.repeated + n - kept.length,
  };
}

/** A context that begins at `start` of a text, and a token. */
export interface Place {
  readonly text: Uint32Array;
  readonly start: number;
  readonly token: number;
}

/** For each place whether its pair remains when a mark's `distinct` has left out those that share an earlier one's randomness. */
export function remaining(places: readonly Place[], width: number, dedup: DedupMode, distinct: Distinct): boolean[] {
  const n = places.length;
  const contexts = new Uint32Array(n * width);
  places.forEach(({ text, start }, i) => {
    contexts.set(text.subarray(start, start + width), i * width);
  });
  const tokens = Uint32Array.from(places, ({ token }) => token);
  const positions = Uint32Array.from({ length: n }, (_, i) => i);
  const counts = { positionsSeen: n, repeated: 0, withoutContext: 0 };
  const kept = new Set(distinct({ n, dedup, contextWidth: width, contexts, tokens, positions, ...counts }).positions);
  return places.map((_, i) => kept.has(i));
}

export type Distinct = (pairs: Pairs) => Pairs;
