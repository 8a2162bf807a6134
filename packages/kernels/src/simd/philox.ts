/** Philox4x32-10 over many blocks; see Kernels.philox. @module */
import type { Kernels } from '../kernels.ts';
import { type Exports, reserve, reusedView } from './module.ts';

export function philox(wasm: Exports): Kernels['philox'] {
  const begin = wasm.arena.value;
  const keysBegin = begin + 16 * BLOCKS;
  reserve(wasm, keysBegin + 8 * BLOCKS);
  const [blocksView, keysView] = [reusedView(wasm, Uint32Array, begin), reusedView(wasm, Uint32Array, keysBegin)];

  return (blocks, keys) => {
    const room = blocksView(4 * BLOCKS);
    const roomOfKeys = keysView(2 * BLOCKS);
    for (let from = 0; from < keys.length / 2; from += BLOCKS) {
      const n = Math.min(BLOCKS, keys.length / 2 - from);
      const some = n === keys.length / 2 ? blocks : blocks.subarray(4 * from, 4 * (from + n));
      room.set(some);
      roomOfKeys.set(n === keys.length / 2 ? keys : keys.subarray(2 * from, 2 * (from + n)));
      wasm.philox(begin, keysBegin, Math.ceil(n / 4));
      for (let i = 0; i < some.length; i++) some[i] = room[i]!;
      // The key stays no longer than the call.
      roomOfKeys.fill(0, 0, 2 * n);
    }
  };
}

/** Worked on at a time, in the nearest cache. */
const BLOCKS = 512;
