/**
 * SynthID in MarkLLM's repository (commit 112fa74, watermark/synthid/synthid.py; PyPI's 0.1.5 lacks it). `config` is
 * config/SynthID.json.
 *
 * The bits are those of transformers. Its processor divides by the temperature itself, but returns the rows of repeated contexts
 * undivided, and its `top_k` gives rows of another order; with `watermark_mode` distortionary it marks repeated contexts too, for
 * which the sampler's hook needs `dedup: 'none'`. Its detector's `bayesian` type trains itself when it starts.
 * @module
 */
import type { EngineFigures } from '@taggant/core';
import { readSynthId, readTable } from '../families/synthid.ts';
import { synthIdScores } from '../families/synthid-figures.ts';
import { tournament } from '../families/tournament.ts';
import type { Recipe, Settings } from '../opener.ts';

export function openSynthId(settings: Settings): Recipe {
  const { config, device } = settings;
  const fields = readSynthId(config);
  const { ngramLength, keys, bayesian } = fields;
  const gValues = readTable(settings, fields);
  const isDistortionary =
    config.choice('watermark_mode', ['non-distortionary', 'distortionary'], 'non-distortionary') === 'distortionary';
  const leaves = config.integer('num_leaves', 2, 64, 2);
  const kind = config.choice('detector_type', ['mean', 'weighted_mean', 'bayesian'], 'mean');
  const threshold = config.number('threshold', 0, 1, 0.52);
  config.ignore('algorithm_name');
  const masks = isDistortionary ? { ...fields, history: undefined } : fields;
  return tournament({
    title: `MarkLLM SynthID ${keys.length} layers, n-grams of ${ngramLength}, ${modeOf(isDistortionary, leaves)}${device} table`,
    ngramLength,
    skipsFirst: false,
    leaves: isDistortionary ? leaves : 2,
    gValues,
    compat(tokens): EngineFigures {
      const scores = synthIdScores(tokens, gValues, masks, bayesian);
      const score = { mean: scores?.mean, weighted_mean: scores?.weightedMean, bayesian: scores?.posterior }[kind];
      const detector = `MarkLLM SynthID, detector_type ${kind}`;
      if (score === undefined) return { detector, figures: {} };
      return { detector, figures: { is_watermarked: score > threshold, score } };
    },
  });
}

const modeOf = (isDistortionary: boolean, leaves: number) => (isDistortionary ? `distortionary (${leaves}), ` : '');
