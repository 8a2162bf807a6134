/**
 * Counters turned on their side: plane p of a counter holds bit p of many counts, one count a bit position. Adding a mask
 * of single bits to all counts is then a chain of bitwise full adders, with no count ever leaving its place.
 *
 * A counter here has `words` vectors a plane, plane p at `at + 16 words p`.
 */

/** Adds the bits of eight masks (`words` vectors each, one after the other) to a counter: 7 full adders and a ripple. */
export function addEight(counter: usize, planes: u32, masks: usize, words: usize): void {
  const stride = words << 4;
  for (let i: usize = 0; i < stride; i += 16) {
    const at = masks + i;
    const plane = counter + i;
    let ones = v128.load(plane);
    let x = v128.load(at), y = v128.load(at + stride);
    const two0 = majority(ones, x, y);
    ones = parity(ones, x, y);
    x = v128.load(at + 2 * stride); y = v128.load(at + 3 * stride);
    const two1 = majority(ones, x, y);
    ones = parity(ones, x, y);
    x = v128.load(at + 4 * stride); y = v128.load(at + 5 * stride);
    const two2 = majority(ones, x, y);
    ones = parity(ones, x, y);
    x = v128.load(at + 6 * stride); y = v128.load(at + 7 * stride);
    const two3 = majority(ones, x, y);
    v128.store(plane, parity(ones, x, y));

    let twos = v128.load(plane + stride);
    const four0 = majority(twos, two0, two1);
    twos = parity(twos, two0, two1);
    const four1 = majority(twos, two2, two3);
    v128.store(plane + stride, parity(twos, two2, two3));

    const fours = v128.load(plane + 2 * stride);
    let carry = majority(fours, four0, four1);
    v128.store(plane + 2 * stride, parity(fours, four0, four1));
    for (let p: u32 = 3; p < planes; p++) carry = addBit(plane + p * stride, carry);
  }
}

/** Adds one counter, its counts moved from bit r to bit r XOR move (0 to 7) of each byte, to another of as many planes. */
export function addMoved(counter: usize, planes: u32, other: usize, words: usize, move: u32): void {
  const stride = words << 4;
  for (let i: usize = 0; i < stride; i += 16) {
    let carry = i32x4.splat(0);
    for (let p: u32 = 0; p < planes; p++) {
      const plane = counter + i + p * stride;
      const x = v128.load(plane), y = moveBits(v128.load(other + i + p * stride), move);
      v128.store(plane, parity(x, y, carry));
      carry = majority(x, y, carry);
    }
  }
}

/**
 * Writes the counts of one vector of a counter as 32-bit numbers, lane by lane, bit by bit: those of the lane's 32 bits
 * at `out + lane * laneBytes`.
 */
export function writeCounts(counter: usize, planes: u32, stride: usize, out: usize, laneBytes: usize): void {
  const bitOfByte = i8x16(1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128);
  const eightEach = i8x16(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1);
  for (let lane: usize = 0; lane < 4; lane++) {
    for (let half: usize = 0; half < 2; half++) {
      const two = i8x16.add(eightEach, i8x16.splat(<i8>(4 * lane + 2 * half)));
      let low = i8x16.splat(0), high = i8x16.splat(0);
      for (let p: u32 = 0; p < planes; p++) {
        const spread = i8x16.swizzle(v128.load(counter + p * stride), two);
        const weight: u32 = 1 << (p & 7);
        const bits = v128.and(i8x16.eq(v128.and(spread, bitOfByte), bitOfByte), i8x16.splat(<i8>weight));
        if (p < 8) low = v128.or(low, bits);
        else high = v128.or(high, bits);
      }
      // counts = low + 256 high, eight and eight
      const first = v128.or(i16x8.extend_low_i8x16_u(low), i16x8.shl(i16x8.extend_low_i8x16_u(high), 8));
      const second = v128.or(i16x8.extend_high_i8x16_u(low), i16x8.shl(i16x8.extend_high_i8x16_u(high), 8));
      const to = out + lane * laneBytes + 64 * half;
      v128.store(to, i32x4.extend_low_i16x8_u(first), 0);
      v128.store(to, i32x4.extend_high_i16x8_u(first), 16);
      v128.store(to, i32x4.extend_low_i16x8_u(second), 32);
      v128.store(to, i32x4.extend_high_i16x8_u(second), 48);
    }
  }
}

/** Bit r of every byte moves to r XOR move: three delta swaps. */
@inline function moveBits(x: v128, move: u32): v128 {
  if (move & 1) x = swapBits(x, 1, 0x55);
  if (move & 2) x = swapBits(x, 2, 0x33);
  if (move & 4) x = swapBits(x, 4, 0x0f);
  return x;
}

@inline function swapBits(x: v128, distance: i32, low: i8): v128 {
  const keep = i8x16.splat(low);
  return v128.or(i32x4.shl(v128.and(x, keep), distance), v128.and(i32x4.shr_u(x, distance), keep));
}

/** Adds the bits of `carry` to a plane; what is carried over comes back. */
@inline function addBit(plane: usize, carry: v128): v128 {
  const x = v128.load(plane);
  v128.store(plane, v128.xor(x, carry));
  return v128.and(x, carry);
}

@inline function parity(x: v128, y: v128, z: v128): v128 {
  return v128.xor(v128.xor(x, y), z);
}

@inline function majority(x: v128, y: v128, z: v128): v128 {
  return v128.or(v128.and(x, y), v128.and(v128.xor(x, y), z));
}
