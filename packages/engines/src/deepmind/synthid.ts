/**
 * SynthID in Google DeepMind's synthid-text: `SynthIDLogitsProcessor` (logits_processing.py), detector_mean.py and
 * detector_bayesian.py. `config` holds the processor's arguments.
 *
 * There are two incompatible forms. Release 0.2.1 takes its bits from a table, like transformers; its arguments have
 * `sampling_table_size` and `sampling_table_seed`. The repository after it (commit addb4a1) has neither: it hashes to the end,
 * from a start that all keys make. Which one is meant is told by those fields. The processor applies temperature and top-k
 * first; here that is the sampler's business. Neither is the hash of Google's own products, as the project says.
 * @module
 */
import { hashedGValues } from '../families/hashed-g-values.ts';
import { readSynthId, readTable } from '../families/synthid.ts';
import { synthIdScores } from '../families/synthid-figures.ts';
import { tournament } from '../families/tournament.ts';
import type { Recipe, Settings } from '../opener.ts';

export function openSynthId(settings: Settings): Recipe {
  const { config, device } = settings;
  const fields = readSynthId(config);
  const { ngramLength, keys, bayesian } = fields;
  const hasTable = config.has('sampling_table_size') || config.has('sampling_table_seed');
  const gValues = hasTable ? readTable(settings, fields) : hashedGValues(ngramLength, keys);
  const skipsFirst = config.flag('skip_first_ngram_calls', false);
  const leaves = config.integer('num_leaves', 2, 64, 2);
  config.ignore('temperature', 'top_k', 'apply_top_k', 'device');
  const form = hasTable ? `0.2.1, ${device} table` : 'after 0.2.1, no table';
  return tournament({
    title: `synthid-text ${keys.length} layers, n-grams of ${ngramLength}, ${leavesOf(leaves)}${form}`,
    ngramLength,
    skipsFirst,
    leaves,
    gValues,
    compat(tokens) {
      const scores = synthIdScores(tokens, gValues, fields, bayesian);
      if (scores === undefined) return { detector, figures: {} };
      const { mean, weightedMean, posterior } = scores;
      const means = { mean_score: mean, weighted_mean_score: weightedMean };
      return { detector, figures: posterior === undefined ? means : { ...means, posterior } };
    },
  });
}

const detector = 'synthid-text detector_mean and detector_bayesian';
const leavesOf = (leaves: number) => (leaves === 2 ? '' : `${leaves} leaves, `);
