/**
 * MarkLLM's Unigram (THU-BPM/MarkLLM, commit 112fa74, and PyPI 0.1.5: watermark/unigram/unigram.py): Unigram-Watermark's list and
 * z over all tokens, copies included. V is the length of the tokenizer there, unless it was told another.
 * @module
 */
import type { EngineFigures } from '@taggant/core';
import { fixedGreenlist } from '../families/fixed-greenlist.ts';
import { sumOf, zOfGreen } from '../families/green-figures.ts';
import { INT64_MAX, INT64_MIN } from '../int64.ts';
import { needVocabSize, type Recipe, type Settings } from '../opener.ts';

export function openUnigram(settings: Settings): Recipe {
  const { config } = settings;
  const vocabSize = needVocabSize(settings);
  config.choice('algorithm_name', ['Unigram'], 'Unigram');
  const gamma = config.share('gamma', 0.5);
  const delta = config.number('delta', -100, 100, 2);
  const key = config.key('hash_key', INT64_MIN, INT64_MAX, 15485863n);
  const threshold = config.number('z_threshold', -1e9, 1e9, 4);
  return fixedGreenlist({
    title: `MarkLLM Unigram gamma ${gamma} delta ${delta}`,
    vocabSize,
    gamma,
    delta,
    key,
    compat(tokens, flags): EngineFigures {
      const score = zOfGreen(sumOf(flags), tokens.length, gamma);
      const figures: EngineFigures['figures'] = tokens.length === 0 ? {} : { score, is_watermarked: score > threshold };
      return { detector: 'MarkLLM Unigram', figures };
    },
  });
}
