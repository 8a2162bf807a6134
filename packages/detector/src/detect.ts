/**
 * The detector: distinct pairs, scores, exact tail, verdict. It takes any Mark.
 * @module
 */
import {
  checkFinite,
  checkSameTokenizer,
  checkTokens,
  type DedupMode,
  distinctPairs,
  type EngineFigures,
  type Mark,
  type MarkDescriptor,
  type NullLaw,
  type Pairs,
  type Strength,
  TOKEN_LIMIT,
  type Tokenizer,
  TupleSet,
} from '@taggant/core';
import { bonferroni } from '@taggant/stats';
import { type DecoyRank, rankAmongDecoys } from './cohorts.ts';
import { type DecoyKeyRank, type DecoyKeys, rankByKeys } from './decoy-keys.ts';
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
  /**
   * Ranks the mark's cohort among at least so many decoys, cohorts of the same key in a power-of-two range around it; only
   * for marks that have cohorts. The verdict rests on the exact law all the same. Default 0: none.
   */
  readonly decoys?: number;
  /**
   * Ranks the mark's key among decoy keys, and tests whether their p-values are uniform on this text. The verdict rests on the
   * exact law all the same. Default: none.
   */
  readonly decoyKeys?: DecoyKeys;
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
  /** The mark in words, without its cohort. */
  readonly title: string;
  readonly decoys?: DecoyRank;
  readonly decoyKeys?: DecoyKeyRank;
  /** What the mark's own engine would print of this text; the verdict does not rest on it. */
  readonly compat?: EngineFigures;
  readonly details?: { readonly positions: Uint32Array; readonly scores: Float64Array };
}

/**
 * Tests token ids for a mark.
 *
 * @example
 * const { verdict, lnP, n } = detectTokens(ids, mark, { alpha: 1e-6 });
 */
export function detectTokens(tokens: ArrayLike<number>, mark: Mark, options: DetectOptions = {}): Detection {
  const { decoyKeys, ...rest } = options;
  const all = allPairsOf(tokens, mark, options);
  const detection = {
    ...detectPairs(mark.distinct?.(all) ?? all, mark, rest),
    // Which pairs this key's mark leaves out is nothing to the others.
    ...(decoyKeys ? { decoyKeys: rankByKeys(all, mark, decoyKeys) } : {}),
  };
  if (mark.compat === undefined) return detection;
  const [ids, prompt] = [checkTokens(tokens, 'tokens'), checkTokens(options.prompt ?? [], 'prompt')];
  return { ...detection, compat: mark.compat(ids, prompt) };
}

/** @internal The distinct pairs of a text for this mark. */
export function pairsOf(
  tokens: ArrayLike<number>,
  mark: Mark,
  options: Pick<DetectOptions, 'dedup' | 'prompt'>,
): Pairs {
  const pairs = allPairsOf(tokens, mark, options);
  return mark.distinct?.(pairs) ?? pairs;
}

/** Those among them too that read the same keyed randomness. */
function allPairsOf(
  tokens: ArrayLike<number>,
  mark: Mark,
  { dedup, prompt }: Pick<DetectOptions, 'dedup' | 'prompt'>,
): Pairs {
  const { contextWidth, start, descriptor } = mark;
  const vocabSize = descriptor.vocabSize ?? descriptor.tokenizer?.vocabSize ?? TOKEN_LIMIT;
  const padding = start?.scores ? start.padding : undefined;
  const given = start?.prompt === false ? undefined : prompt;
  return distinctPairs(tokens, { contextWidth, dedup, vocabSize, padding, prompt: given });
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
  const scores = new Float64Array(pairs.n);
  mark.score(pairs, scores);
  const isFirst = firstOfContexts(pairs);
  const first = { n: 0, sum: 0 };
  let sum = 0;
  for (let i = 0; i < pairs.n; i++) {
    sum += scores[i];
    first.n += isFirst[i];
    first.sum += isFirst[i] * scores[i];
  }
  const { decoys, decoyKeys, details } = options;
  return {
    ...conclude(pairs, mark, { sum, first }, options),
    ...(decoys ? { decoys: rankAmongDecoys(pairs, mark, decoys) } : {}),
    ...(decoyKeys ? { decoyKeys: rankByKeys(pairs, mark, decoyKeys) } : {}),
    ...(details ? { details: { positions: pairs.positions, scores } } : {}),
  };
}

/** What was scored. Of a search: its best candidate's sum, and the largest sum that any candidate has of `first`. */
export interface Scored {
  readonly sum: number;
  readonly first: { readonly n: number; readonly sum: number };
  /** How many candidates were tried; p is corrected for them by Bonferroni. Default 1. */
  readonly tests?: number;
}

/** @internal From sums of scores to a verdict. */
export function conclude(
  pairs: Pairs,
  mark: Mark,
  { sum, first, tests = 1 }: Scored,
  { alpha = DEFAULT_ALPHA, beta = 1e-3, strength = mark.oneBit }: DetectOptions,
): Detection {
  checkProbability(alpha, 'alpha');
  checkProbability(beta, 'beta');
  checkStrength(strength, mark.law);
  const { n, dedup = 'none', positionsSeen, repeated, withoutContext } = pairs;
  const lnP = bonferroni(lnTail(mark.law, sum, n), tests);
  const evidence = { lnP, law: mark.law, first, positionsSeen, tests };
  const { verdict, reason, needed, lnMissed } = judge(evidence, { alpha, beta, strength });
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
    correction: { method: tests === 1 ? 'none' : 'bonferroni', tests },
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
    title: mark.title,
  };
}

/**
 * @internal 1 for the pairs that are the first of their context: what a claim of power may count on. In a context that comes
 * again, the pair mode scores the tokens that lost to the mark too, and a generator that avoids repeated contexts has not
 * even marked them; with enough repetition the sum over pairs of a marked text has the null mean.
 */
export function firstOfContexts({ n, contextWidth, contexts, first }: Pairs): Uint8Array {
  if (first !== undefined) return first;
  const seen = new TupleSet(contextWidth);
  return Uint8Array.from({ length: n }, (_, i) => Number(seen.add(contexts, i * contextWidth)));
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
