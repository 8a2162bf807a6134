/** What MarkLLM's EXP and EXPGumbel print of a text. @module */
import type { EngineFigures } from '@taggant/core';
import { lnGammaTail } from '@taggant/stats';
import { readPairs, type Uniforms } from '../families/uniform-gumbel.ts';

/**
 * `score` is a gamma tail of the sum over all tokens with a whole context in the text, copies too, `is_watermarked` whether it is
 * below the threshold. None for a text without such tokens.
 */
export function expFigures(
  tokens: Uint32Array,
  width: number,
  uniforms: Uniforms,
  threshold: number,
): EngineFigures['figures'] {
  const n = tokens.length - width;
  if (n < 1) return {};
  const contexts = new Uint32Array(n * width);
  for (let i = 0; i < n; i++) contexts.set(tokens.subarray(i, i + width), i * width);
  const values = new Float64Array(n);
  readPairs(uniforms, contexts, width, tokens.subarray(width), values);
  let sum = 0;
  // Theirs are float32 up to the logarithm.
  for (const value of values) sum += Math.log(Math.fround(1 / Math.fround(1 - Math.fround(value))));
  const score = Math.exp(lnGammaTail(sum, n));
  return { is_watermarked: score < threshold, score };
}
