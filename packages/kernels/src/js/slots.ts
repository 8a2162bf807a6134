/** Slots of single tokens (native-mark.md, "Green list" and "Gumbel-max"). @module */
import type { SlotBits } from '../kernels.ts';
import { chacha8Block } from './chacha8.ts';

/** One slot per pair; see Kernels.readSlots. */
export function readSlots(
  key: Uint32Array,
  nonces: Uint32Array,
  slots: Uint32Array,
  bits: SlotBits,
  out: Uint32Array,
): void {
  const slotsPerBlock = 512 / bits;
  for (let i = 0; i < slots.length; i++) {
    const r = slots[i]! % slotsPerBlock;
    chacha8Block(key, nonces, 3 * i, (slots[i]! - r) / slotsPerBlock, block);
    out[i] = bits === 32 ? block[r]! : planesAt(r, bits);
  }
}

/** Bits r, S + r, 2S + r, ... of the block, least significant first. */
function planesAt(r: number, bits: number): number {
  let value = 0;
  for (let k = 0; k < bits; k++) {
    const offset = (k * 512) / bits + r;
    value |= ((block[offset >> 5]! >>> (offset & 31)) & 1) << k;
  }
  return value;
}

const block = new Uint32Array(16);
