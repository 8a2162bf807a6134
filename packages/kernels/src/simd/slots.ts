/** Slots of single tokens; see Kernels.readSlots. @module */
import type { Kernels } from '../kernels.ts';
import { type Exports, keyHolder, part, reserve, reusedView } from './module.ts';

export function readSlots(wasm: Exports): Kernels['readSlots'] {
  const nonceArea = wasm.arena.value;
  const slotArea = nonceArea + 12 * CHUNK_PAIRS;
  const valueArea = slotArea + 4 * CHUNK_PAIRS;
  const { hold, wipe } = keyHolder(wasm);
  const nonceWords = reusedView(wasm, Uint32Array, nonceArea);
  const slotWords = reusedView(wasm, Uint32Array, slotArea);
  // See keystream.ts for why there are two.
  const full = reusedView(wasm, Uint32Array, valueArea);
  const last = reusedView(wasm, Uint32Array, valueArea);
  reserve(wasm, valueArea + 4 * CHUNK_PAIRS);

  return (key, nonces, slots, bits, out) => {
    hold(key);
    for (let from = 0; from < slots.length; from += CHUNK_PAIRS) {
      const pairs = Math.min(CHUNK_PAIRS, slots.length - from);
      nonceWords(3 * CHUNK_PAIRS).set(part(nonces, 3 * from, 3 * pairs));
      slotWords(CHUNK_PAIRS).set(part(slots, from, pairs));
      // Reads up to 3 pairs left from earlier calls; their values go nowhere.
      wasm.readSlots(valueArea, Math.ceil(pairs / 4) * 4, nonceArea, slotArea, bits);
      out.set((pairs === CHUNK_PAIRS ? full : last)(pairs), from);
    }
    wipe();
  };
}

/** 20 KiB of pairs: what the first-level caches hold beside the source. A multiple of 4. */
const CHUNK_PAIRS = 1024;
