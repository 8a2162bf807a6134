/**
 * The hash of SynthID and of synthid-text: `h -> (h + x) * M + 1` mod 2^64 for each number x, Knuth's MMIX multiplier M, kept in
 * two 32-bit halves. It is a linear congruential generator: its low bits depend on the low bits of what was hashed only.
 * @module
 */

/** The multiplier 6364136223846793005, halved. */
export const M_HIGH = 0x5851f42d;
export const M_LOW = 0x4c957f2d;

/** The high half of (high, low) * M; the low half is `Math.imul(low, M_LOW)`. Both quarters of M_LOW are below 2^15. */
export function timesHigh(high: number, low: number): number {
  const a = low & 0xffff;
  const b = low >>> 16;
  const middle = (Math.imul(b, 0x7f2d) + (Math.imul(a, 0x7f2d) >>> 16)) | 0;
  const cross = (Math.imul(a, 0x4c95) + (middle & 0xffff)) | 0;
  const carried = (Math.imul(b, 0x4c95) + (middle >>> 16) + (cross >>> 16)) | 0;
  return (carried + Math.imul(low, M_HIGH) + Math.imul(high, M_LOW)) | 0;
}

/** The 33rd bit of a + b, of which `sum` has the low 32: set where both top bits are, or one is and the sum's is not. */
export const carryOf = (a: number, b: number, sum: number): number => ((a & b) | ((a | b) & ~sum)) >>> 31;
