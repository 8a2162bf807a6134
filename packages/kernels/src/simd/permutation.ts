/** Places in torch's permutations; see Kernels.permutationPlaces. @module */
import type { Kernels } from '../kernels.ts';
import { type Exports, instantiate, reserve } from './module.ts';

/**
 * Works in an instance of its own, made when it is first needed: the tables of divisors stay there from call to call, for the
 * sizes that were asked for last.
 */
export function permutationPlaces(): Kernels['permutationPlaces'] {
  let own: Exports | undefined;
  let [tableOf, tableSteps] = [0, 0];

  return (seeds, elements, n, count, out) => {
    own ??= instantiate() as Exports;
    const steps = Math.min(count, n - 1);
    const state = own.arena.value;
    const inverses = state + 4 * STATE_WORDS;
    const mosts = inverses + 4 * steps + PADDING;
    if (tableOf !== n || tableSteps !== steps) {
      reserve(own, mosts + 4 * steps + PADDING);
      own.divisors(inverses, mosts, n, steps);
      [tableOf, tableSteps] = [n, steps];
    }
    for (let i = 0; i < out.length; i++) {
      const place = own.placeOf(seeds[i]!, elements[i]!, n, steps, state, inverses, mosts);
      // After n - 1 steps the one element that no draw took is the last.
      out[i] = place < 0 && count >= n ? n - 1 : place;
    }
  };
}

/** 624, and what a load of four words behind the last reads. */
const STATE_WORDS = 628;
/** Bytes behind a table that are loaded with its last entries. */
const PADDING = 16;
