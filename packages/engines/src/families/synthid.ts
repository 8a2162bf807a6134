/** What the configurations of SynthID have in common in transformers, synthid-text and MarkLLM. @module */
import { show } from '@taggant/core';
import type { Config } from '../config.ts';
import { INT64_MAX, INT64_MIN } from '../int64.ts';
import { needDevice, type Settings } from '../opener.ts';
import { samplingTable } from '../random/sampling-table.ts';
import { type BayesianDetector, readBayesianDetector } from './bayesian-detector.ts';
import { type GValues, tableGValues } from './g-values.ts';

export interface SynthIdFields {
  readonly ngramLength: number;
  readonly keys: readonly bigint[];
  /** How many contexts back a detector looks for a repeated one. */
  readonly history: number;
  /** The tokenizer's end of text: detectors leave out what follows. Undefined: texts have none. */
  readonly endOfText: number | undefined;
  readonly bayesian: BayesianDetector | undefined;
}

/**
 * The fields of all three; besides, two that their detectors take from elsewhere: `eos_token_id`, the tokenizer's, and
 * `bayesian_detector`, a trained one's weights (see {@link readBayesianDetector}).
 */
export function readSynthId(config: Config): SynthIdFields {
  const ngramLength = config.integer('ngram_len', 2, 65);
  const keys = config.keys('keys', INT64_MIN, INT64_MAX, { least: 1, most: 64 });
  return {
    ngramLength,
    keys,
    history: config.integer('context_history_size', 1, 2 ** 24, 1024),
    endOfText: config.has('eos_token_id') ? config.integer('eos_token_id', 0, 2 ** 24) : undefined,
    bayesian: readBayesianDetector(config.part('bayesian_detector'), 'config.bayesian_detector', keys.length),
  };
}

/** G-values from the table that the fields `sampling_table_size` and `sampling_table_seed` and the device stand for. */
export function readTable(settings: Settings, { ngramLength, keys }: SynthIdFields): GValues {
  const { config } = settings;
  const { cudaThreads } = settings;
  const device = needDevice(settings);
  const size = config.integer('sampling_table_size', LEAST_SIZE, 2 ** 24, 2 ** 16);
  const seed = config.integer('sampling_table_seed', 0, Number.MAX_SAFE_INTEGER, 0);
  if (!Number.isInteger(Math.log2(size))) {
    throw new RangeError(`"config.sampling_table_size" expected a power of two, got ${show(size)}`);
  }
  if (device === 'cuda' && cudaThreads === undefined && size > 2 ** 16) {
    throw new RangeError(
      `"config.sampling_table_size" expected at most 65,536, got ${size}: larger ones depend on the graphics card, and need its "cudaThreads"`,
    );
  }
  return tableGValues(ngramLength, keys, samplingTable(device, size, seed, cudaThreads));
}

/** Smaller tables repeat themselves within a text, and no exact law is known. */
const LEAST_SIZE = 2 ** 12;
