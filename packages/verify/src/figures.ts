/** Curves and figures of a run, for people; they decide nothing. @module */
import { pairedDifferences } from './checks/cost.ts';
import { type Evidence, tokensNeeded } from './measures/evidence.ts';
import type { Measure, Values } from './measures/measure.ts';
import type { PowerPoint, SurvivalPoint } from './result.ts';
import type { Sample } from './sample.ts';
import { boundedShare, mean, median } from './summary.ts';

export interface MarkedEvidence {
  readonly read: (sample: Sample) => Evidence;
  readonly marked: readonly Sample[];
  readonly maxTokens: number;
  readonly confidence: number;
}

/** TPR by length: at eighths of the length asked for, each text cut. */
export function powerOf({ read, marked, maxTokens, confidence }: MarkedEvidence): PowerPoint[] {
  const lengths = [...new Set(Array.from({ length: 8 }, (_, i) => Math.max(1, Math.round(((i + 1) / 8) * maxTokens))))];
  return ALPHAS.flatMap((alpha) =>
    lengths.flatMap((tokens) => {
      const long = marked.filter((sample) => sample.tokens.length >= tokens);
      const found = long.filter((sample) => read(sample).lnPOf(tokens) <= Math.log(alpha)).length;
      return long.length === 0 ? [] : [{ tokens, alpha, ...boundedShare(found, long.length, confidence) }];
    }),
  );
}

/** Survival by attack, of the attacks that were measured. */
export function survivalOf(measures: readonly Measure[], values: Values, confidence: number): SurvivalPoint[] {
  return measures.flatMap(({ id, attacked }) => {
    const numbers = [...(values.get(id)?.values() ?? [])];
    if (attacked === undefined || numbers.length === 0) return [];
    const found = numbers.reduce((a, b) => a + b, 0);
    return [{ ...attacked, ...boundedShare(found, numbers.length, confidence) }];
  });
}

/**
 * `tokensNeeded`: the median over texts of the least tokens with p < .02 (the watermark size of MarkMyWords, Piet et al. 2023);
 * left out where half of the texts have none. `strength`: mean score of a pair. `perplexityRatio`: marked over unmarked.
 */
export function figuresOf(
  { read, marked, maxTokens }: MarkedEvidence,
  values: Values,
  plainValues: Values,
): Record<string, number> {
  const figures: Record<string, number> = {};
  const needed = marked.map(
    (sample) => tokensNeeded(read(sample), Math.min(maxTokens, sample.tokens.length), Math.log(0.02)) ?? Infinity,
  );
  if (Number.isFinite(median(needed))) figures.tokensNeeded = median(needed);
  const strengths = [...(values.get('strength')?.values() ?? [])];
  if (strengths.length > 0) figures.strength = mean(strengths);
  const differences = pairedDifferences(values.get('perplexity'), plainValues.get('perplexity'));
  if (differences.length > 0) figures.perplexityRatio = Math.exp(mean(differences));
  return figures;
}

const ALPHAS = [1e-3, 1e-6];
