/** Slots of single tokens, four (nonce, slot) pairs at a time: each lane of ChaCha has its own nonce and block. */
import { chacha8, STATE } from './chacha8';

/**
 * Reads one slot per pair into `out`: nonces 12 bytes, slots and values 4 bytes a pair, all three tightly packed.
 * `bits` is 1, 2, 4, 8 (bit planes) or 32 (words). Reads and writes whole groups of 4 pairs; pad with anything.
 */
export function readSlots(out: usize, pairs: u32, nonces: usize, slots: usize, bits: u32): void {
  const log2Slots: u32 = 9 - ctz(bits); // a block of 512 bits holds 512 / bits slots
  const position: u32 = (1 << log2Slots) - 1;
  for (let i: u32 = 0; i < pairs; i += 4) {
    fourBlocks(nonces, slots, log2Slots);
    store<u32>(out, valueAt(load<u32>(slots, 0) & position, 0, bits, log2Slots), 0);
    store<u32>(out, valueAt(load<u32>(slots, 4) & position, 1, bits, log2Slots), 4);
    store<u32>(out, valueAt(load<u32>(slots, 8) & position, 2, bits, log2Slots), 8);
    store<u32>(out, valueAt(load<u32>(slots, 12) & position, 3, bits, log2Slots), 12);
    nonces += 48;
    slots += 16;
    out += 16;
  }
}

/** How many of the pairs have a slot value below `green`; `bits` is 1, 2, 4 or 8. Reads whole groups of 4 pairs. */
export function countGreen(pairs: u32, nonces: usize, slots: usize, bits: u32, green: u32): u32 {
  const log2Slots: u32 = 9 - ctz(bits);
  const position: u32 = (1 << log2Slots) - 1;
  let count: u32 = 0;
  for (let i: u32 = 0; i < pairs; i += 4) {
    fourBlocks(nonces, slots, log2Slots);
    count += u32(valueAt(load<u32>(slots, 0) & position, 0, bits, log2Slots) < green);
    count += u32(i + 1 < pairs && valueAt(load<u32>(slots, 4) & position, 1, bits, log2Slots) < green);
    count += u32(i + 2 < pairs && valueAt(load<u32>(slots, 8) & position, 2, bits, log2Slots) < green);
    count += u32(i + 3 < pairs && valueAt(load<u32>(slots, 12) & position, 3, bits, log2Slots) < green);
    nonces += 48;
    slots += 16;
  }
  return count;
}

/** The blocks that hold four pairs' slots, a pair a lane. */
@inline function fourBlocks(nonces: usize, slots: usize, log2Slots: u32): void {
  // words 0 1 2 0 | 1 2 0 1 | 2 0 1 2 of four nonces
  const x = v128.load(nonces, 0), y = v128.load(nonces, 16), z = v128.load(nonces, 32);
  chacha8(
    i32x4.shr_u(v128.load(slots), log2Slots),
    v128.shuffle<i32>(v128.shuffle<i32>(x, y, 0, 3, 6, 0), z, 0, 1, 2, 5),
    v128.shuffle<i32>(v128.shuffle<i32>(x, y, 1, 4, 7, 0), z, 0, 1, 2, 6),
    v128.shuffle<i32>(v128.shuffle<i32>(x, y, 2, 5, 0, 0), z, 0, 1, 4, 7),
  );
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
