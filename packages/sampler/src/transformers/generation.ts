/**
 * Adapter for transformers.js (`@huggingface/transformers` 4.x).
 *
 * What that engine does, and what follows (read in 4.3.1, `src/models/modeling_utils.js`):
 * - It ignores `top_p` silently, and its sampler sorts the whole vocabulary in a session of its own for every row and
 *   step. So the sampling is done here: temperature, the hook with top-k and top-p, the draw from the engine's seeded
 *   generator. What the engine gets is a row with one token left, and `do_sample: false`, which takes that one.
 * - The temperature comes before the mark, as the engine has it for a user's processor. The rows are `post-temperature`,
 *   and a bias meant for `pre-temperature` is divided by it, so that the same delta keeps the same strength.
 * - A processor must return the tensor.
 * - A model's own `generation_config.json` fills in what the call leaves out; so the settings say that there is no
 *   sampling, and one beam (beam search is not implemented there).
 * @module
 */
import {
  LogitsProcessor,
  LogitsProcessorList,
  random,
  TemperatureLogitsWarper,
  type Tensor,
} from '@huggingface/transformers';
import { checkFinite, type Mark } from '@taggant/core';
import { type HookOptions, MarkHook } from '../hook.ts';
import { sampleToken } from '../sample.ts';
import type { Sequence } from '../sequence.ts';
import { checkTruncation, type Truncation, warp } from '../warp.ts';

/** The hook's options; the adapter sees to the stage. */
export interface MarkedGenerationOptions extends Omit<HookOptions, 'stage'> {
  /** False for greedy decoding, which green lists alone accept. Default true. */
  readonly doSample?: boolean;
}

/** Sampling settings to spread into `model.generate({ ...inputs, ...settings })`. */
export interface MarkedGeneration {
  readonly logits_processor: LogitsProcessorList;
  readonly do_sample: false;
  readonly num_beams: 1;
}

/**
 * The settings of a marked generation. Batches are padded on the left, as transformers.js does for causal models. Throws
 * RangeError for options out of range, and for a distribution mark without sampling.
 *
 * @example
 * const settings = markedGeneration(mark, { temperature: 0.8, topP: 0.95 });
 * const output = await model.generate({ ...tokenizer(prompt), max_new_tokens: 200, ...settings });
 */
export function markedGeneration(
  marks: Mark | readonly Mark[],
  { doSample = true, temperature = 1, ...options }: MarkedGenerationOptions = {},
): MarkedGeneration {
  const sampling = samples(doSample, temperature);
  const hook = new MarkHook(marks, {
    ...options,
    temperature: sampling ? temperature : 0,
    stage: sampling ? 'post-temperature' : 'pre-temperature',
  });
  return settings(new MarkLogitsProcessor(hook), sampling, temperature);
}

/** The same settings without a mark, for comparison: drawn and truncated as a marked generation would be. */
export function plainGeneration({
  doSample = true,
  temperature = 1,
  topK = 0,
  topP = 1,
}: PlainGenerationOptions = {}): MarkedGeneration {
  const processor = new TruncatingLogitsProcessor(checkTruncation({ topK, topP }));
  return settings(processor, samples(doSample, temperature), temperature);
}

/** What sampling without a mark can be told. */
export type PlainGenerationOptions = Pick<MarkedGenerationOptions, 'doSample' | 'temperature' | 'topK' | 'topP'>;

/** Temperature 0 is greedy decoding; a temperature that is no temperature must not become it. */
function samples(doSample: boolean, temperature: number): boolean {
  if (checkFinite(temperature, 'temperature') >= 0) return doSample && temperature > 0;
  throw new RangeError(`"temperature" expected a number of at least 0, got ${temperature}`);
}

function settings(processor: LogitsProcessor, sampling: boolean, temperature: number): MarkedGeneration {
  const logits_processor = new LogitsProcessorList();
  if (sampling && temperature !== 1) logits_processor.push(new TemperatureLogitsWarper(temperature));
  logits_processor.push(processor);
  if (sampling) logits_processor.push(new DrawingLogitsProcessor());
  return { logits_processor, do_sample: false, num_beams: 1 };
}

/** Top-k and top-p alone. */
class TruncatingLogitsProcessor extends LogitsProcessor {
  readonly #truncation: Truncation;

  constructor(truncation: Truncation) {
    super();
    this.#truncation = truncation;
  }

  override _call(inputIds: bigint[][], logits: Tensor): Tensor {
    for (const row of rowsOf(logits, inputIds.length)) warp(row, this.#truncation);
    return logits;
  }
}

/**
 * Draws a token from each row and leaves that token alone in it. After all rows it takes one more number for each, as the
 * engine's own sampler does, so that a seed stands for one text whichever of them samples.
 */
class DrawingLogitsProcessor extends LogitsProcessor {
  override _call(inputIds: bigint[][], logits: Tensor): Tensor {
    for (const row of rowsOf(logits, inputIds.length)) {
      const token = sampleToken(row, random.random());
      row.fill(Number.NEGATIVE_INFINITY);
      row[token] = 0;
    }
    for (const _ of inputIds) random.random();
    return logits;
  }
}

/** A hook as a transformers.js logits processor; `markedGeneration` makes one. */
export class MarkLogitsProcessor extends LogitsProcessor {
  readonly #hook: MarkHook;
  /** The engine keeps one array of ids per row and pushes to it, so the array itself identifies the sequence. */
  readonly #sequences = new WeakMap<bigint[], { readonly sequence: Sequence; readonly padding: number }>();
  /**
   * How many ids of each row are its prompt; what stands to the left of them is padding, and no context. For the next
   * `generate`; without it a row is all prompt, and a prompt shorter than the context is marked under padding.
   */
  promptLengths: readonly number[] | undefined;

  constructor(hook: MarkHook) {
    super();
    this.#hook = hook;
  }

  override _call(inputIds: bigint[][], logits: Tensor): Tensor {
    this.#hook.processLogits(
      dataOf(logits),
      inputIds.map((ids, row) => this.#sequenceOf(ids, row)),
    );
    return logits;
  }

  #sequenceOf(ids: bigint[], row: number): Sequence {
    let begun = this.#sequences.get(ids);
    if (begun === undefined) {
      const padding = ids.length - (this.promptLengths?.[row] ?? ids.length);
      begun = { sequence: this.#hook.start(ids.slice(padding).map(Number)), padding };
      this.#sequences.set(ids, begun);
    }
    const { sequence, padding } = begun;
    for (let i = padding + sequence.length; i < ids.length; i++) sequence.push(Number(ids[i]));
    return sequence;
  }
}

function rowsOf(logits: Tensor, rows: number): Float32Array[] {
  const data = dataOf(logits);
  const width = data.length / rows;
  return Array.from({ length: rows }, (_, row) => data.subarray(row * width, (row + 1) * width));
}

function dataOf(logits: Tensor): Float32Array {
  if (logits.data instanceof Float32Array) return logits.data;
  throw new TypeError(`"logits" expected a float32 tensor, got ${logits.type}`);
}
