/** Integers as PyTorch's int64 tensors and Python's `%` treat them. @module */

/** Wraps to 64 bits, signed. */
export const int64 = (value: bigint): bigint => BigInt.asIntN(64, value);

/** The low 32 bits, as a number: all of a seed that torch's CPU generator uses. */
export const low32 = (value: bigint): number => Number(value & 0xffffffffn);

/** Python's modulo: the result has the sign of the modulus. */
export function floorMod(value: bigint, modulus: bigint): bigint {
  const rest = value % modulus;
  return rest < 0n ? rest + modulus : rest;
}

/** The range of a key that has to fit an int64. */
export const INT64_MIN = -(2n ** 63n);
export const INT64_MAX = 2n ** 63n - 1n;
/** What KGW's descendants reduce a seed by before they hand it to `manual_seed`. */
export const SEED_MODULUS = 2n ** 64n - 1n;
