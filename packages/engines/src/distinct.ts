/**
 * Pairs that read the same keyed randomness although their contexts differ: a sum of tokens forgets their order, a minimum
 * all but one of them. To the null law such pairs are copies of each other.
 * @module
 */
import { type Pairs, TupleSet } from '@taggant/core';

/**
 * The pairs whose seed and token (or, where each context counts once, whose seed) no earlier pair has. `seedOf`: the seed of
 * the i-th pair, 32 bits, or 64 as two words; undefined where no key enters it, so that the pair tells nothing.
 */
export function distinctSeeds(pairs: Pairs, seedOf: (i: number) => readonly number[] | undefined): Pairs {
  const { n, tokens } = pairs;
  const seedsSeen = new TupleSet(2);
  const unitsSeen = new TupleSet(3);
  const kept: number[] = [];
  const first: number[] = [];
  const unit = new Uint32Array(3);
  for (let i = 0; i < n; i++) {
    const seed = seedOf(i);
    if (seed === undefined) continue;
    const [low, high = 0] = seed;
    unit[0] = low;
    unit[1] = high;
    unit[2] = tokens[i];
    const isNewSeed = seedsSeen.add(unit, 0);
    const isNew = pairs.dedup === 'context' ? isNewSeed : unitsSeen.add(unit, 0);
    if (!isNew) continue;
    kept.push(i);
    first.push(isNewSeed ? 1 : 0);
  }
  return only(pairs, kept, Uint8Array.from(first));
}

/**
 * The pairs whose unit of randomness no earlier pair has, where context and token are one to the generator. `unitOf`: names
 * the i-th pair's unit, in two words.
 */
export function distinctUnits(pairs: Pairs, unitOf: (i: number) => readonly [number, number]): Pairs {
  const seen = new TupleSet(2);
  const unit = new Uint32Array(2);
  const kept: number[] = [];
  for (let i = 0; i < pairs.n; i++) {
    unit.set(unitOf(i));
    if (seen.add(unit, 0)) kept.push(i);
  }
  return kept.length === pairs.n ? pairs : only(pairs, kept, undefined);
}

/** The pairs of the places `kept`, ascending; `first` as {@link Pairs} has it. */
export function only(pairs: Pairs, kept: readonly number[], first: Uint8Array | undefined): Pairs {
  const { n, contextWidth: width, contexts, tokens, positions } = pairs;
  if (kept.length === n) return { ...pairs, first };
  const keptContexts = new Uint32Array(kept.length * width);
  kept.forEach((i, at) => {
    keptContexts.set(contexts.subarray(i * width, (i + 1) * width), at * width);
  });
  return {
    ...pairs,
    n: kept.length,
    contexts: keptContexts,
    tokens: Uint32Array.from(kept, (i) => tokens[i]),
    positions: Uint32Array.from(kept, (i) => positions[i]),
    first,
    repeated: pairs.repeated + n - kept.length,
  };
}
