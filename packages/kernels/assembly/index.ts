/**
 * The exports of the SIMD module. Memory: static areas first (8 key words at `key`, then scratch), and from `arena` on
 * whatever the caller lays there; the module itself never allocates, and the caller grows the memory.
 */
import { KEY } from './chacha8';

export const key: usize = KEY;
export const arena: usize = (__heap_base + 15) & ~15;

export { keystream } from './keystream';
export { countGreen, readSlots } from './slots';
export { biasGreen } from './bias';
export { firstIllegal } from './legal';
export { countCohorts } from './cohorts';
export { peaks } from './peaks';
export { massBelow } from './mass';
export { louder } from './gumbel';
export { play } from './tournament';
export { philox } from './philox';
export { divisors, placeOf } from './permutation';
