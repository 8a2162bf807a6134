/** The largest of every 64 and every 16 logits; see Kernels.peaks. @module */
import { CHUNK } from '../chunk.ts';
import { firstIllegal } from '../js/legal.ts';
import type { Kernels } from '../kernels.ts';
import { homeOf, type Room } from './room.ts';

export function peaks(shared: Room): Kernels['peaks'] {
  return (logits, out) => {
    const { wasm, enter, results, numbers, lastNumbers } = homeOf(logits) ?? shared;
    for (let from = 0; from < logits.length; from += CHUNK) {
      const length = Math.min(CHUNK, logits.length - from);
      const illegal = wasm.peaks(enter(logits, from, length), length, results);
      if (illegal >= 0) return firstIllegal(logits, from + illegal);
      out.set((length === CHUNK ? numbers : lastNumbers)(5 * Math.ceil(length / 64)), (5 * from) / 64);
    }
    return -1;
  };
}
