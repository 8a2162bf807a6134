/** What TextSeal 0.0.5's evaluator prints (posthoc/evaluation.py and posthoc/detector.py). @module */
import type { EngineFigures } from '@taggant/core';
import { lnBinomialPmf, lnBinomialTail } from '@taggant/stats';
import { scoredPositions } from '../scored.ts';

export type Scoring = 'none' | 'v1' | 'v2';

/** The positions that it scores: not the first token that has a whole context. */
export function positionsOf(tokens: Uint32Array, ngram: number, scoring: Scoring): number[] {
  const once = ({ none: 'all', v1: 'context', v2: 'pair' } as const)[scoring];
  return scoredPositions(tokens, { first: ngram + 1, width: ngram, once });
}

/** `sum`: of the scores of n tokens. Floors p as theirs does. */
export function figuresOf(sum: number, n: number, p: number): EngineFigures['figures'] {
  const p_value = Math.max(p, 1e-200);
  return { score: sum / n, p_value, det: p_value < 1e-3, toks_scored: n };
}

export function greenFigures(green: number, trials: number): EngineFigures['figures'] {
  return { toks_green: green, toks_tot: trials, green_proportion: trials > 0 ? green / trials : 0 };
}

/** P[Bin >= green] less half of P[Bin = green]: the mid-p value, smaller than the exact one. */
export function midP(green: number, trials: number, gamma: number): number {
  if (trials === 0) return 0.5;
  return Math.exp(lnBinomialTail(green, trials, gamma)) - Math.exp(lnBinomialPmf(green, trials, gamma)) / 2;
}
