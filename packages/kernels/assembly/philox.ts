/** Philox4x32-10, four blocks at a time; see js/philox.ts. */

const M0: u32 = 0xd2511f53, M1: u32 = 0xcd9e8d57, W0: u32 = 0x9e3779b9, W1: u32 = 0xbb67ae85;

/** `groups` times four blocks of four words at `blocks`, in place; their keys, two words each, at `keys`. */
export function philox(blocks: usize, keys: usize, groups: u32): void {
  const m0 = i32x4.splat(M0), m1 = i32x4.splat(M1), w0 = i32x4.splat(W0), w1 = i32x4.splat(W1);
  for (let group: u32 = 0; group < groups; group++, blocks += 64, keys += 32) {
    const first = v128.load(keys), last = v128.load(keys, 16);
    let k0 = v128.shuffle<u32>(first, last, 0, 2, 4, 6), k1 = v128.shuffle<u32>(first, last, 1, 3, 5, 7);
    // Rows are blocks; columns are what the rounds work on.
    const r0 = v128.load(blocks), r1 = v128.load(blocks, 16), r2 = v128.load(blocks, 32), r3 = v128.load(blocks, 48);
    const l0 = v128.shuffle<u32>(r0, r1, 0, 4, 1, 5), l1 = v128.shuffle<u32>(r2, r3, 0, 4, 1, 5);
    const h0 = v128.shuffle<u32>(r0, r1, 2, 6, 3, 7), h1 = v128.shuffle<u32>(r2, r3, 2, 6, 3, 7);
    let a = v128.shuffle<u32>(l0, l1, 0, 1, 4, 5), b = v128.shuffle<u32>(l0, l1, 2, 3, 6, 7);
    let c = v128.shuffle<u32>(h0, h1, 0, 1, 4, 5), d = v128.shuffle<u32>(h0, h1, 2, 3, 6, 7);
    for (let round = 0; round < 10; round++) {
      const aLow = i64x2.extmul_low_i32x4_u(a, m0), aHigh = i64x2.extmul_high_i32x4_u(a, m0);
      const cLow = i64x2.extmul_low_i32x4_u(c, m1), cHigh = i64x2.extmul_high_i32x4_u(c, m1);
      a = v128.xor(v128.xor(v128.shuffle<u32>(cLow, cHigh, 1, 3, 5, 7), b), k0);
      c = v128.xor(v128.xor(v128.shuffle<u32>(aLow, aHigh, 1, 3, 5, 7), d), k1);
      b = v128.shuffle<u32>(cLow, cHigh, 0, 2, 4, 6);
      d = v128.shuffle<u32>(aLow, aHigh, 0, 2, 4, 6);
      k0 = i32x4.add(k0, w0);
      k1 = i32x4.add(k1, w1);
    }
    const ab0 = v128.shuffle<u32>(a, b, 0, 4, 1, 5), ab1 = v128.shuffle<u32>(a, b, 2, 6, 3, 7);
    const cd0 = v128.shuffle<u32>(c, d, 0, 4, 1, 5), cd1 = v128.shuffle<u32>(c, d, 2, 6, 3, 7);
    v128.store(blocks, v128.shuffle<u32>(ab0, cd0, 0, 1, 4, 5));
    v128.store(blocks, v128.shuffle<u32>(ab0, cd0, 2, 3, 6, 7), 16);
    v128.store(blocks, v128.shuffle<u32>(ab1, cd1, 0, 1, 4, 5), 32);
    v128.store(blocks, v128.shuffle<u32>(ab1, cd1, 2, 3, 6, 7), 48);
  }
}
