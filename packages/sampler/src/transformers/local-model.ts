/**
 * A causal language model from a folder on disk, run by transformers.js: token ids in, marked token ids out.
 * @module
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { AutoModelForCausalLM, BaseStreamer, random, Tensor } from '@huggingface/transformers';
import { checkInteger, checkTokens } from '@taggant/core';
import { type MarkedGeneration, MarkLogitsProcessor } from './generation.ts';

/** How to continue prompts. */
export interface GenerateOptions {
  /** How many tokens at most: 1 to 2^20. */
  readonly maxNewTokens: number;
  /** Seed of the engine's sampler, 0 to 2^32 - 1: the same seed gives the same text. */
  readonly seed: number;
  /** Sampling settings, from `markedGeneration` or `plainGeneration`. */
  readonly settings: MarkedGeneration;
  /** Never choose the end-of-text token, so that every text has its full length. Default false. */
  readonly ignoreEnd?: boolean;
  /** Called once a step, for all rows together: to show progress. */
  readonly onStep?: () => void;
}

/** An open model. */
export interface LocalModel {
  /** Width of a row of logits, in tokens. */
  readonly vocabSize: number;
  /** Longest sequence in tokens, prompt included. */
  readonly maxLength: number;
  /** One continuation per prompt, without the prompt and without the end-of-text token. */
  generate(prompts: readonly ArrayLike<number>[], options: GenerateOptions): Promise<Uint32Array[]>;
  /** ln p of each token but the first, given those before it, at temperature 1: one number less than there are tokens. */
  lnProbabilities(tokens: ArrayLike<number>): Promise<Float64Array>;
  /** Frees the engine's memory; the model is of no use after. */
  dispose(): Promise<void>;
}

/**
 * Opens a folder in the layout of transformers.js (`config.json`, `onnx/model.onnx`). Nothing is downloaded. Throws
 * RangeError when one of the two files is missing.
 *
 * @example
 * const model = await openLocalModel('models/my-llama');
 * const [ids] = await model.generate([prompt], { maxNewTokens: 200, seed: 1, settings: markedGeneration(mark) });
 */
export async function openLocalModel(folder: string): Promise<LocalModel> {
  const path = resolve(folder);
  for (const file of ['config.json', 'onnx/model.onnx']) {
    if (!existsSync(join(path, file))) throw new RangeError(`"model" expected a folder with ${file}, got ${folder}`);
  }
  const model = await AutoModelForCausalLM.from_pretrained(path, { dtype: 'fp32', local_files_only: true });
  // The engine stops at the ends of generation_config.json, which may be more than those of config.json.
  const config = { ...model.config, ...model.generation_config } as unknown as ModelConfig;
  const ends = [config.eos_token_id ?? []].flat();
  const pad = BigInt(config.pad_token_id ?? ends[0] ?? 0);
  return {
    vocabSize: config.vocab_size,
    maxLength: config.max_position_embeddings ?? Number.POSITIVE_INFINITY,
    async generate(prompts, { maxNewTokens, seed, settings, ignoreEnd = false, onStep }) {
      if (prompts.length === 0 || prompts.some((prompt) => prompt.length === 0)) {
        throw new RangeError('"prompts" expected at least one prompt of at least one token');
      }
      random.seed(checkInteger(seed, 'seed', 0, 2 ** 32 - 1));
      const { input_ids, attention_mask, width } = leftPadded(prompts, pad);
      for (const processor of settings.logits_processor.processors) {
        if (processor instanceof MarkLogitsProcessor) processor.promptLengths = prompts.map(({ length }) => length);
      }
      const output = (await model.generate({
        input_ids,
        attention_mask,
        max_new_tokens: checkInteger(maxNewTokens, 'maxNewTokens', 1, 2 ** 20),
        ...(ignoreEnd ? { suppress_tokens: ends } : {}),
        ...settings,
        ...(onStep ? { streamer: new StepStreamer(onStep) } : {}),
      } as never)) as Tensor;
      const rows = (output.tolist() as bigint[][]).map((row) => Uint32Array.from(row.slice(width), Number));
      return rows.map((row) => {
        const end = row.findIndex((id) => ends.includes(id));
        return end < 0 ? row : row.slice(0, end);
      });
    },
    async lnProbabilities(tokens) {
      const text = checkTokens(tokens, 'tokens', config.vocab_size);
      if (text.length < 2) return new Float64Array(0);
      const dims = [1, text.length];
      const { logits } = (await model({
        input_ids: new Tensor('int64', BigInt64Array.from(text, BigInt), dims),
        attention_mask: new Tensor('int64', new BigInt64Array(text.length).fill(1n), dims),
      })) as { logits: Tensor };
      const [rows, width] = [logits.data as Float32Array, logits.dims[2]];
      return Float64Array.from({ length: text.length - 1 }, (_, i) =>
        lnSoftmax(rows.subarray(i * width, (i + 1) * width), text[i + 1]),
      );
    },
    async dispose() {
      await model.dispose();
    },
  };
}

function lnSoftmax(row: Float32Array, token: number): number {
  let most = Number.NEGATIVE_INFINITY;
  for (let v = 0; v < row.length; v++) if (row[v] > most) most = row[v];
  let sum = 0;
  for (let v = 0; v < row.length; v++) sum += Math.exp(row[v] - most);
  return row[token] - most - Math.log(sum);
}

/** The engine puts the prompts first, then the tokens of each step. */
class StepStreamer extends BaseStreamer {
  readonly #onStep: () => void;
  #begun = false;

  constructor(onStep: () => void) {
    super();
    this.#onStep = onStep;
  }

  override put(): void {
    if (this.#begun) this.#onStep();
    this.#begun = true;
  }

  override end(): void {}
}

interface ModelConfig {
  readonly vocab_size: number;
  readonly max_position_embeddings?: number;
  readonly eos_token_id?: number | number[] | null;
  readonly pad_token_id?: number | null;
}

function leftPadded(prompts: readonly ArrayLike<number>[], pad: bigint) {
  const width = Math.max(...prompts.map((prompt) => prompt.length));
  const ids = new BigInt64Array(prompts.length * width).fill(pad);
  const mask = new BigInt64Array(prompts.length * width);
  prompts.forEach((prompt, row) => {
    const from = (row + 1) * width - prompt.length;
    ids.set(Array.from(prompt, BigInt), from);
    mask.fill(1n, from, from + prompt.length);
  });
  const dims = [prompts.length, width];
  return { width, input_ids: new Tensor('int64', ids, dims), attention_mask: new Tensor('int64', mask, dims) };
}
