/** The weight of a row's tail under softmax, near enough to decide most questions without an exact exponential. */
import { sixtyFour } from './rows';

/**
 * The sum of 2^((logit - largest) * scale) over the logits below `floor`, -Infinity left out. The terms, and their sums
 * over 64 logits, a lane each, are float32 and the rest is float64, step by step as js/mass.ts has it.
 */
export function massBelow(row: usize, length: u32, floor: f32, largest: f32, scale: f32): f64 {
  const below = f32x4.splat(floor), top = f32x4.splat(largest), factor = f32x4.splat(scale);
  let mass: f64 = 0;
  for (let from: u32 = 0; from < length; from += 64) {
    const logits = sixtyFour(row, length, from);
    let sum = f32x4.splat(0);
    for (let i: usize = 0; i < 256; i += 16) {
      const x = v128.load(logits + i);
      const counts = v128.and(f32x4.lt(x, below), f32x4.gt(x, f32x4.splat(-Infinity)));
      sum = f32x4.add(sum, v128.and(counts, power(f32x4.mul(f32x4.sub(x, top), factor))));
    }
    mass += <f64>f32x4.extract_lane(sum, 0) + <f64>f32x4.extract_lane(sum, 1)
      + (<f64>f32x4.extract_lane(sum, 2) + <f64>f32x4.extract_lane(sum, 3));
  }
  return mass;
}

/**
 * 2^z for z <= 0, and 2^-126 below -126: z = n + f with n whole and |f| <= 1/2, 2^f by a polynomial (relative error below
 * 2e-7), 2^n added to its exponent. Adding 1.5 * 2^23 rounds to a whole number, which then stands in the lowest bits.
 */
@inline function power(z: v128): v128 {
  const magic = f32x4.splat(12582912);
  z = f32x4.pmax(f32x4.splat(-126), z);
  const n = f32x4.add(z, magic);
  const f = f32x4.sub(z, f32x4.sub(n, magic));
  let p = f32x4.splat(0.0013390863314270973);
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(0.009676031768321991));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(0.055503569543361664));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(0.2402210682630539));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(0.6931471824645996));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(1.0000001192092896));
  return i32x4.add(p, i32x4.shl(n, 23));
}
