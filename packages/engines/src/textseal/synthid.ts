/**
 * TextSeal's `synthid`: a tournament whose layer d reads, for a token, the green coin of the token d strides above it. The stride
 * is 1 in 0.0.5 and 659101 in 0.2.0, so that neither finds the other's texts.
 *
 * What is weak: with stride 1 the bits of a token are those of its neighbours, one layer on. Pairs that share bits are left out
 * here. Bits of one token hang together all the same: their sum has a variance of 6.65 at depth 30 with stride 1, and of 7.53 with
 * stride 659101, where the law's is 7.5.
 *
 * Its p-values are mid-p values, or those of a normal approximation (`synthid-weighted`). Of 0.2.0, which is on no package index,
 * we have no figures to compare with: its mark has no `compat`.
 * @module
 */
import type { Mark, Pairs } from '@taggant/core';
import { lnNormalTail } from '@taggant/stats';
import { only } from '../distinct.ts';
import { wordTournament } from '../families/word-tournament.ts';
import type { Opener, Recipe, Settings } from '../opener.ts';
import { figuresOf, greenFigures, midP, positionsOf } from './figures.ts';
import { greenLevels, LEVELS, linearSum, prf, TOKEN_FACTOR, textSealFields } from './prf.ts';

export const openSynthId: Opener = (settings) => synthId(settings, 1);
export const openSynthId02: Opener = (settings) => synthId(settings, 659101);

function synthId({ config }: Settings, stride: number): Recipe {
  const fields = textSealFields(config, ['synthid', 'synthid-weighted']);
  const { key, ngram, gamma, depth } = fields;
  const { seed, level } = prf(key, ngram);
  const limit = greenLevels(gamma);
  const wordOf = (token: number) => {
    let word = 0;
    for (let layer = depth - 1; layer >= 0; layer--)
      word = (word << 1) | (level(token + layer * stride) < limit ? 1 : 0);
    return word;
  };
  const isWeighted = config.has('watermark_type') && config.choice('watermark_type', TYPES) === 'synthid-weighted';
  const weights = Array.from({ length: depth }, (_, layer) => (isWeighted ? weightOf(layer, depth) : 1));
  const compat: Mark['compat'] = (tokens) => {
    const positions = positionsOf(tokens, ngram, fields.scoring);
    const n = positions.length;
    let sum = 0;
    for (const i of positions) {
      seed(tokens, i - ngram);
      const word = wordOf(tokens[i]);
      weights.forEach((weight, layer) => {
        sum += weight * ((word >>> layer) & 1);
      });
    }
    const p = isWeighted ? weightedTail(sum, n, gamma, weights) : midP(sum, n * depth, gamma);
    const figures = { ...figuresOf(sum, n, p), ...greenFigures(Math.trunc(sum), n * depth) };
    return { detector: 'TextSeal evaluator', figures };
  };
  return wordTournament({
    title: `TextSeal synthid depth ${depth} gamma ${gamma}, stride ${stride}, context ${ngram}`,
    contextWidth: ngram,
    words: { seed, of: wordOf },
    layers: depth,
    p: limit / LEVELS,
    distinct: (pairs) => withoutSharedBits(pairs, depth, stride),
    ...(stride === 1 ? { compat } : {}),
  });
}

/** From 10 in the first layer down to 1, scaled to sum up to the depth. */
function weightOf(layer: number, depth: number): number {
  return depth === 1 ? 1 : (10 - (9 * layer) / (depth - 1)) / 5.5;
}

function weightedTail(sum: number, n: number, gamma: number, weights: readonly number[]): number {
  const squares = weights.reduce((total, weight) => total + weight * weight, 0);
  const z = (sum / n - gamma * weights.length) / Math.sqrt((gamma * (1 - gamma) * squares) / n);
  return n === 0 ? 0.5 : Math.exp(lnNormalTail(z));
}

/** The pairs that read no coin of an earlier one. Coins are the same where sums are; layers lie `stride` tokens apart. */
function withoutSharedBits(pairs: Pairs, depth: number, stride: number): Pairs {
  const { n, contexts, contextWidth, tokens } = pairs;
  const step = TOKEN_FACTOR * stride;
  const ladders = new Map<number, number[]>();
  const kept: number[] = [];
  for (let i = 0; i < n; i++) {
    const sum = linearSum(contexts, i * contextWidth, contextWidth) + TOKEN_FACTOR * tokens[i];
    const rung = Math.floor(sum / step);
    const rungs = ladders.get(sum % step);
    if (rungs === undefined) ladders.set(sum % step, [rung]);
    else if (rungs.some((other) => Math.abs(other - rung) < depth)) continue;
    else rungs.push(rung);
    kept.push(i);
  }
  return only(pairs, kept, undefined);
}

const TYPES = ['synthid', 'synthid-weighted'] as const;
