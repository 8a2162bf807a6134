/**
 * MarkLLM's EXPGumbel (repository at 112fa74, watermark/exp_gumbel/exp_gumbel.py): the same choice as EXP's, from one table of
 * uniforms that `seed` makes, with a row for each sum of the context's tokens. `config` is config/EXPGumbel.json.
 *
 * The table takes 8 * prefix_length * V^2 bytes there, so it was made for small vocabularies only; here its generator is run
 * up to the row that is asked for. Scores, p and their weakness are as in exp.ts; tokens of a context may be swapped freely.
 * @module
 */
import type { EngineFigures } from '@taggant/core';
import { distinctSeeds } from '../distinct.ts';
import { uniformGumbel } from '../families/uniform-gumbel.ts';
import { low32 } from '../int64.ts';
import { needVocabSize, type Recipe, type Settings } from '../opener.ts';
import { TorchRand } from '../random/torch-rand.ts';
import { expFigures } from './exp-figures.ts';

export function openExpGumbel(settings: Settings): Recipe {
  const { config } = settings;
  const vocabSize = needVocabSize(settings);
  const width = config.integer('prefix_length', 1, 64, 2);
  if (width * vocabSize ** 2 > MOST_UNIFORMS) {
    throw new RangeError(
      `"vocabSize" expected at most ${Math.floor(Math.sqrt(MOST_UNIFORMS / width))}, got ${vocabSize}: the table grows with its square`,
    );
  }
  const eps = config.number('eps', 0, 2 ** -24, 1e-20);
  const threshold = config.number('threshold', 0, 1, 1e-4);
  const rand = new TorchRand();
  rand.seed(low32(config.key('seed', 0n, 2n ** 64n - 1n, 42n)));
  // The hook divides by the temperature.
  config.ignore('algorithm_name', 'sequence_length', 'temperature');
  // The table ends there; an id beyond it would be read as another row's.
  const idOf = (token: number) => {
    if (token < vocabSize) return token;
    throw new RangeError(`"tokens" expected ids below the vocabulary's size ${vocabSize}, got ${token}`);
  };
  const sumOf = (tokens: Uint32Array, from: number) => {
    let sum = 0;
    for (let i = from; i < from + width; i++) sum += idOf(tokens[i]);
    return sum;
  };
  let row = 0;
  const uniforms = {
    seed(tokens: Uint32Array, from: number) {
      row = sumOf(tokens, from);
    },
    of: (token: number) => Math.max(eps, rand.at(row * vocabSize + idOf(token))),
    /** In the table's order: it is walked once, and not from its start for each pair. */
    ofPairs(contexts: Uint32Array, tokens: Uint32Array, out: Float64Array) {
      const places = Float64Array.from(out, (_, i) => sumOf(contexts, i * width) * vocabSize + idOf(tokens[i]));
      const order = Uint32Array.from(out, (_, i) => i).sort((a, b) => places[a] - places[b]);
      for (const i of order) out[i] = Math.max(eps, rand.at(places[i]));
    },
  };
  return uniformGumbel({
    title: `MarkLLM EXPGumbel, context ${width}`,
    contextWidth: width,
    keys: [{ uniforms, share: 1 }],
    distinct: (pairs) => distinctSeeds(pairs, (i) => [sumOf(pairs.contexts, i * width)]),
    compat(tokens): EngineFigures {
      return { detector: 'MarkLLM EXPGumbel', figures: expFigures(tokens, width, uniforms, threshold) };
    },
  });
}

/** About a second to draw: 11,585 tokens at width 2. */
const MOST_UNIFORMS = 2 ** 28;
