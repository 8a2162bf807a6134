/**
 * The detector: distinct pairs, scores, exact tail, verdict. It takes any Mark.
 * @module
 */
import {
  checkFinite,
  checkSameTokenizer,
  type DedupMode,
  distinctPairs,
  type Mark,
  type MarkDescriptor,
  type NullLaw,
  type Pairs,
  type Strength,
  TOKEN_LIMIT,
  type Tokenizer,
  TupleSet,
} from '@taggant/core';
import { lnTail, nullMoments, zScore } from './evidence.ts';
import { judge, type Reason, type Verdict } from './verdict.ts';

export interface DetectOptions {
  /** p at or below which a text is called marked. Default 1e-6: a false accusation harms somebody. */
  readonly alpha?: number;
  /** The chance that a `not-marked` verdict may miss a mark of the stated strength. Default 1e-3. */
  readonly beta?: number;
  /** `pair` (default): each distinct (context, token) once. `context`: each context once, the stricter audit number. */
  readonly dedup?: DedupMode;
  /** The strength that `not-marked` rules out, measured on your own marked text. Default: `mark.oneBit`. */
  readonly strength?: Strength;
  /** Tokens before the text that give it context and are not scored. */
  readonly prompt?: ArrayLike<number>;
  /** Adds every pair's position and score. Default false. */
  readonly details?: boolean;
}

export interface Detection {
  readonly verdict: Verdict;
  readonly reason: Reason;
  /** What the verdict rests on. */
  readonly technique: 'watermark';
  /** ln P[score >= observed] over random keys: exact, and right where p underflows. */
  readonly lnP: number;
  /** exp(lnP), for display; 0 below about 1e-308. */
  readonly p: number;
  /** Distinct pairs scored. */
  readonly n: number;
  /** Sum of their scores: green tokens, or Gumbel scores in nats, or tournament bits. */
  readonly score: number;
  /** Standard score of the sum under the null; for display. */
  readonly z: number;
  /** Law of one pair's score under the null. */
  readonly law: NullLaw;
  /** `none`: the pairs were not collected by this library, which cannot vouch that they are distinct. */
  readonly dedup: DedupMode | 'none';
  readonly alpha: number;
  /** How many tests the p was corrected for, and how. */
  readonly correction: { readonly method: 'none' | 'bonferroni'; readonly tests: number };
  /** No measurement of this key on the owner's own unmarked text stands behind the result. */
  readonly calibration: 'none';
  /**
   * What `not-marked` rules out, and whether that was given or the default; the distinct contexts that the claim rests on,
   * how many a text of that strength needs, and the bound on ln P[such a text scores this low].
   */
  readonly power: {
    readonly strength: Strength;
    readonly assumed: 'one-bit' | 'given';
    readonly contexts: number;
    readonly needed: number;
    readonly lnMissed: number;
  };
  readonly positions: { readonly seen: number; readonly repeated: number; readonly withoutContext: number };
  readonly mark: MarkDescriptor;
  readonly details?: { readonly positions: Uint32Array; readonly scores: Float64Array };
}

/**
 * Tests token ids for a mark.
 *
 * @example
 * const { verdict, lnP, n } = detectTokens(ids, mark, { alpha: 1e-6 });
 */
export function detectTokens(tokens: ArrayLike<number>, mark: Mark, options: DetectOptions = {}): Detection {
  const pairs = distinctPairs(tokens, {
    contextWidth: mark.contextWidth,
    dedup: options.dedup,
    vocabSize: mark.descriptor.tokenizer?.vocabSize ?? TOKEN_LIMIT,
    prompt: options.prompt,
  });
  return detectPairs(pairs, mark, options);
}

/** Tokenizes a text and tests it. Throws when the tokenizer is not the mark's. */
export function detectText(text: string, mark: Mark, tokenizer: Tokenizer, options: DetectOptions = {}): Detection {
  if (typeof text !== 'string') throw new TypeError(`"text" expected a string, got ${typeof text}`);
  checkSameTokenizer(mark.descriptor.tokenizer, tokenizer.id);
  return detectTokens(tokenizer.encode(text), mark, options);
}

