/**
 * Gumbel-max with a keyed uniform u for each (context, token): the choice is `argmax ln(u_v) / p_v` (Aaronson 2022), a token's
 * score is -ln(1 - u), one unit exponential without the key.
 *
 * With two keys, one of them is drawn at each step and makes the choice; the score is the sum under both,
 * each weighed by how often it chooses. Its law is a sum of two gammas of different scales.
 * @module
 */
import { Candidates, checkPositive, type Mark, type NullLaw, type Strength } from '@taggant/core';
import type { Recipe } from '../opener.ts';
import { NO_TOKEN } from '../scored.ts';
import { checkContext } from './context.ts';

/** Keyed uniforms, one for each token of a context. */
export interface Uniforms {
  /** Takes up the context that starts at `from` in `tokens`: what `of` gives from then on belongs to it. */
  seed(tokens: Uint32Array, from: number): void;
  /** From 0 to below 1. Cheapest when asked for tokens in ascending order. */
  of(token: number): number;
  /** The same for many contexts, one after the other in `contexts`, and a token of each: where a kernel is quicker. */
  ofPairs?(contexts: Uint32Array, tokens: Uint32Array, out: Float64Array): void;
}

/** A key, and the share of the steps at which it chooses. The shares of all keys sum up to 1. */
export interface GumbelKey {
  readonly uniforms: Uniforms;
  readonly share: number;
}

export interface UniformGumbel extends Pick<Mark, 'title' | 'contextWidth' | 'start' | 'distinct' | 'compat'> {
  readonly keys: readonly [GumbelKey] | readonly [GumbelKey, GumbelKey];
  /** Draws the key that chooses. Default: a coin of the first key's, for a token that there is not. */
  readonly random?: (() => number) | undefined;
  /** Whether the engine leaves a step to an ordinary draw. Default: never. */
  leaves?(context: Uint32Array, candidates: Candidates): boolean;
}

export function uniformGumbel({ keys, random, leaves, ...mark }: UniformGumbel): Recipe {
  const { contextWidth } = mark;
  const candidates = new Candidates();
  let values = new Float64Array(0);
  const scored = weighed(keys);
  return {
    ...mark,
    acts: 'distribution',
    law: lawOf(scored),
    oneBit: oneBitOf(scored),
    apply(context, logits, temperature = 1) {
      checkPositive(temperature, 'scale');
      const from = checkContext(context, contextWidth);
      candidates.gather(logits, temperature, logits.length);
      if (leaves?.(context, candidates)) return;
      const { uniforms } = keyOf(context, from);
      uniforms.seed(context, from);
      const chosen = candidates.ids[loudest(candidates, uniforms)];
      logits.fill(Number.NEGATIVE_INFINITY);
      logits[chosen] = 0;
    },
    score({ n, contexts, tokens }, out) {
      out.fill(0, 0, n);
      if (values.length < n) values = new Float64Array(n);
      for (const { uniforms, share } of scored) {
        readPairs(uniforms, contexts, contextWidth, tokens, values.subarray(0, n));
        for (let i = 0; i < n; i++) out[i] -= share * Math.log1p(-values[i]);
      }
    },
  };

  function keyOf(context: Uint32Array, from: number): GumbelKey {
    const [first, second = first] = keys;
    if (second === first) return first;
    if (random !== undefined) return random() < first.share ? first : second;
    first.uniforms.seed(context, from);
    return first.uniforms.of(NO_TOKEN) < first.share ? first : second;
  }
}

/** The uniform of each pair into `out`. */
export function readPairs(
  uniforms: Uniforms,
  contexts: Uint32Array,
  width: number,
  tokens: Uint32Array,
  out: Float64Array,
): void {
  if (uniforms.ofPairs !== undefined) {
    uniforms.ofPairs(contexts, tokens, out);
    return;
  }
  for (let i = 0; i < out.length; i++) {
    uniforms.seed(contexts, i * width);
    out[i] = uniforms.of(tokens[i]);
  }
}

/** The candidate that Gumbel-max chooses, the first of equals. */
function loudest({ n, ids, lnWeights }: Candidates, uniforms: Uniforms): number {
  let best = 0;
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < n; i++) {
    const sum = lnWeights[i] - Math.log(-Math.log(uniforms.of(ids[i])));
    if (sum > most) {
      most = sum;
      best = i;
    }
  }
  return best;
}

/** The keys that are scored: one that hardly ever chooses would add more noise than evidence. */
function weighed(keys: readonly GumbelKey[]): readonly GumbelKey[] {
  const heard = keys.filter(({ share }) => share >= LEAST_SHARE);
  return heard.length === 1 ? [{ ...heard[0], share: 1 }] : heard;
}

function lawOf([a, b]: readonly GumbelKey[]): NullLaw {
  return b === undefined ? { law: 'gamma', shape: 1 } : { law: 'gamma-sum', scales: [a.share, b.share] };
}

/**
 * Of two tokens of probability 1/2, the better of two uniforms wins: under the key that chose, the score is the larger of two
 * unit exponentials, of mean 1 + 1/2 and variance 1 + 1/4; under the other key it is one unit exponential.
 */
function oneBitOf([a, b]: readonly GumbelKey[]): Strength {
  if (b === undefined) return { mean: 1.5, variance: 1.25 };
  const squares = a.share ** 2 + b.share ** 2;
  const within = squares + (a.share ** 3 + b.share ** 3) / 4;
  return { mean: 1 + squares / 2, variance: within + (a.share * b.share * (a.share - b.share) ** 2) / 4 };
}

/** Also the least that the exact law of two keys is made for: scales within 1 : 100. */
const LEAST_SHARE = 1 / 101;
