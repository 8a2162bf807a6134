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

/** Entry m holds four addends for mask bits m: delta where the bit is set, otherwise -0. */
const ADDENDS: usize = memory.data(256, 16);

/**
 * Adds delta to the green ones of `groups` * 4 S logits at `row` and returns -1; or stops at the first group with a NaN
 * or +Infinity and returns where that group starts. The row is then half-biased, and the caller drops it.
 * The caller pads the row to whole groups with finite numbers.
 */
export function biasGreen(
  row: usize, groups: u32, n0: u32, n1: u32, n2: u32, bits: u32, green: u32, cohort: u32, delta: f32,
): i32 {
  const log2Slots: u32 = 9 - ctz(bits);
  const cohortBlock = i32x4.splat(cohort >> log2Slots);
  const cohortWord: u32 = (cohort & ((1 << log2Slots) - 1)) >> 5;
  const words: u32 = 16 / bits;
  const nonce0 = i32x4.splat(n0), nonce1 = i32x4.splat(n1), nonce2 = i32x4.splat(n2);
  prepareAddends(delta);

  let at = row;
  for (let group: u32 = 0; group < groups; group++) {
    const start = at;
    chacha8(v128.xor(consecutive(4 * group), cohortBlock), nonce0, nonce1, nonce2);
    for (let i: u32 = 0; i < words; i++) {
      // In place: no later mask word asks for word i of the blocks again.
      v128.store(STATE + ((<usize>i) << 4), moveBits(lessThan(green, i, words, bits), cohort));
    }
    let legal = i32x4.splat(-1);
    for (let lane: usize = 0; lane < 4; lane++) {
      for (let i: u32 = 0; i < words; i++) {
        const mask = load<u32>(STATE + ((<usize>(i ^ cohortWord)) << 4) + (lane << 2));
        legal = v128.and(legal, add32(at, mask));
        at += 128;
      }
    }
    if (!i32x4.all_true(legal)) return <i32>((start - row) >> 2);
  }
  return -1;
}

/**
 * Bit-serial value < green for the 4 x 32 slots of mask word i, from the least significant plane up: a plane that
 * differs from green's bit decides, one that agrees leaves the decision of the planes below.
 */
@inline function lessThan(green: u32, i: u32, words: u32, bits: u32): v128 {
  let less = i32x4.splat(0);
  for (let k: u32 = 0; k < bits; k++) {
    const plane = v128.load(STATE + ((<usize>(k * words + i)) << 4));
    less = (green >> k) & 1 ? v128.or(v128.not(plane), less) : v128.andnot(less, plane);
  }
  return less;
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
