/**
 * SynthID's tournaments in their vectorised form, as Hugging Face transformers, synthid-text and MarkLLM have them in common:
 * each layer turns `p_v` into `p_v (1 + g_v - sum_w g_w p_w)`, with g-values of the n-gram that ends in v.
 * Dathathri et al. 2024, "Scalable watermarking for identifying large language model outputs".
 *
 * The engines leave contexts unmarked that came up among the last `context_history_size`; the sampler's hook (with its default
 * `dedup`) leaves out those that came up at all, and the detectors' masks here are the engines'.
 * @module
 */
import { Candidates, checkPositive, type Mark, oneBitStrength, softmax } from '@taggant/core';
import { kernels } from '@taggant/kernels';
import { distinctUnits } from '../distinct.ts';
import type { Recipe } from '../opener.ts';
import { checkContext } from './context.ts';
import type { GValues } from './g-values.ts';

export interface Tournament {
  readonly title: string;
  readonly ngramLength: number;
  /** Whether the first n - 1 tokens stay unmarked. If not, zeros stand in their contexts; no detector scores them. */
  readonly skipsFirst: boolean;
  /** Leaves of a tournament's node; 2 but for distortionary tournaments, which change the distribution over keys. */
  readonly leaves: number;
  readonly gValues: GValues;
  readonly compat: NonNullable<Mark['compat']>;
}

/**
 * The law takes the g-values of distinct n-grams for independent. Those from a table are not quite: over keys, the variance of
 * their sum differs from the binomial's by about sqrt(2 / size) of it, 0.6 % at the usual 65,536, either way by the text.
 * Texts that were marked under another key are another matter: see hashed-g-values.ts. Layers that are copies are not scored.
 */
export function tournament({ title, ngramLength, skipsFirst, leaves, gValues, compat }: Tournament): Recipe {
  const { layers, copies } = gValues;
  const contextWidth = ngramLength - 1;
  const candidates = new Candidates();
  let probabilities = new Float64Array(0);
  let words = new Uint32Array(0);
  const bits = new Uint8Array(layers);
  return {
    title,
    acts: 'distribution',
    contextWidth,
    start: { padding: 0, marks: !skipsFirst, scores: false, prompt: false },
    law: { law: 'binomial', trials: layers - copies.length, p: gValues.p },
    oneBit: oneBitStrength(layers - copies.length, leaves),
    apply(context, logits, temperature = 1) {
      checkPositive(temperature, 'scale');
      const from = checkContext(context, contextWidth);
      candidates.gather(logits, temperature, logits.length);
      const { n, ids } = candidates;
      if (probabilities.length < n) probabilities = new Float64Array(n);
      if (words.length < n) words = new Uint32Array(n);
      softmax(candidates, probabilities);
      const [p, g] = [probabilities.subarray(0, n), words.subarray(0, n)];
      for (let first = 0; first < layers; first += 32) {
        const count = Math.min(32, layers - first);
        gValues.words(context, from, ids, n, first, g);
        if (leaves === 2) kernels().play(p, g, count);
        else playLeaves(p, g, count, leaves);
      }
      for (let i = 0; i < n; i++) logits[ids[i]] = Math.log(p[i]) * temperature;
    },
    distinct: (pairs) => {
      const { contexts, tokens } = pairs;
      return distinctUnits(pairs, (i) => gValues.unit(contexts, i * contextWidth, tokens[i]));
    },
    score({ n, contexts, tokens }, out) {
      for (let i = 0; i < n; i++) {
        let ones = gValues.read(contexts, i * contextWidth, tokens[i], bits);
        for (const copy of copies) ones -= bits[copy];
        out[i] = ones;
      }
    },
    compat,
  };
}

/**
 * Tournaments of more leaves (or 1) a node. With z the share of the tokens with bit 0, tokens with bit 1 gain the factor
 * (1 - z^leaves) / (1 - z) = 1 + z + .. + z^(leaves - 1), the others z^(leaves - 1).
 */
function playLeaves(p: Float64Array, words: Uint32Array, layers: number, leaves: number): void {
  for (let layer = 0; layer < layers; layer++) {
    let [ones, others] = [0, 0];
    for (let i = 0; i < p.length; i++) {
      if ((words[i] >>> layer) & 1) ones += p[i];
      else others += p[i];
    }
    const zeros = others / (others + ones);
    let [power, sum] = [1, 1];
    for (let leaf = 1; leaf < leaves; leaf++) sum += power *= zeros;
    for (let i = 0; i < p.length; i++) p[i] *= (words[i] >>> layer) & 1 ? sum : power;
  }
}
