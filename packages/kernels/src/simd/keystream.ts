/** The keystream in its own order; see Kernels.keystream. @module */
import type { Kernels } from '../kernels.ts';
import { type Exports, keyHolder, reserve, reusedView } from './module.ts';

export function keystream(wasm: Exports): Kernels['keystream'] {
  const arena = wasm.arena.value;
  const { hold, wipe } = keyHolder(wasm);
  // A full chunk and a remainder have views of their own, so that a caller who always comes with the same length always
  // meets the same views.
  const full = reusedView(wasm, Uint32Array, arena);
  const last = reusedView(wasm, Uint32Array, arena);
  reserve(wasm, arena + 4 * CHUNK_WORDS);

  return (key, nonce, firstBlock, out) => {
    hold(key);
    for (let from = 0; from < out.length; from += CHUNK_WORDS) {
      const words = Math.min(CHUNK_WORDS, out.length - from);
      wasm.keystream(arena, Math.ceil(words / 64), firstBlock + from / 16, nonce[0]!, nonce[1]!, nonce[2]!);
      out.set((words === CHUNK_WORDS ? full : last)(words), from);
    }
    wipe();
  };
}

/** 64 KiB: what the first-level caches hold beside the source. A multiple of a group. */
const CHUNK_WORDS = 16_384;
