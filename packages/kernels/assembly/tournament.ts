/** The layers of a tournament, two tokens at a time; step by step as js/tournament.ts has it. */

/**
 * Plays `layers` (up to 32) over `tokens` (an even number; pad with probability 0) probabilities, float64 at `p`, whose
 * bits are in the words at `words`. Every pass plays one layer and weighs both sides of the next.
 */
export function play(p: usize, words: usize, tokens: u32, layers: i32): void {
  let zeros: f64 = 1;
  for (let layer = -1; layer < layers; layer++) {
    // Before the first layer both factors are 1.
    const ifZero = f64x2.splat(zeros), ifOne = f64x2.splat(layer < 0 ? zeros : zeros + 1);
    let ones = f64x2.splat(0), others = f64x2.splat(0);
    for (let i: usize = 0; i < tokens; i += 2) {
      const at = p + (i << 3);
      const pair = v128.load32x2_u(words + (i << 2));
      const played = f64x2.mul(v128.load(at), v128.bitselect(ifOne, ifZero, bit(pair, layer)));
      const next = v128.andnot(played, f64x2.lt(played, f64x2.splat(1e-280)));
      const one = v128.and(next, bit(pair, layer + 1));
      ones = f64x2.add(ones, one);
      others = f64x2.add(others, f64x2.sub(next, one));
      v128.store(at, next);
    }
    const zero = f64x2.extract_lane(others, 0) + f64x2.extract_lane(others, 1);
    zeros = zero / (zero + (f64x2.extract_lane(ones, 0) + f64x2.extract_lane(ones, 1)));
  }
}

/** All ones where the bit is set. */
@inline function bit(words: v128, i: i32): v128 {
  return i64x2.lt_s(i64x2.shl(words, 63 - i), i64x2.splat(0));
}
