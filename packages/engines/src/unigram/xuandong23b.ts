/**
 * Unigram-Watermark (XuandongZhao/Unigram-Watermark, commit b96cdb4, gptwm.py). V is the model configuration's vocab_size; its
 * detector's script takes the tokenizer's for some models, and then tests another list than it marked with.
 * @module
 */
import type { EngineFigures } from '@taggant/core';
import { fixedGreenlist } from '../families/fixed-greenlist.ts';
import { sumOf, zOfGreen } from '../families/green-figures.ts';
import { INT64_MAX, INT64_MIN } from '../int64.ts';
import { needVocabSize, type Recipe, type Settings } from '../opener.ts';

/** Reads `fraction`, `strength` and `watermark_key`; `threshold` and `test_min_tokens` are those of the detector's script. */
export function openUnigram(settings: Settings): Recipe {
  const { config } = settings;
  const fraction = config.share('fraction', 0.5);
  const strength = config.number('strength', -100, 100, 2);
  const key = config.key(config.has('wm_key') ? 'wm_key' : 'watermark_key', INT64_MIN, INT64_MAX, 0n);
  const threshold = config.number('threshold', -1e9, 1e9, 6);
  const least = config.integer('test_min_tokens', 0, 2 ** 32, 200);
  const vocabSize = sizeOf(settings);
  return fixedGreenlist({
    title: `Unigram fraction ${fraction} strength ${strength}`,
    vocabSize,
    gamma: fraction,
    delta: strength,
    key,
    compat: (tokens, flags) => figuresOf(tokens, flags, { fraction, threshold, least }),
  });
}

/** The size stands among its own fields too. */
function sizeOf(settings: Settings): number {
  const { config, vocabSize } = settings;
  if (!config.has('vocab_size')) return needVocabSize(settings);
  const size = config.integer('vocab_size', 2, 2 ** 24 - 1);
  if (vocabSize !== undefined && vocabSize !== size) {
    throw new RangeError(`"vocabSize" expected ${size} as in "config.vocab_size", or none, got ${vocabSize}`);
  }
  return size;
}

/** `detect` over all tokens; `unidetect` over the set of them. The script gives no prediction on a text that is too short. */
function figuresOf(
  tokens: Uint32Array,
  flags: Uint8Array,
  { fraction, threshold, least }: { fraction: number; threshold: number; least: number },
): EngineFigures {
  const detector = 'Unigram-Watermark GPTWatermarkDetector';
  if (tokens.length === 0) return { detector, figures: {} };
  const z = zOfGreen(sumOf(flags), tokens.length, fraction);
  const flagOf = new Map(Array.from(tokens, (token, i) => [token, flags[i]]));
  const unique = Uint8Array.from(flagOf.values());
  return {
    detector,
    figures: {
      detect: z,
      unidetect: zOfGreen(sumOf(unique), unique.length, fraction),
      ...(tokens.length < least ? {} : { prediction: z > threshold }),
    },
  };
}
