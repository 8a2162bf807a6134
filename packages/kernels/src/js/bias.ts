/** A green list laid over a row of logits (native-mark.md, "Green list"). @module */
import { chacha8Block } from './chacha8.ts';

/** Adds delta to the green logits; see Kernels.biasGreen. */
export function biasGreen(
  logits: Float32Array,
  key: Uint32Array,
  nonce: Uint32Array,
  bits: 1 | 2 | 4 | 8,
  green: number,
  cohort: number,
  delta: number,
): number {
  const illegal = firstIllegal(logits, 0);
  if (illegal >= 0) return illegal;
  const slotsPerBlock = 512 / bits;
  addends[1] = delta;
  const low = cohort % slotsPerBlock;
  for (let start = 0; start < logits.length; start += slotsPerBlock) {
    chacha8Block(key, nonce, 0, (start ^ (cohort - low)) / slotsPerBlock, block);
    compare(bits, green);
    const end = Math.min(slotsPerBlock, logits.length - start);
    for (let i = 0; i < end; i++) {
      const r = i ^ low;
      // The double-precision sum of two float32 values, stored as float32, is their float32 sum (53 >= 2 * 24 + 2).
      logits[start + i] = logits[start + i]! + addends[(mask[r >> 5]! >>> (r & 31)) & 1]!;
    }
  }
  return -1;
}

/** Index of the first logit from `from` on that is NaN or +Infinity, or -1. */
export function firstIllegal(logits: Float32Array, from: number): number {
  for (let i = from; i < logits.length; i++) if (!(logits[i]! < Infinity)) return i;
  return -1;
}

/**
 * mask = (value < green) for the block's slots, 32 at a time: bit-serial from the least significant plane up. A plane
 * that differs from green's bit decides, one that agrees leaves the decision of the planes below.
 */
function compare(bits: number, green: number): void {
  const words = 16 / bits;
  for (let i = 0; i < words; i++) {
    let less = 0;
    for (let k = 0; k < bits; k++) {
      const plane = block[k * words + i]!;
      less = (green >> k) & 1 ? less | ~plane : less & ~plane;
    }
    mask[i] = less;
  }
}

const block = new Uint32Array(16);

const mask = new Uint32Array(16);

/** What a token gets, by its mask bit: x + -0 is x for every x, and a branch that a coin decides is mispredicted. */
const addends = Float32Array.of(-0, 0);
