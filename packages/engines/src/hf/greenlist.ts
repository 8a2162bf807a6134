/**
 * The green list of Hugging Face transformers, 4.41 to 5.23: `WatermarkLogitsProcessor` (generation/logits_process.py) and
 * `WatermarkDetector` (generation/watermarking.py). V is the model configuration's vocab_size.
 *
 * lefthash reads one token, whatever `context_width` says; its detector then counts wider windows, which here count once for
 * each (token, candidate). selfhash with `context_width` 1 reads the candidate alone: one fixed list for each key. Since 4.47
 * `generate` runs the processor as the last of all, behind temperature and truncation; before, on raw logits: where the
 * configuration names an older `transformers_version`, delta is meant for there.
 *
 * Its selfhash marks where `context_width` tokens stand before the step, and reads, marking and detecting, one fewer. Where no
 * candidate of such a step is on its list, transformers 5.23 fails; here the row stays as it is.
 *
 * The lists, and selfhash's table of 1,000,003 hashes, are drawn on the model's device: the table is larger than any card's number of
 * threads, so what selfhash makes of it depends on the card.
 * @module
 */
import type { EngineFigures, Stage } from '@taggant/core';
import { distinctFlags, normalTail, sumOf, withoutBos, zOfGreen } from '../families/green-figures.ts';
import { HashTable, TABLE_SIZE } from '../families/hash-table.ts';
import { type FlagsOf, permutedGreenlist } from '../families/permuted-greenlist.ts';
import { floorMod, INT64_MIN, int64, SEED_MODULUS } from '../int64.ts';
import { needVocabSize, type Recipe, type Settings } from '../opener.ts';
import { permutationsOf } from '../random/permutations.ts';

/**
 * Reads the fields of `WatermarkingConfig`, and beside them those of the detector and the model that its figures rest on:
 * `bos_token_id`, `ignore_repeated_ngrams`, `z_threshold`.
 */
export function openGreenlist(settings: Settings): Recipe {
  const { config } = settings;
  const vocabSize = needVocabSize(settings);
  const gamma = config.share('greenlist_ratio', 0.25);
  const delta = config.number('bias', -100, 100, 2);
  const key = config.key('hashing_key', INT64_MIN, SEED_MODULUS, 15485863n);
  const scheme = config.choice('seeding_scheme', ['lefthash', 'selfhash'], 'lefthash');
  const window = config.integer('context_width', 1, 64, 1);
  const figures = readFigures(settings, gamma);
  const common = {
    title: `transformers green list ${scheme} gamma ${gamma} delta ${delta}, context ${window}`,
    permutations: permutationsOf(settings, vocabSize),
    contextWidth: window,
    greenCount: Math.trunc(vocabSize * gamma),
    delta,
    stage: stageOf(config.has('transformers_version') ? config.text('transformers_version') : '5.23'),
  };
  if (scheme === 'lefthash') {
    return permutedGreenlist({
      ...common,
      seedOf: (tokens, from) => floorMod(key * BigInt(tokens[from + window - 1]), SEED_MODULUS),
      isKeyless: (tokens, from) => tokens[from + window - 1] === 0,
      compat: (tokens, flagsOf) => figures(tokens, window + 1, window, flagsOf),
    });
  }
  // The candidate is the last of the window.
  const table = new HashTable(permutationsOf(settings, TABLE_SIZE), BigInt.asUintN(64, key));
  const hash = (token: number) => BigInt(table.at(token));
  return permutedGreenlist({
    ...common,
    reads: window - 1,
    selfSaltCandidates: 40,
    seedOf(tokens, from, candidate) {
      const anchor = hash(candidate);
      let least = int64(int64(key * anchor) * anchor);
      for (let i = from; i < from + window - 1; i++) {
        const seed = int64(int64(key * hash(tokens[i])) * anchor);
        if (seed < least) least = seed;
      }
      return floorMod(least, SEED_MODULUS);
    },
    compat: (tokens, flagsOf) => figures(tokens, window, window, flagsOf),
  });
}

/** What `WatermarkDetector(...)(tokens, return_dict=True)` gives. Without figures where it refuses a text as too short. */
function readFigures({ config }: Settings, gamma: number) {
  const bos = config.has('bos_token_id') ? config.integer('bos_token_id', 0, 2 ** 32 - 1) : undefined;
  const once = config.flag('ignore_repeated_ngrams', false);
  const threshold = config.number('z_threshold', -1e9, 1e9, 3);
  return (ids: Uint32Array, n: number, least: number, flagsOf: FlagsOf): EngineFigures => {
    const detector = 'transformers WatermarkDetector';
    const tokens = withoutBos(ids, bos);
    if (tokens.length - least < 1) return { detector, figures: {} };
    const all = flagsOf(tokens);
    const flags = once ? distinctFlags(tokens, n, all) : all;
    const green = sumOf(flags);
    const z = zOfGreen(green, flags.length, gamma);
    const p = normalTail(z);
    return {
      detector,
      figures: {
        num_tokens_scored: flags.length,
        num_green_tokens: green,
        green_fraction: green / flags.length,
        z_score: z,
        p_value: p,
        'p_value before 5.23': oldP(z),
        prediction: z > threshold,
        confidence: 1 - p,
      },
    };
  };
}

/** An approximation of the normal tail whose square root was forgotten: 18 times too small at z = 6. */
const oldP = (z: number) => 1 - 0.5 * (1 + Math.sign(z) * (1 - Math.exp((-2 * z * z) / Math.PI)));

function stageOf(version: string): Stage {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(version) ?? [];
  if (major === undefined) throw new TypeError('"config.transformers_version" expected a version such as 5.23.0');
  const isOld = Number(major) < 4 || (Number(major) === 4 && Number(minor) < 47);
  return isOld ? 'pre-temperature' : 'post-temperature';
}
