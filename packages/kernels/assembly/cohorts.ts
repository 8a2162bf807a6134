/**
 * All cohorts at once (native-mark.md, "Scoring every cohort at once"). Under cohort m a token v reads slot v XOR m, so
 * one block of the context's keystream answers S = 512 / bits cohorts, in an order that is XORed with v:
 *
 *   for every pair:
 *     blocks = keystream at four cohorts' block numbers XOR the block number of v
 *     mask   = planes of the blocks -> one bit a slot, by the bit-serial comparison value < green
 *     mask   = whole words and bytes moved by XOR with bits 3 and up of v: nearly slot order -> cohort order
 *     counts of class (v mod 8) += mask, in bit-sliced counters
 *   for every class: counts += the class's, bits within bytes moved by XOR with the class
 *
 * Moving the bits within bytes once a class instead of once a pair saves 3 of the 4 steps of the permutation.
 */
import { chacha8, consecutive, STATE } from './chacha8';
import { lessThan } from './compare';
import { addEight, addMoved, writeCounts } from './planes';

const PLANES: usize = 16;
const COUNTS: usize = memory.data(4096, 16); // 16 planes of 16 vectors
const CLASS_COUNTS: usize = memory.data(4096, 16);
const MASKS: usize = memory.data(2048, 16); // 8 masks of 16 vectors

/**
 * The number of green pairs under each of the cohorts firstBlock * S to (firstBlock + 4) S - 1, as 32-bit numbers at
 * `out`. Pairs, fewer than 2^16: nonces 12 bytes, tokens 4 bytes each, ordered by token mod 8; class k ends before pair
 * number `ends[k]` (eight 32-bit numbers). firstBlock is a multiple of 4.
 */
export function countCohorts(
  out: usize, nonces: usize, tokens: usize, ends: usize, bits: u32, green: u32, firstBlock: u32,
): void {
  const words: u32 = 16 / bits;
  const planes = planesFor(load<u32>(ends, 28));
  memory.fill(COUNTS, 0, 256 * planes);
  let pair: u32 = 0;
  for (let k: u32 = 0; k < 8; k++) {
    const end = load<u32>(ends + (k << 2));
    if (pair === end) continue;
    const classPlanes = planesFor(end - pair);
    memory.fill(CLASS_COUNTS, 0, 256 * planes);
    while (pair < end) {
      let at = MASKS;
      for (let i = 0; i < 8; i++) {
        if (pair < end) {
          writeMask(at, nonces + 12 * pair, load<u32>(tokens + 4 * pair), bits, words, green, firstBlock);
          pair++;
        } else {
          memory.fill(at, 0, words << 4);
        }
        at += words << 4;
      }
      addEight(CLASS_COUNTS, classPlanes, MASKS, words);
    }
    addMoved(COUNTS, planes, CLASS_COUNTS, words, k);
  }
  for (let i: usize = 0; i < words; i++) {
    writeCounts(COUNTS + (i << 4), planes, words << 4, out + 128 * i, 128 * words);
  }
}

/** Enough for counts up to n, and for addEight, which always writes three. */
@inline function planesFor(n: u32): u32 {
  return max<u32>(3, 32 - clz(n));
}

/** Which of the 4 S cohorts make this pair green; lane j has those of block firstBlock + j. */
@inline function writeMask(
  at: usize, nonce: usize, token: u32, bits: u32, words: u32, green: u32, firstBlock: u32,
): void {
  const log2Slots: u32 = 9 - ctz(bits);
  chacha8(
    v128.xor(consecutive(firstBlock), i32x4.splat(token >> log2Slots)),
    v128.load32_splat(nonce, 0), v128.load32_splat(nonce, 4), v128.load32_splat(nonce, 8),
  );
  const bytes = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const moved = v128.xor(bytes, i8x16.splat(<i8>((token >> 3) & 3)));
  const word: u32 = (token >> 5) & (words - 1);
  const odd = <usize>(word & 1) << 4;
  for (let i: u32 = 0; i < words; i += 2) {
    const to = at + (((i ^ word) & ~1) << 4);
    v128.store(to + odd, i8x16.swizzle(lessThan(STATE, green, i, words, bits), moved));
    v128.store(to + (odd ^ 16), i8x16.swizzle(lessThan(STATE, green, i + 1, words, bits), moved));
  }
}
