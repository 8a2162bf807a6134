/**
 * Reading with a local model through transformers.js (`@huggingface/transformers` 4.x): one forward pass a text, a
 * prediction after every token.
 * @module
 */
import { AutoModelForCausalLM, Tensor } from '@huggingface/transformers';
import { checkFinite, checkTokens } from '@taggant/core';
import type { NextTokenModel } from './model.ts';

export interface ReadingModelOptions {
  /**
   * Draws predictions at temperature 1 instead of taking the most likely token: uniform numbers in [0, 1) from a seeded
   * generator, one asked for each prediction.
   */
  readonly random?: () => number;
  /** Precision of the weights, as transformers.js names them. Default `fp32`. */
  readonly dtype?: 'fp32' | 'fp16' | 'q8' | 'q4';
}

/** A model that reads, and that has to be given back. */
export interface ReadingModel extends NextTokenModel {
  readonly maxLength: number;
  dispose(): Promise<void>;
}

/**
 * Opens a folder in the layout of transformers.js. Nothing is downloaded.
 *
 * @example
 * const model = await openReadingModel('models/suspect');
 * await new ReadingTest(mark, model).read(ids);
 */
export async function openReadingModel(folder: string, options: ReadingModelOptions = {}): Promise<ReadingModel> {
  const { random, dtype = 'fp32' } = options;
  const model = await AutoModelForCausalLM.from_pretrained(folder, { dtype, local_files_only: true });
  const { vocab_size: vocabSize, max_position_embeddings: maxLength = Number.POSITIVE_INFINITY } =
    model.config as unknown as { vocab_size: number; max_position_embeddings?: number };
  return {
    maxLength,
    async predict(tokens) {
      const ids = BigInt64Array.from(checkTokens(tokens, 'tokens', vocabSize), BigInt);
      if (ids.length === 0) return new Uint32Array(0);
      const dims = [1, ids.length];
      const { logits } = (await model({
        input_ids: new Tensor('int64', ids, dims),
        attention_mask: new Tensor('int64', new BigInt64Array(ids.length).fill(1n), dims),
      })) as { logits: Tensor };
      const [, rows, width] = logits.dims;
      if (rows !== ids.length) throw new RangeError(`the model expected to give ${ids.length} rows, got ${rows}`);
      const data = logits.data as Float32Array;
      return Uint32Array.from({ length: rows }, (_, i) => choose(data.subarray(i * width, (i + 1) * width), random));
    },
    async dispose() {
      await model.dispose();
    },
  };
}

/** The largest, the first of equals; or one drawn from softmax(row). */
function choose(row: Float32Array, random: (() => number) | undefined): number {
  let best = 0;
  for (let v = 1; v < row.length; v++) if (row[v] > row[best]) best = v;
  checkFinite(row[best], 'logits');
  if (random === undefined) return best;
  let total = 0;
  for (let v = 0; v < row.length; v++) total += Math.exp(row[v] - row[best]);
  let left = random() * total;
  for (let v = 0; v < row.length; v++) if ((left -= Math.exp(row[v] - row[best])) < 0) return v;
  return best;
}
