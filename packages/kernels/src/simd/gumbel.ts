/** Gumbel-max over a whole vocabulary; see Kernels.loudest. @module */
import { CHUNK } from '../chunk.ts';
import { QUIETEST } from '../js/gumbel.ts';
import type { Kernels } from '../kernels.ts';
import { loudness } from '../noise.ts';
import { homeOf, type Room } from './room.ts';

export function loudest(shared: Room): Kernels['loudest'] {
  return (logits, largest, temperature, key, nonce, cohort) => {
    const { wasm, hold, wipe, enter, results, words } = homeOf(logits) ?? shared;
    const [n0, n1, n2] = nonce as unknown as [number, number, number];
    const pairs = words(2 * CHUNK);
    let token = -1;
    let best = QUIETEST;
    hold(key);
    for (let from = 0; from < logits.length; from += CHUNK) {
      const length = Math.min(CHUNK, logits.length - from);
      const at = enter(logits, from, length);
      const n = wasm.louder(at, length, from, n0, n1, n2, cohort, largest, temperature, best, results);
      for (let i = 0; i < n; i++) {
        const v = from + pairs[2 * i]!;
        const sum = loudness((logits[v]! - largest) / temperature, pairs[2 * i + 1]!);
        // Within 64 tokens the pairs are not in the tokens' order.
        if (sum > best || (sum === best && v < token)) {
          best = sum;
          token = v;
        }
      }
    }
    wipe();
    return token;
  };
}
