/**
 * A small Llama-architecture language model of nineteenth-century English, trained by `benchmarks/lab`, with its
 * tokenizer: a real engine for tests, examples and the demo, without a download.
 * @module
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Tokenizer } from '@taggant/core';
import { huggingFaceTokenizer } from '@taggant/detector/huggingface';

/**
 * The folder in transformers.js layout; open it with `openLocalModel` of `@taggant/sampler/local-model`.
 *
 * @example
 * const model = await openLocalModel(tinyLmFolder);
 */
export const tinyLmFolder: string = fileURLToPath(new URL('../model', import.meta.url));

/** The end-of-text id, which also stands before a text. */
export const TINY_LM_END = 0;

/**
 * 256 openings that it continues well: unmarked text of its own (`benchmarks/lab/openings.ts`).
 *
 * @example
 * tinyLmOpenings().length; // 256
 */
export function tinyLmOpenings(): string[] {
  return JSON.parse(readFileSync(fileURLToPath(new URL('../openings.json', import.meta.url)), 'utf8'));
}

/** The model's byte-level BPE tokenizer. */
export function tinyLmTokenizer(): Tokenizer {
  return huggingFaceTokenizer(readFileSync(join(tinyLmFolder, 'tokenizer.json'), 'utf8'), {
    config: readFileSync(join(tinyLmFolder, 'tokenizer_config.json'), 'utf8'),
    name: 'tiny-lm',
  });
}
