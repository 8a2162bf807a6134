/** A green list laid over a row of logits (native-mark.md, "Green list"). @module */
import { chacha8Block } from './chacha8.ts';
import { lessThan } from './compare.ts';
import { firstIllegal } from './legal.ts';

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
    lessThan(block, bits, green, mask);
    const end = Math.min(slotsPerBlock, logits.length - start);
    for (let i = 0; i < end; i++) {
      const r = i ^ low;
      // The double-precision sum of two float32 values, stored as float32, is their float32 sum (53 >= 2 * 24 + 2).
      logits[start + i] = logits[start + i]! + addends[(mask[r >> 5]! >>> (r & 31)) & 1]!;
    }
  }
  return -1;
}

const block = new Uint32Array(16);

const mask = new Uint32Array(16);

/** What a token gets, by its mask bit: x + -0 is x for every x, and a branch that a coin decides is mispredicted. */
const addends = Float32Array.of(-0, 0);
