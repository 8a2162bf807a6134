/**
 * A generation loop of our own over ONNX Runtime (`onnxruntime-node` or `onnxruntime-web` 1.x): batches of prompts, a
 * cache of keys and values, every row marked in one call.
 *
 * The runtime has no sampler. The rows are the model's own logits (`pre-temperature`), truncated by the hook and drawn
 * here. The graph has to carry the names that Hugging Face's exports do: `input_ids`, `attention_mask`, perhaps
 * `position_ids`, `past_key_values.*` in; `logits`, `present.*` out; float32.
 * @module
 */
import { checkInteger, checkTokens, type Mark } from '@taggant/core';
import { drawToken } from './draw.ts';
import { type HookOptions, MarkHook } from './hook.ts';
import type { Sequence } from './sequence.ts';

/** As much of `onnxruntime-node` or `onnxruntime-web` as is used: `import * as ort` fits. */
export interface OnnxRuntime<T extends OnnxTensor> {
  readonly Tensor: new (type: never, data: never, dims: readonly number[]) => T;
}

/** As much of a tensor as is read. */
export interface OnnxTensor {
  readonly data: unknown;
  readonly dims: readonly number[];
}

/** As much of an `InferenceSession` as is used. */
export interface OnnxSession<T extends OnnxTensor> {
  readonly inputMetadata: readonly { readonly name: string; readonly shape?: readonly (number | string)[] }[];
  run(feeds: Record<string, T>): Promise<Record<string, OnnxTensor>>;
}

/** The hook's options, and what the loop needs. */
export interface MarkedOptions extends Omit<HookOptions, 'stage'> {
  /** How many tokens of each text at most: 1 to 2^20. */
  readonly maxTokens: number;
  /** Uniform numbers in [0, 1): one a step for each row that goes on, in their order. Not asked at temperature 0. */
  readonly random: () => number;
  /** Tokens that end a text; they are not part of it. Default: none. */
  readonly ends?: readonly number[];
}

/**
 * One marked continuation per prompt, without the prompt and without the end. A row whose text has ended goes through the
 * model with the others, and is neither marked nor drawn from. Throws RangeError for options out of range and for a prompt
 * without tokens, TypeError for logits that are not float32.
 *
 * @example
 * const session = await ort.InferenceSession.create('model.onnx');
 * const [ids] = await generateMarked(ort, session, [prompt], mark, { maxTokens: 200, random, ends: [eos] });
 */
export async function generateMarked<T extends OnnxTensor>(
  runtime: OnnxRuntime<T>,
  session: OnnxSession<T>,
  prompts: readonly ArrayLike<number>[],
  marks: Mark | readonly Mark[],
  { maxTokens, random, ends = [], temperature = 1, topK = 0, topP = 1, ...options }: MarkedOptions,
): Promise<Uint32Array[]> {
  checkInteger(maxTokens, 'maxTokens', 1, 2 ** 20);
  const hook = new MarkHook(marks, { ...options, temperature, topK, topP });
  const texts = prompts.map((): number[] => []);
  /** Of the texts that go on; one that has ended has none. */
  const sequences = prompts.map((prompt): Sequence | undefined => hook.start(prompt));
  const model = new CachedModel(runtime, session, prompts);
  for (let step = 0; step < maxTokens && sequences.some((sequence) => sequence !== undefined); step++) {
    const logits = await model.next();
    hook.processLogits(logits, sequences);
    const width = logits.length / prompts.length;
    const chosen = sequences.map((sequence, i) => {
      if (sequence === undefined) return 0;
      const token = drawToken(logits.subarray(i * width, (i + 1) * width), temperature, random);
      sequence.push(token);
      if (ends.includes(token)) sequences[i] = undefined;
      else texts[i].push(token);
      return token;
    });
    model.append(chosen);
  }
  return texts.map((text) => Uint32Array.from(text));
}

/** A batch of texts, padded on the left, and what the model remembers of them. */
class CachedModel<T extends OnnxTensor> {
  readonly #runtime: OnnxRuntime<T>;
  readonly #session: OnnxSession<T>;
  readonly #rows: number;
  /** What the model has not seen yet, one row per text, 0 where a row is padded. */
  #ids: number[][];
  /** 0 where a row is padded. */
  readonly #mask: number[][];
  #cache: Record<string, T> = {};

  constructor(runtime: OnnxRuntime<T>, session: OnnxSession<T>, prompts: readonly ArrayLike<number>[]) {
    if (prompts.length === 0 || prompts.some((prompt) => prompt.length === 0)) {
      throw new RangeError('"prompts" expected at least one prompt of at least one token');
    }
    this.#runtime = runtime;
    this.#session = session;
    this.#rows = prompts.length;
    const longest = Math.max(...prompts.map(({ length }) => length));
    const padded = (prompt: ArrayLike<number>, value: (id: number) => number) => [
      ...Array<number>(longest - prompt.length).fill(0),
      ...Array.from(prompt, value),
    ];
    this.#ids = prompts.map((prompt) => padded(checkTokens(prompt, 'prompt'), (id) => id));
    this.#mask = prompts.map((prompt) => padded(prompt, () => 1));
    for (const { name, shape } of session.inputMetadata) {
      if (!name.startsWith(PAST) || shape === undefined) continue;
      const [, heads, , size] = shape as number[];
      this.#cache[name] = this.#tensor('float32', new Float32Array(0), [this.#rows, heads, 0, size]);
    }
  }

  /** Reads what is new and gives the logits of the next tokens, one row per text. */
  async next(): Promise<Float32Array> {
    const positions = this.#mask.map((row, i) => {
      let position = -1;
      const all = row.map((real) => Math.max(0, (position += real)));
      return all.slice(all.length - this.#ids[i].length);
    });
    const inputs: Record<string, T> = {
      input_ids: this.#integers(this.#ids),
      attention_mask: this.#integers(this.#mask),
      position_ids: this.#integers(positions),
      ...this.#cache,
    };
    const feeds = this.#session.inputMetadata.map(({ name }) => [name, inputs[name]]);
    const { logits, ...outputs } = await this.#session.run(Object.fromEntries(feeds));
    for (const name of Object.keys(this.#cache)) {
      this.#cache[name] = outputs[name.replace(PAST, PRESENT)] as T;
    }
    return lastRows(logits);
  }

  append(tokens: readonly number[]): void {
    this.#ids = tokens.map((token) => [token]);
    for (const row of this.#mask) row.push(1);
  }

  #integers(rows: readonly number[][]): T {
    const data = BigInt64Array.from(rows.flat(), BigInt);
    return this.#tensor('int64', data, [rows.length, data.length / rows.length]);
  }

  #tensor(type: string, data: Float32Array | BigInt64Array, dims: readonly number[]): T {
    return new this.#runtime.Tensor(type as never, data as never, dims);
  }
}

/** The rows of the last position, of logits [rows, positions, width]. */
function lastRows({ data, dims: [rows, positions, width] }: OnnxTensor): Float32Array {
  if (!(data instanceof Float32Array)) throw new TypeError('"logits" expected a float32 tensor');
  if (positions === 1) return data;
  const last = new Float32Array(rows * width);
  for (let i = 0; i < rows; i++) {
    const end = (i + 1) * positions * width;
    last.set(data.subarray(end - width, end), i * width);
  }
  return last;
}

const PAST = 'past_key_values';
const PRESENT = 'present';
