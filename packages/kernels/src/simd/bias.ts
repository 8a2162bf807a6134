/** A green list laid over a row of logits; see Kernels.biasGreen. @module */
import { firstIllegal } from '../js/legal.ts';
import type { Kernels } from '../kernels.ts';
import { reserve, reusedView } from './module.ts';
import { homeOf, type Room } from './room.ts';

export function biasGreen(shared: Room): Kernels['biasGreen'] {
  const { wasm, rows } = shared;
  const visitor = reusedView(wasm, Float32Array, rows);

  return (logits, key, nonce, bits, green, cohort, delta) => {
    const home = homeOf(logits);
    if (home) {
      // In place nothing can be taken back, so the row is checked first.
      const suspect = home.wasm.firstIllegal(logits.byteOffset, logits.length);
      if (suspect >= 0) return firstIllegal(logits, suspect);
      add(home, logits.byteOffset);
      return -1;
    }
    reserve(wasm, rows + 4 * logits.length);
    const row = visitor(logits.length);
    row.set(logits);
    const illegal = add(shared, rows);
    if (illegal >= 0) return firstIllegal(logits, illegal);
    logits.set(row);
    return -1;

    function add({ wasm, hold, wipe }: Room, at: number): number {
      hold(key);
      const illegal = wasm.biasGreen(at, logits.length, 0, nonce[0]!, nonce[1]!, nonce[2]!, bits, green, cohort, delta);
      wipe();
      return illegal;
    }
  };
}