/** One text of a batch. */
export interface Input {
  readonly id?: string;
  readonly tokens: ArrayLike<number>;
  readonly prompt?: ArrayLike<number>;
}

/** Tests many texts, each on its own, one after the other as they are asked for. */
export function* detectMany(
  inputs: Iterable<Input>,
  mark: Mark,
  options: Omit<DetectOptions, 'prompt'> = {},
): Generator<Detection & { readonly id?: string }> {
  for (const { id, tokens, prompt } of inputs) yield { id, ...detectTokens(tokens, mark, { ...options, prompt }) };
}

/** Tests pairs collected from one text or from a whole corpus (`PairCollector`, which deduplicates). */
export function detectPairs(
  pairs: Pairs,
  mark: Mark,
  options: Omit<DetectOptions, 'dedup' | 'prompt'> = {},
): Detection {
  const { alpha = DEFAULT_ALPHA, beta = 1e-3, strength = mark.oneBit, details = false } = options;
  checkProbability(alpha, 'alpha');
  checkProbability(beta, 'beta');
  checkStrength(strength, mark.law);
  const { n, dedup = 'none', positions, positionsSeen, repeated, withoutContext } = pairs;
  const scores = new Float64Array(n);
  mark.score(pairs, scores);
  const sum = scores.reduce((total, score) => total + score, 0);
  const lnP = lnTail(mark.law, sum, n);
  const first = firstOfContexts(pairs, scores);
  const { verdict, reason, needed, lnMissed } = judge(
    { lnP, law: mark.law, first, positionsSeen },
    { alpha, beta, strength },
  );
  return {
    verdict,
    reason,
    technique: 'watermark',
    lnP,
    p: Math.exp(lnP),
    n,
    score: sum,
    z: zScore(mark.law, sum, n),
    law: mark.law,
    dedup,
    alpha,
    correction: { method: 'none', tests: 1 },
    calibration: 'none',
    power: {
      strength: { mean: strength.mean, variance: strength.variance },
      assumed: strength === mark.oneBit ? 'one-bit' : 'given',
      contexts: first.n,
      needed,
      lnMissed,
    },
    positions: { seen: positionsSeen, repeated, withoutContext },
    mark: mark.descriptor,
    ...(details ? { details: { positions, scores } } : {}),
  };
}

/**
 * The pairs that are the first of their context, and the sum of their scores: what a claim of power may count on. In a
 * context that comes again, the pair mode scores the tokens that lost to the mark too, and a generator that avoids repeated
 * contexts has not even marked them; with enough repetition the sum over pairs of a marked text has the null mean.
 */
function firstOfContexts({ n, contextWidth, contexts }: Pairs, scores: Float64Array): { n: number; sum: number } {
  const seen = new TupleSet(contextWidth);
  let sum = 0;
  for (let i = 0; i < n; i++) if (seen.add(contexts, i * contextWidth)) sum += scores[i];
  return { n: seen.size, sum };
}

/** Of the mark's own units: the strength of a tournament, say, would rule out every green list. */
function checkStrength({ mean, variance }: Strength, law: NullLaw): void {
  const least = nullMoments(law).mean;
  const most = law.law === 'binomial' ? law.trials : Number.MAX_VALUE;
  if (!(checkFinite(mean, 'strength.mean') >= least && mean <= most)) {
    throw new RangeError(`"strength.mean" expected a number from ${least} to ${most}, got ${mean}`);
  }
  if (!(checkFinite(variance, 'strength.variance') >= 0)) {
    throw new RangeError(`"strength.variance" expected a number of at least 0, got ${variance}`);
  }
}

function checkProbability(value: number, name: string): void {
  if (!(checkFinite(value, name) > 0 && value < 1))
    throw new RangeError(`"${name}" expected a number in (0, 1), got ${value}`);
}

/** A false accusation harms somebody. */
export const DEFAULT_ALPHA = 1e-6;
