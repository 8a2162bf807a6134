/**
 * Tournament sampling with one keyed word for each (context, token), whose lowest bits are the layers' g-values: layer by layer
 * `p_v` becomes `p_v (1 + g_v - sum_w g_w p_w)` (Dathathri et al. 2024, "Scalable watermarking for identifying large language
 * model outputs", in their vectorised form).
 * @module
 */
import { Candidates, checkPositive, type Mark, oneBitStrength, softmax } from '@taggant/core';
import { kernels } from '@taggant/kernels';
import type { Recipe } from '../opener.ts';
import { checkContext } from './context.ts';

/** Keyed words, one for each token of a context. */
export interface Words {
  /** Takes up the context that starts at `from` in `tokens`: what `of` gives from then on belongs to it. */
  seed(tokens: Uint32Array, from: number): void;
  /** 32 bits. */
  of(token: number): number;
  /** The same for many contexts, one after the other in `contexts`, and a token of each: where a kernel is quicker. */
  ofPairs?(contexts: Uint32Array, tokens: Uint32Array, out: Uint32Array): void;
}

export interface WordTournament extends Pick<Mark, 'title' | 'contextWidth' | 'start' | 'distinct' | 'compat'> {
  readonly words: Words;
  /** 1 to 32. */
  readonly layers: number;
  /** The share of ones over keys. */
  readonly p: number;
}

export function wordTournament({ words, layers, p, ...mark }: WordTournament): Recipe {
  const { contextWidth } = mark;
  const candidates = new Candidates();
  let probabilities = new Float64Array(0);
  let bits = new Uint32Array(0);
  return {
    ...mark,
    acts: 'distribution',
    law: { law: 'binomial', trials: layers, p },
    oneBit: oneBitStrength(layers),
    apply(context, logits, temperature = 1) {
      checkPositive(temperature, 'scale');
      const from = checkContext(context, contextWidth);
      candidates.gather(logits, temperature, logits.length);
      const { n, ids } = candidates;
      if (probabilities.length < n) {
        probabilities = new Float64Array(n);
        bits = new Uint32Array(n);
      }
      softmax(candidates, probabilities);
      words.seed(context, from);
      for (let i = 0; i < n; i++) bits[i] = words.of(ids[i]);
      kernels().play(probabilities.subarray(0, n), bits.subarray(0, n), layers);
      for (let i = 0; i < n; i++) logits[ids[i]] = Math.log(probabilities[i]) * temperature;
    },
    score({ n, contexts, tokens }, out) {
      if (words.ofPairs !== undefined) {
        const read = new Uint32Array(n);
        words.ofPairs(contexts, tokens, read);
        for (let i = 0; i < n; i++) out[i] = onesIn(read[i], layers);
        return;
      }
      for (let i = 0; i < n; i++) {
        words.seed(contexts, i * contextWidth);
        out[i] = onesIn(words.of(tokens[i]), layers);
      }
    },
  };
}

/** How many of the lowest `count` bits are 1. */
export function onesIn(word: number, count: number): number {
  let ones = 0;
  for (let rest = count === 32 ? word : word & (2 ** count - 1); rest !== 0; rest &= rest - 1) ones++;
  return ones;
}
