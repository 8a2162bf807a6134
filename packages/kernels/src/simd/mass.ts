/** The weight of a row's tail; see Kernels.massBelow. @module */
import { CHUNK } from '../chunk.ts';
import { scaleOf } from '../js/mass.ts';
import type { Kernels } from '../kernels.ts';
import { homeOf, type Room } from './room.ts';

export function massBelow(shared: Room): Kernels['massBelow'] {
  return (logits, floor, largest, temperature) => {
    const { wasm, enter } = homeOf(logits) ?? shared;
    const scale = scaleOf(temperature);
    let mass = 0;
    for (let from = 0; from < logits.length; from += CHUNK) {
      const length = Math.min(CHUNK, logits.length - from);
      mass += wasm.massBelow(enter(logits, from, length), length, floor, largest, scale);
    }
    return mass;
  };
}
