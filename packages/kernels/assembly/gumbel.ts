/**
 * Gumbel-max over a whole vocabulary: which tokens could win at all. With u = (word + 1/2) / 2^32 and t = 1 - u, a token's
 * noise -ln(-ln u) is at most -ln t, because -ln u >= t; and log2 of a float32 is at least its bits, read as a number:
 * exponent and mantissa side by side are log2 with a straight line between powers of two, too low by 0 to 0.0861. So
 *
 *   loudness = (logit - largest) / T - ln(-ln u) <= (logit - largest) / T - ln 2 * line(t)
 *
 * costs no logarithm. Tokens below the best lower bound so far are out; the caller compares the few others exactly.
 */
import { chacha8, consecutive, STATE } from './chacha8';
import { sixtyFour } from './rows';

/** The words of 64 tokens in the tokens' order. */
const WORDS: usize = memory.data(256, 16);

/**
 * Writes the pair (index in the row, word) of every token that may be louder than `best`, or as loud, and than all other
 * tokens of the row at `out` (room for a pair per token) and returns their number. The first of the `length` logits at `row`
 * belongs to token `first`, a multiple of 64; none is NaN or above `largest`, which is finite; `temperature` lies
 * between 1e-6 and 1e6.
 */
export function louder(
  row: usize, length: u32, first: u32, n0: u32, n1: u32, n2: u32, cohort: u32,
  largest: f32, temperature: f64, best: f64, out: usize,
): u32 {
  const cohortBlock = i32x4.splat(cohort >> 4);
  const cohortWord: usize = cohort & 15;
  const nonce0 = i32x4.splat(n0), nonce1 = i32x4.splat(n1), nonce2 = i32x4.splat(n2);
  const top = f32x4.splat(largest), inverse = f32x4.splat(<f32>(1 / temperature));
  let floor = f32x4.splat(floorOf(best));
  let to = out;
  for (let from: u32 = 0; from < length; from += 64) {
    chacha8(v128.xor(consecutive((first + from) >> 4), cohortBlock), nonce0, nonce1, nonce2);
    for (let quarter: usize = 0; quarter < 4; quarter++) transpose(quarter, cohortWord);
    const logits = sixtyFour(row, length, from);
    for (let i: usize = 0; i < 256; i += 16) {
      const nats = f32x4.mul(f32x4.sub(v128.load(logits + i), top), inverse);
      let chosen = i32x4.bitmask(f32x4.gt(f32x4.add(nats, highNoise(v128.load(WORDS + i))), floor));
      while (chosen) {
        const at = i + (ctz(chosen) << 2);
        chosen &= chosen - 1;
        const word = load<u32>(WORDS + at);
        store<u32>(to, from + <u32>(at >> 2), 0);
        store<u32>(to, word, 4);
        to += 8;
        const low = (<f64>load<f32>(logits + at) - largest) / temperature + lowNoise(word);
        if (low > best) {
          best = low;
          floor = f32x4.splat(floorOf(best));
        }
      }
    }
  }
  return <u32>((to - out) >> 3);
}

/** Words of tokens 16 lane + 4 quarter + (0..3): registers lie a word of four blocks each, tokens a block after the other. */
@inline function transpose(quarter: usize, cohortWord: usize): void {
  const first = quarter << 2;
  const w0 = v128.load(STATE + ((first ^ cohortWord) << 4)), w1 = v128.load(STATE + (((first + 1) ^ cohortWord) << 4));
  const w2 = v128.load(STATE + (((first + 2) ^ cohortWord) << 4)), w3 = v128.load(STATE + (((first + 3) ^ cohortWord) << 4));
  const low01 = v128.shuffle<i32>(w0, w1, 0, 4, 1, 5), high01 = v128.shuffle<i32>(w0, w1, 2, 6, 3, 7);
  const low23 = v128.shuffle<i32>(w2, w3, 0, 4, 1, 5), high23 = v128.shuffle<i32>(w2, w3, 2, 6, 3, 7);
  const to = WORDS + (quarter << 4);
  v128.store(to, v128.shuffle<i64>(low01, low23, 0, 2), 0);
  v128.store(to, v128.shuffle<i64>(low01, low23, 1, 3), 64);
  v128.store(to, v128.shuffle<i64>(high01, high23, 0, 2), 128);
  v128.store(to, v128.shuffle<i64>(high01, high23, 1, 3), 192);
}

/**
 * At least -ln t, t = (m + 1/2) / 2^32 with m = NOT word. Halving m makes a signed number of it, which costs one
 * instruction to convert, not eight: m + 1/2 > 2 floor(m / 2). Rounding is left to floorOf.
 */
@inline function highNoise(words: v128): v128 {
  const bits = f32x4.convert_i32x4_s(i32x4.shr_u(v128.not(words), 1)); // read as integers below
  return f32x4.sub(f32x4.splat(<f32>(LN2 * (127 + 31))), f32x4.mul(f32x4.convert_i32x4_s(bits), f32x4.splat(<f32>(LN2 / 8388608))));
}

/** At most -ln(-ln u): as -ln u <= t / u, it is at least -ln t + ln u. */
@inline function lowNoise(word: u32): f64 {
  return LN2 * (line((<f64>word + 0.5) / 4294967296) - line((<f64>~word + 0.5) / 4294967296) - 0.0862);
}

/** log2 of x, or up to 0.0861 less. */
@inline function line(x: f64): f64 {
  return <f64>reinterpret<i64>(x) / 4503599627370496 - 1023;
}

/**
 * What the float32 bound of a token as loud as `best` exceeds for certain. Its noise term, below 111, is off by less
 * than 111 * 2^-21; its logit term z by 2^-22 |z|, and |z| <= |best| + 23. Both fit twice into what is taken off here.
 */
@inline function floorOf(best: f64): f32 {
  return <f32>(best - abs(best) / 1048576 - 1.0 / 1024);
}

const LN2: f64 = 0.6931471805599453;
