/** What MarkLLM's EXP and EXPGumbel print of a text. @module */
import type { EngineFigures } from '@taggant/core';
import { lnGammaTail } from '@taggant/stats';
import type { Uniforms } from '../families/uniform-gumbel.ts';

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
  let sum = 0;
  for (let i = width; i < tokens.length; i++) {
    uniforms.seed(tokens, i - width);
    // Theirs are float32 up to the logarithm.
    sum += Math.log(Math.fround(1 / Math.fround(1 - Math.fround(uniforms.of(tokens[i])))));
  }
  const score = Math.exp(lnGammaTail(sum, n));
  return { is_watermarked: score < threshold, score };
}
