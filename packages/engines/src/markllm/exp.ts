/**
 * MarkLLM's EXP (repository at 112fa74 and PyPI 0.1.5, watermark/exp/exp.py): Gumbel-max as Aaronson proposed it.
 * `config` is config/EXP.json.
 *
 * A context's seed is `hash_key` times the product of its tokens modulo the vocabulary's size, for torch's CPU generator on any
 * device. A uniform is k / 2^24 with k random, the lower end of its cell, so a score is never above the exponential that it
 * stands for, and p never too small. What is weak: there are no more seeds than tokens, and far fewer where the size has small
 * factors, of which products collect; 32 bits of key count; a product of 0 gives seed 0 under every key, and more products do
 * where the key is a multiple of a large power of two: such pairs say nothing of a key and are left out here. The detector
 * scores every copy of a window, so its p is far too small on text that repeats itself. The choice is made in float32 there, in
 * float64 here: they differ in ties.
 * @module
 */
import type { EngineFigures } from '@taggant/core';
import { distinctSeeds } from '../distinct.ts';
import { uniformGumbel } from '../families/uniform-gumbel.ts';
import { INT64_MAX, low32 } from '../int64.ts';
import { needVocabSize, type Recipe, type Settings } from '../opener.ts';
import { TorchRand } from '../random/torch-rand.ts';
import { expFigures } from './exp-figures.ts';

export function openExp(settings: Settings): Recipe {
  const { config } = settings;
  const vocabSize = needVocabSize(settings);
  const width = config.integer('prefix_length', 1, 64, 4);
  const key = low32(config.key('hash_key', 0n, INT64_MAX / BigInt(vocabSize), 15485863n));
  const threshold = config.number('threshold', 0, 1, 1e-4);
  config.ignore('algorithm_name', 'sequence_length', 'top_k');
  const productOf = (tokens: Uint32Array, from: number) => {
    let product = 1;
    for (let i = from; i < from + width; i++) product = (product * tokens[i]) % vocabSize;
    return product;
  };
  // All that reaches the generator: different products may share it.
  const seedOf = (tokens: Uint32Array, from: number) => Math.imul(key, productOf(tokens, from)) >>> 0;
  const rand = new TorchRand();
  const uniforms = {
    seed: (tokens: Uint32Array, from: number) => rand.seed(seedOf(tokens, from)),
    of: (token: number) => rand.at(token),
  };
  return uniformGumbel({
    title: `MarkLLM EXP, context ${width}`,
    contextWidth: width,
    keys: [{ uniforms, share: 1 }],
    distinct: (pairs) =>
      distinctSeeds(pairs, (i) => {
        const seed = seedOf(pairs.contexts, i * width);
        return seed === 0 ? undefined : [seed];
      }),
    compat(tokens): EngineFigures {
      return { detector: 'MarkLLM EXP', figures: expFigures(tokens, width, uniforms, threshold) };
    },
  });
}
