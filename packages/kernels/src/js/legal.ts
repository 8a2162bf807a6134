/** Legal logits: numbers below +Infinity. -Infinity, a masked token, is one. @module */

/** Index of the first logit from `from` on that is NaN or +Infinity, or -1. */
export function firstIllegal(logits: Float32Array, from: number): number {
  for (let i = from; i < logits.length; i++) if (!(logits[i]! < Infinity)) return i;
  return -1;
}
