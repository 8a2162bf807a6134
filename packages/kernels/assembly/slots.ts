/** Slots of single tokens, four (nonce, slot) pairs at a time: each lane of ChaCha has its own nonce and block. */
import { chacha8, STATE } from './chacha8';

/**
 * Reads one slot per pair into `out`: nonces 12 bytes, slots and values 4 bytes a pair, all three tightly packed.
 * `bits` is 1, 2, 4, 8 (bit planes) or 32 (words). `pairs` must be a multiple of 4; pad with anything.
 */
export function readSlots(out: usize, pairs: u32, nonces: usize, slots: usize, bits: u32): void {
  const log2Slots: u32 = 9 - ctz(bits); // a block of 512 bits holds 512 / bits slots
  const position = i32x4.splat((1 << log2Slots) - 1);
  for (let i: u32 = 0; i < pairs; i += 4) {
    // words 0 1 2 0 | 1 2 0 1 | 2 0 1 2 of four nonces
    const x = v128.load(nonces, 0), y = v128.load(nonces, 16), z = v128.load(nonces, 32);
    const slot = v128.load(slots);
    chacha8(
      i32x4.shr_u(slot, log2Slots),
      v128.shuffle<i32>(v128.shuffle<i32>(x, y, 0, 3, 6, 0), z, 0, 1, 2, 5),
      v128.shuffle<i32>(v128.shuffle<i32>(x, y, 1, 4, 7, 0), z, 0, 1, 2, 6),
      v128.shuffle<i32>(v128.shuffle<i32>(x, y, 2, 5, 0, 0), z, 0, 1, 4, 7),
    );
    const r = v128.and(slot, position);
    store<u32>(out, valueAt(i32x4.extract_lane(r, 0), 0, bits, log2Slots), 0);
    store<u32>(out, valueAt(i32x4.extract_lane(r, 1), 1, bits, log2Slots), 4);
    store<u32>(out, valueAt(i32x4.extract_lane(r, 2), 2, bits, log2Slots), 8);
    store<u32>(out, valueAt(i32x4.extract_lane(r, 3), 3, bits, log2Slots), 12);
    nonces += 48;
    slots += 16;
    out += 16;
  }
}

/** Value of the slot at position r of the block in `lane`: word r, or bits r, S + r, 2S + r, ... of the block. */
@inline function valueAt(r: u32, lane: usize, bits: u32, log2Slots: u32): u32 {
  if (bits == 32) return wordAt(r, lane);
  let value: u32 = 0;
  for (let k: u32 = 0; k < bits; k++) {
    const offset = (k << log2Slots) + r;
    value |= ((wordAt(offset >> 5, lane) >> (offset & 31)) & 1) << k;
  }
  return value;
}

@inline function wordAt(i: u32, lane: usize): u32 {
  return load<u32>(STATE + ((<usize>i) << 4) + (lane << 2));
}
