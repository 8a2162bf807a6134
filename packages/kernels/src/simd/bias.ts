/** A green list laid over a row of logits; see Kernels.biasGreen. @module */
import { firstIllegal } from '../js/bias.ts';
import type { Kernels } from '../kernels.ts';
import { type Exports, keyHolder, reserve, reusedView } from './module.ts';

export function biasGreen(wasm: Exports): Kernels['biasGreen'] {
  const arena = wasm.arena.value;
  const { hold, wipe } = keyHolder(wasm);
  const paddedRow = reusedView(wasm, Float32Array, arena);
  const exactRow = reusedView(wasm, Float32Array, arena);

  return (logits, key, nonce, bits, green, cohort, delta) => {
    const groups = Math.ceil(logits.length / (2048 / bits));
    const padded = groups * (2048 / bits);
    reserve(wasm, arena + 4 * padded);
    const row = exactRow(logits.length);
    row.set(logits);
    paddedRow(padded).fill(0, logits.length);
    hold(key);
    const illegal = wasm.biasGreen(arena, groups, nonce[0]!, nonce[1]!, nonce[2]!, bits, green, cohort, delta);
    wipe();
    if (illegal >= 0) return firstIllegal(logits, illegal);
    logits.set(row);
    return -1;
  };
}
