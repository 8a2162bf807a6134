/** Legal logits: numbers below +Infinity. -Infinity, a masked token, is one. */
import { sixtyFour } from './rows';

/** Where in the row the first 64 logits with a NaN or +Infinity start, or -1. Writes nothing. */
export function firstIllegal(row: usize, length: u32): i32 {
  for (let from: u32 = 0; from < length; from += 64) {
    if (!legal64(sixtyFour(row, length, from))) return from;
  }
  return -1;
}

/**
 * Whether none of 64 logits is NaN or +Infinity. Either makes a sum NaN or +Infinity for good, so a sum below +Infinity says
 * yes; one that is not may have overflowed, and they are looked at one by one.
 */
@inline export function legal64(at: usize): bool {
  const sum = add(add(sum16(at), sum16(at + 64)), add(sum16(at + 128), sum16(at + 192)));
  return i32x4.all_true(f32x4.lt(sum, f32x4.splat(Infinity))) || eachLegal(at);
}

@inline function sum16(at: usize): v128 {
  return add(add(v128.load(at, 0), v128.load(at, 16)), add(v128.load(at, 32), v128.load(at, 48)));
}

@inline function add(x: v128, y: v128): v128 {
  return f32x4.add(x, y);
}

function eachLegal(at: usize): bool {
  for (let i: usize = 0; i < 256; i += 16) {
    if (!i32x4.all_true(f32x4.lt(v128.load(at + i), f32x4.splat(Infinity)))) return false;
  }
  return true;
}
