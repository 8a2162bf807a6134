/** The keystream in its own order: the four blocks that ChaCha leaves side by side in lanes, one after the other. */
import { chacha8, consecutive, STATE } from './chacha8';

/** Writes blocks firstBlock .. firstBlock + 4 groups - 1 at `out`, 64 bytes each. */
export function keystream(out: usize, groups: u32, firstBlock: u32, n0: u32, n1: u32, n2: u32): void {
  const nonce0 = i32x4.splat(n0), nonce1 = i32x4.splat(n1), nonce2 = i32x4.splat(n2);
  for (let group: u32 = 0; group < groups; group++) {
    chacha8(consecutive(firstBlock + 4 * group), nonce0, nonce1, nonce2);
    for (let row: usize = 0; row < 4; row++) transpose(STATE + 64 * row, out + 16 * row);
    out += 256;
  }
}

/** Four registers at `from` (words i .. i+3, a block per lane) become 16 bytes of each of four blocks, 64 bytes apart. */
@inline function transpose(from: usize, to: usize): void {
  const w0 = v128.load(from, 0), w1 = v128.load(from, 16), w2 = v128.load(from, 32), w3 = v128.load(from, 48);
  const low01 = v128.shuffle<i32>(w0, w1, 0, 4, 1, 5), high01 = v128.shuffle<i32>(w0, w1, 2, 6, 3, 7);
  const low23 = v128.shuffle<i32>(w2, w3, 0, 4, 1, 5), high23 = v128.shuffle<i32>(w2, w3, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<i64>(low01, low23, 0, 2), 0);
  v128.store(to, v128.shuffle<i64>(low01, low23, 1, 3), 64);
  v128.store(to, v128.shuffle<i64>(high01, high23, 0, 2), 128);
  v128.store(to, v128.shuffle<i64>(high01, high23, 1, 3), 192);
}
