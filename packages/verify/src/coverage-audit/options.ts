/** What a coverage audit is told, checked once. @module */
import { checkFinite, checkOneOf, checkSameTokenizer, type Mark, type Strength, type Tokenizer } from '@taggant/core';
import { nullMoments } from '@taggant/detector';
import type { Expectation, LogprobsMode } from './expectation.ts';
import type { Exemption } from './served.ts';
import type { StrengthRange } from './token-strength.ts';

export interface ClassifyOptions {
  /** The chance at most that a response with none of the marks is called marked. Default 1e-6. */
  readonly alpha?: number;
  /**
   * The chance at most that a marked response of the expected strength is called unmarked, or diluted. Default 1e-3.
   * Where that strength was measured, marked responses may be weaker: see `measureStrength`.
   */
  readonly beta?: number;
  /** Other keys and settings to look for where the mark is not found. They share half of alpha. */
  readonly others?: readonly Mark[];
  /** A marked response's score per context where its log does not tell: `measureStrength`. Default: `mark.oneBit`. */
  readonly strength?: Strength | StrengthRange;
  /** The same by traffic class. */
  readonly strengths?: Readonly<Record<string, Strength | StrengthRange>>;
  /** For responses that have text only. */
  readonly tokenizer?: Tokenizer;
  /**
   * What `logprobs` and `top` are of: the model's own distribution (vLLM's default, and this one's), or the final one.
   */
  readonly logprobs?: LogprobsMode;
  /**
   * Decoding that leaves this mark out. Default: beam and greedy for a mark of the draw; neither for a bias, which
   * shifts the likeliest token too (vLLM: "greedy requests are watermarked").
   */
  readonly exempt?: readonly ('beam' | 'greedy')[];
  /** `diluted` means that less of the evidence is there than this share. Default 0.9. */
  readonly whole?: number;
}

/** @internal */
export interface Audit {
  readonly mark: Mark;
  readonly others: readonly Mark[];
  readonly alpha: number;
  /** The mark's own part of it. */
  readonly ownAlpha: number;
  readonly beta: number;
  readonly whole: number;
  readonly logprobs: LogprobsMode;
  readonly exempt: ReadonlySet<Exemption>;
  readonly tokenizer: Tokenizer | undefined;
  readonly referenceOf: (trafficClass: string) => Expectation;
}

/** @internal */
export function openAudit(mark: Mark, options: ClassifyOptions): Audit {
  const { alpha = 1e-6, beta = 1e-3, whole = 0.9, others = [], tokenizer, logprobs = 'raw' } = options;
  const { exempt = mark.acts === 'distribution' ? (['beam', 'greedy'] as const) : [] } = options;
  between(alpha, 'alpha', 1);
  between(beta, 'beta', 0.5);
  if (whole !== 1) between(whole, 'whole', 1);
  checkOneOf(logprobs, 'logprobs', ['raw', 'final']);
  for (const way of exempt) checkOneOf(way, 'exempt', ['beam', 'greedy']);
  if (tokenizer !== undefined) checkSameTokenizer(mark.descriptor.tokenizer, tokenizer.id);
  const { strength, strengths = {} } = options;
  const general: Expectation =
    strength === undefined
      ? { least: mark.oneBit, most: mark.oneBit, from: 'one-bit' }
      : given(strength, mark, 'strength');
  const byClass = new Map(
    Object.entries(strengths).map(([name, one]) => [name, given(one, mark, `strengths.${name}`)]),
  );
  return {
    mark,
    others,
    alpha,
    ownAlpha: others.length > 0 ? alpha / 2 : alpha,
    beta,
    whole,
    logprobs,
    exempt: new Set<Exemption>(['opted-out', ...exempt]),
    tokenizer,
    referenceOf: (trafficClass) => byClass.get(trafficClass) ?? general,
  };
}

function given(strength: Strength | StrengthRange, mark: Mark, name: string): Expectation {
  const range = 'least' in strength ? strength : { least: strength, most: strength };
  const none = nullMoments(mark.law).mean;
  for (const [end, { mean, variance }] of Object.entries({ least: range.least, most: range.most })) {
    if (!(checkFinite(mean, `${name}.${end}.mean`) >= none)) {
      throw new RangeError(`"${name}.${end}.mean" expected a number of at least ${none}, got ${mean}`);
    }
    if (!(checkFinite(variance, `${name}.${end}.variance`) >= 0)) {
      throw new RangeError(`"${name}.${end}.variance" expected a number of at least 0, got ${variance}`);
    }
  }
  if (range.most.mean < range.least.mean) {
    throw new RangeError(`"${name}.most.mean" expected at least ${range.least.mean}, got ${range.most.mean}`);
  }
  return { least: range.least, most: range.most, from: 'given' };
}

function between(value: number, name: string, limit: number): void {
  if (checkFinite(value, name) > 0 && value < limit) return;
  throw new RangeError(`"${name}" expected a number in (0, ${limit}), got ${value}`);
}
