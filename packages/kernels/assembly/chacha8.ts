/**
 * ChaCha (Bernstein 2008; layout of RFC 8439, section 2.3) with 8 rounds, four blocks at a time: word i of the four
 * blocks fills one 128-bit register, a block per 32-bit lane.
 */

/** The 8 key words. The caller writes them before a call and wipes them after it. */
export const KEY: usize = memory.data(32, 16);

/** The latest four blocks: 16 registers, word i of block `lane` at STATE + 16 i + 4 lane. */
export const STATE: usize = memory.data(256, 16);

/**
 * Computes four blocks into STATE; lane by lane, `counter` is the block number and n0, n1, n2 the nonce.
 *
 * Spelt out, because at the head of a loop V8 moves half of the 16 registers through the stack: 66 M blocks/s like this,
 * 58 M as a loop of double rounds, 63 M as two turns of four rounds.
 */
export function chacha8(counter: v128, n0: v128, n1: v128, n2: v128): void {
  // "expand 32-byte k" (RFC 8439, section 2.3)
  const sigma0 = i32x4.splat(0x61707865), sigma1 = i32x4.splat(0x3320646e);
  const sigma2 = i32x4.splat(0x79622d32), sigma3 = i32x4.splat(0x6b206574);

  let a0 = sigma0, a1 = sigma1, a2 = sigma2, a3 = sigma3;
  let b0 = key(0), b1 = key(1), b2 = key(2), b3 = key(3);
  let c0 = key(4), c1 = key(5), c2 = key(6), c3 = key(7);
  let d0 = counter, d1 = n0, d2 = n1, d3 = n2;

  // rounds 1 and 2
  a0 = add(a0, b0); d0 = xorRotate16(d0, a0); c0 = add(c0, d0); b0 = xorRotate(b0, c0, 12);
  a0 = add(a0, b0); d0 = xorRotate8(d0, a0); c0 = add(c0, d0); b0 = xorRotate(b0, c0, 7);
  a1 = add(a1, b1); d1 = xorRotate16(d1, a1); c1 = add(c1, d1); b1 = xorRotate(b1, c1, 12);
  a1 = add(a1, b1); d1 = xorRotate8(d1, a1); c1 = add(c1, d1); b1 = xorRotate(b1, c1, 7);
  a2 = add(a2, b2); d2 = xorRotate16(d2, a2); c2 = add(c2, d2); b2 = xorRotate(b2, c2, 12);
  a2 = add(a2, b2); d2 = xorRotate8(d2, a2); c2 = add(c2, d2); b2 = xorRotate(b2, c2, 7);
  a3 = add(a3, b3); d3 = xorRotate16(d3, a3); c3 = add(c3, d3); b3 = xorRotate(b3, c3, 12);
  a3 = add(a3, b3); d3 = xorRotate8(d3, a3); c3 = add(c3, d3); b3 = xorRotate(b3, c3, 7);
  a0 = add(a0, b1); d3 = xorRotate16(d3, a0); c2 = add(c2, d3); b1 = xorRotate(b1, c2, 12);
  a0 = add(a0, b1); d3 = xorRotate8(d3, a0); c2 = add(c2, d3); b1 = xorRotate(b1, c2, 7);
  a1 = add(a1, b2); d0 = xorRotate16(d0, a1); c3 = add(c3, d0); b2 = xorRotate(b2, c3, 12);
  a1 = add(a1, b2); d0 = xorRotate8(d0, a1); c3 = add(c3, d0); b2 = xorRotate(b2, c3, 7);
  a2 = add(a2, b3); d1 = xorRotate16(d1, a2); c0 = add(c0, d1); b3 = xorRotate(b3, c0, 12);
  a2 = add(a2, b3); d1 = xorRotate8(d1, a2); c0 = add(c0, d1); b3 = xorRotate(b3, c0, 7);
  a3 = add(a3, b0); d2 = xorRotate16(d2, a3); c1 = add(c1, d2); b0 = xorRotate(b0, c1, 12);
  a3 = add(a3, b0); d2 = xorRotate8(d2, a3); c1 = add(c1, d2); b0 = xorRotate(b0, c1, 7);

  // rounds 3 and 4
  a0 = add(a0, b0); d0 = xorRotate16(d0, a0); c0 = add(c0, d0); b0 = xorRotate(b0, c0, 12);
  a0 = add(a0, b0); d0 = xorRotate8(d0, a0); c0 = add(c0, d0); b0 = xorRotate(b0, c0, 7);
  a1 = add(a1, b1); d1 = xorRotate16(d1, a1); c1 = add(c1, d1); b1 = xorRotate(b1, c1, 12);
  a1 = add(a1, b1); d1 = xorRotate8(d1, a1); c1 = add(c1, d1); b1 = xorRotate(b1, c1, 7);
  a2 = add(a2, b2); d2 = xorRotate16(d2, a2); c2 = add(c2, d2); b2 = xorRotate(b2, c2, 12);
  a2 = add(a2, b2); d2 = xorRotate8(d2, a2); c2 = add(c2, d2); b2 = xorRotate(b2, c2, 7);
  a3 = add(a3, b3); d3 = xorRotate16(d3, a3); c3 = add(c3, d3); b3 = xorRotate(b3, c3, 12);
  a3 = add(a3, b3); d3 = xorRotate8(d3, a3); c3 = add(c3, d3); b3 = xorRotate(b3, c3, 7);
  a0 = add(a0, b1); d3 = xorRotate16(d3, a0); c2 = add(c2, d3); b1 = xorRotate(b1, c2, 12);
  a0 = add(a0, b1); d3 = xorRotate8(d3, a0); c2 = add(c2, d3); b1 = xorRotate(b1, c2, 7);
  a1 = add(a1, b2); d0 = xorRotate16(d0, a1); c3 = add(c3, d0); b2 = xorRotate(b2, c3, 12);
  a1 = add(a1, b2); d0 = xorRotate8(d0, a1); c3 = add(c3, d0); b2 = xorRotate(b2, c3, 7);
  a2 = add(a2, b3); d1 = xorRotate16(d1, a2); c0 = add(c0, d1); b3 = xorRotate(b3, c0, 12);
  a2 = add(a2, b3); d1 = xorRotate8(d1, a2); c0 = add(c0, d1); b3 = xorRotate(b3, c0, 7);
  a3 = add(a3, b0); d2 = xorRotate16(d2, a3); c1 = add(c1, d2); b0 = xorRotate(b0, c1, 12);
  a3 = add(a3, b0); d2 = xorRotate8(d2, a3); c1 = add(c1, d2); b0 = xorRotate(b0, c1, 7);

  // rounds 5 and 6
  a0 = add(a0, b0); d0 = xorRotate16(d0, a0); c0 = add(c0, d0); b0 = xorRotate(b0, c0, 12);
  a0 = add(a0, b0); d0 = xorRotate8(d0, a0); c0 = add(c0, d0); b0 = xorRotate(b0, c0, 7);
  a1 = add(a1, b1); d1 = xorRotate16(d1, a1); c1 = add(c1, d1); b1 = xorRotate(b1, c1, 12);
  a1 = add(a1, b1); d1 = xorRotate8(d1, a1); c1 = add(c1, d1); b1 = xorRotate(b1, c1, 7);
  a2 = add(a2, b2); d2 = xorRotate16(d2, a2); c2 = add(c2, d2); b2 = xorRotate(b2, c2, 12);
  a2 = add(a2, b2); d2 = xorRotate8(d2, a2); c2 = add(c2, d2); b2 = xorRotate(b2, c2, 7);
  a3 = add(a3, b3); d3 = xorRotate16(d3, a3); c3 = add(c3, d3); b3 = xorRotate(b3, c3, 12);
  a3 = add(a3, b3); d3 = xorRotate8(d3, a3); c3 = add(c3, d3); b3 = xorRotate(b3, c3, 7);
  a0 = add(a0, b1); d3 = xorRotate16(d3, a0); c2 = add(c2, d3); b1 = xorRotate(b1, c2, 12);
  a0 = add(a0, b1); d3 = xorRotate8(d3, a0); c2 = add(c2, d3); b1 = xorRotate(b1, c2, 7);
  a1 = add(a1, b2); d0 = xorRotate16(d0, a1); c3 = add(c3, d0); b2 = xorRotate(b2, c3, 12);
  a1 = add(a1, b2); d0 = xorRotate8(d0, a1); c3 = add(c3, d0); b2 = xorRotate(b2, c3, 7);
  a2 = add(a2, b3); d1 = xorRotate16(d1, a2); c0 = add(c0, d1); b3 = xorRotate(b3, c0, 12);
  a2 = add(a2, b3); d1 = xorRotate8(d1, a2); c0 = add(c0, d1); b3 = xorRotate(b3, c0, 7);
  a3 = add(a3, b0); d2 = xorRotate16(d2, a3); c1 = add(c1, d2); b0 = xorRotate(b0, c1, 12);
  a3 = add(a3, b0); d2 = xorRotate8(d2, a3); c1 = add(c1, d2); b0 = xorRotate(b0, c1, 7);

  // rounds 7 and 8
  a0 = add(a0, b0); d0 = xorRotate16(d0, a0); c0 = add(c0, d0); b0 = xorRotate(b0, c0, 12);
  a0 = add(a0, b0); d0 = xorRotate8(d0, a0); c0 = add(c0, d0); b0 = xorRotate(b0, c0, 7);
  a1 = add(a1, b1); d1 = xorRotate16(d1, a1); c1 = add(c1, d1); b1 = xorRotate(b1, c1, 12);
  a1 = add(a1, b1); d1 = xorRotate8(d1, a1); c1 = add(c1, d1); b1 = xorRotate(b1, c1, 7);
  a2 = add(a2, b2); d2 = xorRotate16(d2, a2); c2 = add(c2, d2); b2 = xorRotate(b2, c2, 12);
  a2 = add(a2, b2); d2 = xorRotate8(d2, a2); c2 = add(c2, d2); b2 = xorRotate(b2, c2, 7);
  a3 = add(a3, b3); d3 = xorRotate16(d3, a3); c3 = add(c3, d3); b3 = xorRotate(b3, c3, 12);
  a3 = add(a3, b3); d3 = xorRotate8(d3, a3); c3 = add(c3, d3); b3 = xorRotate(b3, c3, 7);
  a0 = add(a0, b1); d3 = xorRotate16(d3, a0); c2 = add(c2, d3); b1 = xorRotate(b1, c2, 12);
  a0 = add(a0, b1); d3 = xorRotate8(d3, a0); c2 = add(c2, d3); b1 = xorRotate(b1, c2, 7);
  a1 = add(a1, b2); d0 = xorRotate16(d0, a1); c3 = add(c3, d0); b2 = xorRotate(b2, c3, 12);
  a1 = add(a1, b2); d0 = xorRotate8(d0, a1); c3 = add(c3, d0); b2 = xorRotate(b2, c3, 7);
  a2 = add(a2, b3); d1 = xorRotate16(d1, a2); c0 = add(c0, d1); b3 = xorRotate(b3, c0, 12);
  a2 = add(a2, b3); d1 = xorRotate8(d1, a2); c0 = add(c0, d1); b3 = xorRotate(b3, c0, 7);
  a3 = add(a3, b0); d2 = xorRotate16(d2, a3); c1 = add(c1, d2); b0 = xorRotate(b0, c1, 12);
  a3 = add(a3, b0); d2 = xorRotate8(d2, a3); c1 = add(c1, d2); b0 = xorRotate(b0, c1, 7);

  v128.store(STATE, add(a0, sigma0), 0);
  v128.store(STATE, add(a1, sigma1), 16);
  v128.store(STATE, add(a2, sigma2), 32);
  v128.store(STATE, add(a3, sigma3), 48);
  v128.store(STATE, add(b0, key(0)), 64);
  v128.store(STATE, add(b1, key(1)), 80);
  v128.store(STATE, add(b2, key(2)), 96);
  v128.store(STATE, add(b3, key(3)), 112);
  v128.store(STATE, add(c0, key(4)), 128);
  v128.store(STATE, add(c1, key(5)), 144);
  v128.store(STATE, add(c2, key(6)), 160);
  v128.store(STATE, add(c3, key(7)), 176);
  v128.store(STATE, add(d0, counter), 192);
  v128.store(STATE, add(d1, n0), 208);
  v128.store(STATE, add(d2, n1), 224);
  v128.store(STATE, add(d3, n2), 240);
}

/** Block numbers first, first + 1, first + 2, first + 3. */
@inline export function consecutive(first: u32): v128 {
  return add(i32x4.splat(first), i32x4(0, 1, 2, 3));
}

@inline function add(x: v128, y: v128): v128 {
  return i32x4.add(x, y);
}

@inline function xorRotate(x: v128, y: v128, n: i32): v128 {
  x = v128.xor(x, y);
  return v128.or(i32x4.shl(x, n), i32x4.shr_u(x, 32 - n));
}

// Rotations by whole bytes move bytes instead of shifting twice. By a swizzle, whose constant stays in a register: V8
// builds the constant of a shuffle anew each time (48 M blocks/s instead of 58 M, both as a loop of double rounds).
@inline function xorRotate16(x: v128, y: v128): v128 {
  return i8x16.swizzle(v128.xor(x, y), i8x16(2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13));
}

@inline function xorRotate8(x: v128, y: v128): v128 {
  return i8x16.swizzle(v128.xor(x, y), i8x16(3, 0, 1, 2, 7, 4, 5, 6, 11, 8, 9, 10, 15, 12, 13, 14));
}

@inline function key(i: usize): v128 {
  return v128.load32_splat(KEY + (i << 2));
}
