/**
 * Green lists that are the head of a seeded permutation of the vocabulary, as in Kirchenbauer et al. 2023, "A Watermark for
 * Large Language Models", and all that follow its code: `randperm(V, seed(context))[: gamma V]`.
 *
 * The list has a fixed size G, so a token is green with probability G / V exactly. Tokens of one context are drawn without
 * replacement; their sum is one of independent unequal Bernoullis (Vatutin & Mikhailov 1982), and above its mean plus 1 the
 * binomial tail bounds it (Hoeffding 1956, theorem 4): p is never too small.
 * @module
 */
import { checkFinite, type Mark, Peaks, type Stage } from '@taggant/core';
import { distinctSeeds } from '../distinct.ts';
import type { Recipe } from '../opener.ts';
import { permutationHead, placeInPermutation } from '../random/torch-permutation.ts';

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
  /**
   * The seed in a context that starts at `from` in `tokens`, for a candidate; its low 32 bits are all that the generator uses.
   */
  seedOf(tokens: Uint32Array, from: number, candidate: number): number;
  /**
   * A mark whose seed depends on the candidate, which is biased if it is on its own list: only so many of the likeliest
   * candidates are looked at.
   */
  readonly selfSaltCandidates?: number;
  readonly compat?: Mark['compat'];
}

export function permutedGreenlist(mark: PermutedGreenlist): Recipe {
  const { title, contextWidth, start, vocabSize, greenCount, delta, stage, seedOf, selfSaltCandidates, compat } = mark;
  const p = greenCount / vocabSize;
  const lists = new Lists(vocabSize, greenCount);
  const peaks = new Peaks();
  return {
    title,
    acts: 'logits',
    stage,
    contextWidth,
    start,
    law: { law: 'binomial', trials: 1, p },
    oneBit: oneBitOfBias(p, delta),
    apply(context, logits, scale = 1) {
      const bias = delta * checkFinite(scale, 'scale');
      const from = context.length - contextWidth;
      peaks.read(logits);
      if (selfSaltCandidates === undefined) {
        for (const token of lists.of(seedOf(context, from, 0))) if (token < logits.length) logits[token] += bias;
        return;
      }
      for (const token of likeliest(logits, selfSaltCandidates)) {
        if (lists.holds(seedOf(context, from, token), token)) logits[token] += bias;
      }
    },
    distinct: (pairs) => distinctSeeds(pairs, (i) => [seedOf(pairs.contexts, i * contextWidth, pairs.tokens[i])]),
    score(pairs, out) {
      const { n, contexts, tokens } = pairs;
      const seeds = Uint32Array.from({ length: n }, (_, i) => seedOf(contexts, i * contextWidth, tokens[i]));
      lists.count(seeds, tokens, out);
    },
    ...(compat === undefined ? {} : { compat }),
  };
}

/** Two tokens of probability 1/2: both green, or one green and preferred by e^delta : 1. */
export function oneBitOfBias(p: number, delta: number) {
  const mean = p * p + (2 * p * (1 - p)) / (1 + Math.exp(-delta));
  return { mean, variance: mean * (1 - mean) };
}

/** The ids of the `count` largest logits, largest first; of equals, the lower id. */
function likeliest(logits: Float32Array, count: number): number[] {
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

/** Green lists by seed. The last ones made are kept: contexts come again. */
class Lists {
  readonly #vocabSize: number;
  readonly #greenCount: number;
  readonly #kept = new Map<number, Uint32Array>();

  constructor(vocabSize: number, greenCount: number) {
    this.#vocabSize = vocabSize;
    this.#greenCount = greenCount;
  }

  of(seed: number): Uint32Array {
    let list = this.#kept.get(seed);
    if (list === undefined) {
      list = permutationHead(seed, this.#vocabSize, this.#greenCount).slice();
      if (this.#kept.size === KEPT) this.#kept.delete(this.#kept.keys().next().value as number);
      this.#kept.set(seed, list);
    }
    return list;
  }

  holds(seed: number, token: number): boolean {
    if (token >= this.#vocabSize) return false;
    return placeInPermutation(seed, this.#vocabSize, token, this.#greenCount) >= 0;
  }

  /** 1 where a pair's token is green, 0 elsewhere. Pairs that share a seed share the work. */
  count(seeds: Uint32Array, tokens: Uint32Array, out: Float64Array): void {
    const pairsOf = new Map<number, number[]>();
    seeds.forEach((seed, i) => {
      const pairs = pairsOf.get(seed);
      if (pairs === undefined) pairsOf.set(seed, [i]);
      else pairs.push(i);
    });
    for (const [seed, pairs] of pairsOf) {
      if (pairs.length < SHARED) {
        for (const i of pairs) out[i] = this.holds(seed, tokens[i]) ? 1 : 0;
      } else {
        const green = new Set(this.of(seed));
        for (const i of pairs) out[i] = green.has(tokens[i]) ? 1 : 0;
      }
    }
  }
}

/** Lists kept: 256 of 32,000 tokens are 32 MB. */
const KEPT = 256;
/** From so many tokens on it pays to make a whole list. */
const SHARED = 8;
