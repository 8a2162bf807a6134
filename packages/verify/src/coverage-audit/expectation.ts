/**
 * What a response would score if it were marked at every step: from its own log, or from what was measured or assumed.
 * @module
 */
import type { Mark, Strength } from '@taggant/core';
import { nullMoments } from '@taggant/detector';
import { type Between, finalProbability } from './final-probability.ts';
import type { ServedResponse } from './served.ts';
import { type StrengthRange, tokenStrength } from './token-strength.ts';

/**
 * - `logprobs`: bounds by the probability that each token was drawn with.
 * - `given`: measured on marked responses of this traffic.
 * - `one-bit`: assumed, two equally likely tokens at each step.
 * - `entropies`: one of these two, lowered to what the logged entropies (or surprisals) allow; an estimate.
 */
export type ExpectationSource = 'logprobs' | 'given' | 'one-bit' | 'entropies';

/** The strength of a marked response, averaged over the pairs that are scored. */
export interface Expectation extends StrengthRange {
  readonly from: ExpectationSource;
}

/** Whether it speaks of this response, or of ones like it; not assumed, and no estimate. */
export const isKnown = ({ from }: Expectation): boolean => from === 'logprobs' || from === 'given';

/** What log-probabilities in a log are of: the model's own distribution, or the one that was drawn from. */
export type LogprobsMode = 'raw' | 'final';

/** `positions`: of the scored pairs in the response. `reference`: what is expected where the log does not say. */
export function expectationOf(
  response: Omit<ServedResponse, 'id'>,
  positions: ArrayLike<number>,
  mark: Mark,
  reference: Expectation,
  logprobs: LogprobsMode,
): Expectation {
  if (positions.length === 0) return reference;
  const scored = Array.from(positions);
  const between = probabilitiesAt(response, scored, mark, logprobs);
  if (between !== undefined) {
    const { temperature = 1 } = response.settings ?? {};
    const steps = between.map((p) => tokenStrength(mark, p, temperature));
    if (steps.every((step) => step !== undefined)) {
      return {
        least: average(steps.map(({ least }) => least)),
        most: average(steps.map(({ most }) => most)),
        from: 'logprobs',
      };
    }
  }
  const { entropies } = response;
  if (entropies !== undefined) return lowered(mark, reference, mean(scored.map((at) => entropies[at])));
  return between === undefined ? reference : lowered(mark, reference, mean(between.map(([, high]) => -Math.log(high))));
}

/** The probabilities that the scored tokens were drawn with; undefined where the log leaves one of them open. */
function probabilitiesAt(
  { logprobs, top, settings = {} }: Omit<ServedResponse, 'id'>,
  scored: readonly number[],
  mark: Mark,
  mode: LogprobsMode,
): Between[] | undefined {
  if (logprobs === undefined) return undefined;
  // What was drawn from has the bias of a green list in it already.
  if (mode === 'final' && mark.acts === 'logits') return undefined;
  const vocabSize = mark.descriptor.vocabSize ?? mark.descriptor.tokenizer?.vocabSize;
  const found = scored.map((at) =>
    mode === 'final'
      ? ([Math.exp(logprobs[at]), Math.exp(logprobs[at])] as const)
      : finalProbability(logprobs[at], settings, top?.[at], vocabSize),
  );
  return found.every((between) => between !== undefined) ? found : undefined;
}

/**
 * A step of h nats of entropy is taken for h / ln 2 one-bit steps. For Gumbel the excess over the null is at least
 * (pi^2 / 6 - 1) h, 0.645 h, where this says 0.721 h; for a green list a long tail of rare tokens makes it less than
 * this. So it may lower what is expected and never raise it.
 */
function lowered(mark: Mark, { least, most, from }: Expectation, nats: number): Expectation {
  const none = nullMoments(mark.law).mean;
  const limit = none + ((mark.oneBit.mean - none) * nats) / Math.LN2;
  if (limit >= least.mean) return { least, most, from };
  const to = (strength: Strength) => ({ ...strength, mean: Math.min(strength.mean, Math.max(none, limit)) });
  return { least: to(least), most, from: 'entropies' };
}

const average = (steps: readonly Strength[]): Strength => ({
  mean: mean(steps.map((step) => step.mean)),
  variance: mean(steps.map(({ variance }) => variance)),
});

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
