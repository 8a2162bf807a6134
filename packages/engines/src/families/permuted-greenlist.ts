/**
 * Green lists that are the head of a seeded permutation of the vocabulary, as in Kirchenbauer et al. 2023, "A Watermark for
 * Large Language Models", and all that follow its code: `randperm(V, seed(context))[: gamma V]`.
 *
 * The list has a fixed size G, so a token is green with probability G / V exactly. Tokens of one context are drawn without
 * replacement; their sum is one of independent unequal Bernoullis (Vatutin & Mikhailov 1982), and above its mean plus 1 the
 * binomial tail bounds it (Hoeffding 1956, theorem 4): p is never too small.
 *
 * Weak: on a CPU only 32 bits of a seed reach the generator, whatever the key's length; and where a seed is a product of key and
 * tokens, a token 0 makes it 0 for every key (docs/compatibility.md). Pairs of seed 0 are left out of our statistics. After a
 * token that is a multiple of 2^k there are 2^(32 - k) lists on a CPU, over all keys, in which a candidate's share of green ones is
 * not G / V but strays from it by some sqrt(p (1 - p) / lists): 0.0004 where k = 12, one id in 4,096. Such pairs are scored.
 * @module
 */
import { checkFinite, type EngineFigures, Peaks, type Stage } from '@taggant/core';
import { distinctSeeds } from '../distinct.ts';
import type { Recipe } from '../opener.ts';
import type { Permutations } from '../random/permutations.ts';
import { NO_TOKEN } from '../scored.ts';
import { checkContext } from './context.ts';
import { PermutedLists } from './permuted-lists.ts';

export interface PermutedGreenlist {
  readonly title: string;
  /** How many tokens there must be before a step that is marked. */
  readonly contextWidth: number;
  /** How many of them, the last ones, the seed reads: a text is scored from there on. Default: all. */
  readonly reads?: number;
  /** Of the V tokens of the vocabulary. Tokens from V on are never green. */
  readonly permutations: Permutations;
  /** G: how many of them are green. */
  readonly greenCount: number;
  readonly delta: number;
  readonly stage: Stage;
  /** Whether the last G of the permutation are green, not the first. Default false. */
  readonly tail?: boolean;
  /** A token is green if its id plus this, modulo V, is on the list. Default 0. */
  readonly roll?: number;
  /** The seed of 64 bits where what is read starts at `from` in `tokens`, for a candidate. */
  seedOf(tokens: Uint32Array, from: number, candidate: number): bigint;
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

/** 1 for green or 0 for each token that has what the seed reads, in the text's order; under another roll than the mark's. */
export type FlagsOf = (tokens: Uint32Array, roll?: number) => Uint8Array;

export function permutedGreenlist(mark: PermutedGreenlist): Recipe {
  const { contextWidth, reads = contextWidth, permutations, greenCount, delta, stage, tail = false, roll = 0 } = mark;
  const { selfSaltCandidates } = mark;
  const vocabSize = permutations.n;
  if (greenCount < 1 || greenCount >= vocabSize) {
    throw new RangeError(`a green list expected 1 to ${vocabSize - 1} of ${vocabSize} tokens, got ${greenCount}`);
  }
  const p = greenCount / vocabSize;
  // The last G are those that are not among the first V - G.
  const lists = new PermutedLists(permutations, tail ? vocabSize - greenCount : greenCount, tail);
  const peaks = new Peaks();
  const unread = contextWidth - reads;
  const seedOf = (tokens: Uint32Array, from: number, candidate: number) =>
    permutations.seed(BigInt.asUintN(64, mark.seedOf(tokens, from, candidate)));
  const flagsOf: FlagsOf = (tokens, other = roll) => {
    const targets = tokens.subarray(reads);
    const flags = new Uint8Array(targets.length);
    const seeds = Array.from(targets, (token, i) => seedOf(tokens, i, token));
    lists.count(seeds, targets, flags, other);
    return flags;
  };
  return {
    title: `${mark.title}${permutations.device}`,
    acts: 'logits',
    stage,
    contextWidth,
    // Where tokens are missing that no seed reads, a step is scored, though it was not marked.
    ...(unread === 0 ? {} : { start: { padding: NO_TOKEN, marks: false, scores: true, prompt: true } }),
    law: { law: 'binomial', trials: 1, p },
    oneBit: oneBitOfBias(p, delta),
    apply(context, logits, scale = 1) {
      const bias = Math.fround(delta * checkFinite(scale, 'scale'));
      const from = checkContext(context, contextWidth) + unread;
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
        const [from, token] = [i * contextWidth + unread, pairs.tokens[i]];
        if (reads > 0 && pairs.contexts[from] === NO_TOKEN) return undefined;
        if (mark.isKeyless?.(pairs.contexts, from, token)) return undefined;
        // A product of key and tokens whose bits died out, or a key of 0: list 0 is everybody's. Where a good key comes to 0 too
        // (one seed in 2^32; in MarkLLM's KGW one in V, or more if V has small factors), its pair is lost, and no more: whether a
        // pair is left out rests on its seed, never on a colour, so the law of those that stay is the same.
        const [low, high] = permutations.words(seedOf(pairs.contexts, from, token));
        return low === 0 && high === 0 ? undefined : [low, high];
      }),
    score({ n, contexts, tokens }, out) {
      const seeds = Array.from({ length: n }, (_, i) => seedOf(contexts, i * contextWidth + unread, tokens[i]));
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
