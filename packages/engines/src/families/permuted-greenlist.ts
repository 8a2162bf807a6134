/**
 * Green lists that are the head of a seeded permutation of the vocabulary, as in Kirchenbauer et al. 2023, "A Watermark for
 * Large Language Models", and all that follow its code: `randperm(V, seed(context))[: gamma V]`.
 *
 * The list has a fixed size G, so a token is green with probability G / V exactly. Tokens of one context are drawn without
 * replacement; their sum is one of independent unequal Bernoullis (Vatutin & Mikhailov 1982), and above its mean plus 1 the
 * binomial tail bounds it (Hoeffding 1956, theorem 4): p is never too small.
 *
 * Weak: on a CPU only 32 bits of a seed reach the generator, whatever the key's length; and where a seed is a product of key and
 * tokens, a token 0 makes it 0 for every key (docs/compatibility.md). Pairs of seed 0 are left out of our statistics.
 * @module
 */
import { checkFinite, type EngineFigures, type Mark, Peaks, type Stage } from '@taggant/core';
import { distinctSeeds } from '../distinct.ts';
import type { Recipe } from '../opener.ts';
import { checkContext } from './context.ts';
import { PermutedLists } from './permuted-lists.ts';

export interface PermutedGreenlist {
  readonly title: string;
  readonly contextWidth: number;
  readonly start?: Mark['start'];
  /** V: how many tokens are permuted. Tokens from V on are never green. */
  readonly vocabSize: number;
  /** G: how many of them are green. */
  readonly greenCount: number;
  readonly delta: number;
  readonly stage: Stage;
  /** Whether the last G of the permutation are green, not the first. Default false. */
  readonly tail?: boolean;
  /** A token is green if its id plus this, modulo V, is on the list. Default 0. */
  readonly roll?: number;
  /**
   * The seed in a context that starts at `from` in `tokens`, for a candidate; its low 32 bits are all that the generator uses.
   */
  seedOf(tokens: Uint32Array, from: number, candidate: number): number;
  /** Whether no key enters that seed: such pairs have the same colour under every key, and are left out of our statistics. */
  isKeyless?(tokens: Uint32Array, from: number, candidate: number): boolean;
  /**
   * A mark whose seed depends on the candidate, which is biased if it is on its own list: only so many of the likeliest
   * candidates are looked at.
   */
  readonly selfSaltCandidates?: number;
  /** The engine's own figures. */
  compat?(tokens: Uint32Array, flagsOf: FlagsOf): EngineFigures;
}

/** 1 for green or 0 for each token that has its whole context, in the text's order; under another roll than the mark's. */
export type FlagsOf = (tokens: Uint32Array, roll?: number) => Uint8Array;

export function permutedGreenlist(mark: PermutedGreenlist): Recipe {
  const { title, contextWidth, start, vocabSize, greenCount, delta, stage, tail = false, roll = 0 } = mark;
  const { selfSaltCandidates } = mark;
  const p = greenCount / vocabSize;
  // The last G are those that are not among the first V - G.
  const lists = new PermutedLists(vocabSize, tail ? vocabSize - greenCount : greenCount, tail);
  const peaks = new Peaks();
  const seedOf = (tokens: Uint32Array, from: number, candidate: number) => mark.seedOf(tokens, from, candidate) >>> 0;
  const flagsOf: FlagsOf = (tokens, other = roll) => {
    const targets = tokens.subarray(contextWidth);
    const flags = new Uint8Array(targets.length);
    const seeds = Uint32Array.from(targets, (token, i) => seedOf(tokens, i, token));
    lists.count(seeds, targets, flags, other);
    return flags;
  };
  return {
    title,
    acts: 'logits',
    stage,
    contextWidth,
    ...(start === undefined ? {} : { start }),
    law: { law: 'binomial', trials: 1, p },
    oneBit: oneBitOfBias(p, delta),
    apply(context, logits, scale = 1) {
      const bias = Math.fround(delta * checkFinite(scale, 'scale'));
      const from = checkContext(context, contextWidth);
      peaks.read(logits);
      if (selfSaltCandidates === undefined) {
        lists.add(seedOf(context, from, 0), bias, logits, roll);
        return;
      }
      for (const token of likeliest(logits, selfSaltCandidates)) {
        if (lists.holds(seedOf(context, from, token), token, roll)) logits[token] += bias;
      }
    },
    distinct: (pairs) =>
      distinctSeeds(pairs, (i) => {
        const [from, token] = [i * contextWidth, pairs.tokens[i]];
        if (mark.isKeyless?.(pairs.contexts, from, token)) return undefined;
        // A product of key and tokens whose low 32 bits died out, or a key of 0: list 0 is everybody's. Where a good key comes to
        // 0 too (one seed in 2^32; in MarkLLM's KGW one in V, or more if V has small factors), its pair is lost, and no more:
        // whether a pair is left out rests on its seed, never on a colour, so the law of those that stay is the same.
        const seed = seedOf(pairs.contexts, from, token);
        return seed === 0 ? undefined : [seed];
      }),
    score({ n, contexts, tokens }, out) {
      const seeds = new Uint32Array(n);
      for (let i = 0; i < n; i++) seeds[i] = seedOf(contexts, i * contextWidth, tokens[i]);
      lists.count(seeds, tokens.subarray(0, n), out, roll);
    },
    ...(mark.compat === undefined ? {} : { compat: (tokens) => mark.compat?.(tokens, flagsOf) as EngineFigures }),
  };
}

/** Two tokens of probability 1/2: both green, or one green and preferred by e^delta : 1. */
export function oneBitOfBias(p: number, delta: number) {
  const mean = p * p + (2 * p * (1 - p)) / (1 + Math.exp(-delta));
  return { mean, variance: mean * (1 - mean) };
}

/** The ids of the `count` largest logits, largest first; of equals, the lower id. */
function likeliest(logits: Float32Array, count: number): number[] {
  if (count >= logits.length) return Array.from(logits, (_, id) => id);
  const best: number[] = [];
  for (let id = 0; id < logits.length; id++) {
    if (best.length === count && logits[id] <= logits[best[count - 1]]) continue;
    let at = best.length;
    while (at > 0 && logits[best[at - 1]] < logits[id]) at--;
    best.splice(at, 0, id);
    if (best.length > count) best.pop();
  }
  return best;
}
