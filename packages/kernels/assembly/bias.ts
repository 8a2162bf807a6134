/**
 * A green list laid over a row of logits. The row is never asked token by token whether it is green:
 *
 *   for every group of four blocks (4 S tokens, S = 512 / bits):
 *     blocks  = keystream at the tokens' block numbers XOR the high bits of the cohort
 *     mask    = planes of the blocks -> one bit a slot, by the bit-serial comparison value < green
 *     mask    = its bits moved by XOR with the low bits of the cohort: slot order -> token order
 *     logits += 4 bits of the mask at a time, looked up as four addends
 */
import { chacha8, consecutive, STATE } from './chacha8';
import { lessThan } from './compare';

/** Entry m holds four addends for mask bits m: delta where the bit is set, otherwise -0. */
const ADDENDS: usize = memory.data(256, 16);

/** The last, incomplete group of a row, padded with zeros. */
const TAIL: usize = memory.data(8192, 16);

/**
 * Adds delta to the green ones of `length` logits at `row`, the first of which belongs to token `first` (a multiple of
 * 4 S), and returns -1; or stops at the first group with a NaN or +Infinity and returns where in the row that group
 * starts. The row is then half-biased, and the caller drops it.
 */
export function biasGreen(
  row: usize, length: u32, first: u32, n0: u32, n1: u32, n2: u32, bits: u32, green: u32, cohort: u32, delta: f32,
): i32 {
  const groupSize: u32 = 2048 / bits;
  prepareAddends(delta);
  let from: u32 = 0;
  for (; from + groupSize <= length; from += groupSize) {
    if (!biasGroup(row + (from << 2), first + from, n0, n1, n2, bits, green, cohort)) return from;
  }
  if (from === length) return -1;
  const rest = (length - from) << 2;
  memory.fill(TAIL, 0, groupSize << 2);
  memory.copy(TAIL, row + (from << 2), rest);
  if (!biasGroup(TAIL, first + from, n0, n1, n2, bits, green, cohort)) return from;
  memory.copy(row + (from << 2), TAIL, rest);
  return -1;
}

/** False if a logit of the group was NaN or +Infinity. */
function biasGroup(
  at: usize, first: u32, n0: u32, n1: u32, n2: u32, bits: u32, green: u32, cohort: u32,
): bool {
  const log2Slots: u32 = 9 - ctz(bits);
  const cohortWord: u32 = (cohort & ((1 << log2Slots) - 1)) >> 5;
  const words: u32 = 16 / bits;
  const blocks = v128.xor(consecutive(first >> log2Slots), i32x4.splat(cohort >> log2Slots));
  chacha8(blocks, i32x4.splat(n0), i32x4.splat(n1), i32x4.splat(n2));
  for (let i: u32 = 0; i < words; i++) {
    // In place: no later mask word asks for word i of the blocks again.
    v128.store(STATE + ((<usize>i) << 4), moveBits(lessThan(STATE, green, i, words, bits), cohort));
  }
  let legal = i32x4.splat(-1);
  for (let lane: usize = 0; lane < 4; lane++) {
    for (let i: u32 = 0; i < words; i++) {
      const mask = load<u32>(STATE + ((<usize>(i ^ cohortWord)) << 4) + (lane << 2));
      legal = v128.and(legal, add32(at, mask));
      at += 128;
    }
  }
  return i32x4.all_true(legal);
}

/** Bit r of every 32-bit lane moves to r XOR (cohort mod 32): whole bytes by a swizzle, then three delta swaps. */
@inline function moveBits(mask: v128, cohort: u32): v128 {
  const bytes = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  mask = i8x16.swizzle(mask, v128.xor(bytes, i8x16.splat(<i8>((cohort >> 3) & 3))));
  if (cohort & 1) mask = swapBits(mask, 1, 0x55555555);
  if (cohort & 2) mask = swapBits(mask, 2, 0x33333333);
  if (cohort & 4) mask = swapBits(mask, 4, 0x0f0f0f0f);
  return mask;
}

@inline function swapBits(x: v128, distance: i32, low: i32): v128 {
  const keep = i32x4.splat(low);
  return v128.or(i32x4.shl(v128.and(x, keep), distance), v128.and(i32x4.shr_u(x, distance), keep));
}

/**
 * Adds to 32 logits by their mask bits; lanes of the result are all ones unless a logit in them was NaN or +Infinity.
 * Spelt out because asc unrolls no loops: a row of 131,072 takes 25 us like this, 42 us as a loop.
 */
@inline function add32(at: usize, mask: u32): v128 {
  let legal = add4(at, 0, mask << 4);
  legal = v128.and(legal, add4(at, 16, mask));
  legal = v128.and(legal, add4(at, 32, mask >> 4));
  legal = v128.and(legal, add4(at, 48, mask >> 8));
  legal = v128.and(legal, add4(at, 64, mask >> 12));
  legal = v128.and(legal, add4(at, 80, mask >> 16));
  legal = v128.and(legal, add4(at, 96, mask >> 20));
  return v128.and(legal, add4(at, 112, mask >> 24));
}

/** Bits 4 to 7 of `mask` choose the addends, so that masking alone makes them an offset from ADDENDS. */
@inline function add4(at: usize, offset: usize, mask: u32): v128 {
  const logits = v128.load(at + offset);
  v128.store(at + offset, f32x4.add(logits, v128.load(mask & 0xf0, ADDENDS)));
  return f32x4.lt(logits, f32x4.splat(Infinity)); // false for NaN, too
}

/** x + -0 is x for every x, -0 and denormals included, so one addition serves green and other tokens alike. */
function prepareAddends(delta: f32): void {
  const bits = i32x4(1, 2, 4, 8);
  for (let m = 0; m < 16; m++) {
    const chosen = i32x4.eq(v128.and(i32x4.splat(m), bits), bits);
    v128.store(ADDENDS + (m << 4), v128.bitselect(f32x4.splat(delta), f32x4.splat(-0.0), chosen));
  }
}
