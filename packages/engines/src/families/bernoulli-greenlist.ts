/**
 * Green lists whose tokens are drawn one by one: each token of a context is green by its own keyed coin, so that a pair costs
 * one call of the generator and no list is ever made. The number of green tokens in a list varies; a pair's score is a
 * Bernoulli of the coin's exact share, and distinct pairs are independent.
 * @module
 */
import { checkFinite, type Mark, Peaks } from '@taggant/core';
import type { Recipe } from '../opener.ts';
import { checkContext } from './context.ts';
import { oneBitOfBias } from './permuted-greenlist.ts';

/** Keyed coins, one for each token of a context. */
export interface Coins {
  /** Takes up the context that starts at `from` in `tokens`: what `isGreen` tells from then on belongs to it. */
  seed(tokens: Uint32Array, from: number): void;
  isGreen(token: number): boolean;
}

export interface BernoulliGreenlist
  extends Pick<Mark, 'title' | 'acts' | 'stage' | 'contextWidth' | 'start' | 'distinct' | 'compat'> {
  readonly coins: Coins;
  /** The exact share of green coins over keys. */
  readonly p: number;
  readonly delta: number;
}

export function bernoulliGreenlist({ coins, p, delta, ...mark }: BernoulliGreenlist): Recipe {
  const { contextWidth } = mark;
  const peaks = new Peaks();
  return {
    ...mark,
    law: { law: 'binomial', trials: 1, p },
    oneBit: oneBitOfBias(p, delta),
    apply(context, logits, scale = 1) {
      const bias = delta * checkFinite(scale, 'scale');
      const from = checkContext(context, contextWidth);
      peaks.read(logits);
      coins.seed(context, from);
      for (let v = 0; v < logits.length; v++) {
        if (logits[v] > Number.NEGATIVE_INFINITY && coins.isGreen(v)) logits[v] += bias;
      }
    },
    score({ n, contexts, tokens }, out) {
      for (let i = 0; i < n; i++) {
        coins.seed(contexts, i * contextWidth);
        out[i] = coins.isGreen(tokens[i]) ? 1 : 0;
      }
    },
  };
}
