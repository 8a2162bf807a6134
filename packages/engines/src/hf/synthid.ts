/**
 * SynthID in Hugging Face transformers, 4.46 to 5.23: `SynthIDTextWatermarkLogitsProcessor` (generation/logits_process.py) and
 * `SynthIDTextWatermarkDetector` (generation/watermarking.py). `config` is a `SynthIDTextWatermarkingConfig`.
 *
 * The processor runs last of all, behind temperature, top-k and top-p. The table of bits comes from the generator of the device
 * that the model ran on; it has nothing to do with the keys, and of a key no more than 16 bits count (see `tableGValues`).
 * transformers has a Bayesian detector only, which must be trained; the means are those of synthid-text.
 * @module
 */
import { readSynthId, readTable } from '../families/synthid.ts';
import { synthIdScores } from '../families/synthid-figures.ts';
import { tournament } from '../families/tournament.ts';
import type { Recipe, Settings } from '../opener.ts';

export function openSynthId(settings: Settings): Recipe {
  const { config, device } = settings;
  const fields = readSynthId(config);
  const { ngramLength, keys, bayesian } = fields;
  const gValues = readTable(settings, fields);
  const skipsFirst = config.flag('skip_first_ngram_calls', false);
  if (config.flag('debug_mode', false)) {
    throw new RangeError('"config.debug_mode" expected false, got true: it makes the model forget its logits');
  }
  return tournament({
    title: `transformers SynthID ${keys.length} layers, n-grams of ${ngramLength}, ${device} table`,
    ngramLength,
    skipsFirst,
    leaves: 2,
    gValues,
    compat(tokens) {
      const scores = synthIdScores(tokens, gValues, fields, bayesian);
      if (scores === undefined) return { detector, figures: {} };
      const { mean, weightedMean, posterior } = scores;
      const means = { mean_score: mean, weighted_mean_score: weightedMean };
      return { detector, figures: posterior === undefined ? means : { ...means, posterior_probabilities: posterior } };
    },
  });
}

const detector = 'transformers SynthIDTextWatermarkDetector, mean scores of synthid-text';
