/** Gumbel-max over a whole vocabulary (native-mark.md, "Gumbel-max"). @module */
import { loudness } from '../noise.ts';
import { chacha8Block } from './chacha8.ts';

/** The token of the largest loudness, the first of equals; see Kernels.loudest. */
export function loudest(
  logits: Float32Array,
  largest: number,
  temperature: number,
  key: Uint32Array,
  nonce: Uint32Array,
  cohort: number,
): number {
  let token = -1;
  let best = QUIETEST;
  for (let start = 0; start < logits.length; start += 16) {
    chacha8Block(key, nonce, 0, (start >>> 4) ^ (cohort >>> 4), block);
    const end = Math.min(16, logits.length - start);
    for (let i = 0; i < end; i++) {
      const sum = loudness((logits[start + i]! - largest) / temperature, block[i ^ (cohort & 15)]!);
      if (sum > best) {
        best = sum;
        token = start + i;
      }
    }
  }
  return token;
}

/** Below the noise of every word, which is at least -ln(33 ln 2) = -3.14: the largest logit alone is louder. */
export const QUIETEST = -3.2;

const block = new Uint32Array(16);
