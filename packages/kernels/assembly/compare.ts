/** Bit-serial comparison of slot values that lie spread over bit planes. */

/**
 * value < green for the 4 x 32 slots of mask word i, from the least significant plane up: a plane that differs from
 * green's bit decides, one that agrees leaves the decision of the planes below. `state`: four blocks as chacha8 leaves them.
 */
@inline export function lessThan(state: usize, green: u32, i: u32, words: u32, bits: u32): v128 {
  if (bits == 1) return v128.not(v128.load(state + ((<usize>i) << 4)));
  let less = i32x4.splat(0);
  for (let k: u32 = 0; k < bits; k++) {
    const plane = v128.load(state + ((<usize>(k * words + i)) << 4));
    less = (green >> k) & 1 ? v128.or(v128.not(plane), less) : v128.andnot(less, plane);
  }
  return less;
}
