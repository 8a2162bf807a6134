/**
 * tiny-lm behind transformers.js with a hook of its own that can be wrong in the ways in which deployments are: what the gate has to
 * catch. Without a fault it does what our sampler does.
 * @module
 */
import { LogitsProcessor, LogitsProcessorList, random, type Tensor } from '@huggingface/transformers';
import { type Mark, type NativeMarkInput, openMark, type Secret, TupleSet } from '@taggant/core';
import { sampleToken, warp } from '@taggant/sampler';
import { type LocalModel, openLocalModel } from '@taggant/sampler/local-model';
import { tinyLmFolder, tinyLmTokenizer } from '@taggant/tiny-lm';
import type { Deployment } from '../src/sample.ts';

export type Fault =
  | 'none'
  | 'wrong gamma'
  | 'wrong key'
  | 'hook after truncation'
  | 'delta halved'
  | 'greedy'
  | 'opted out'
  | 'dedup off'
  | 'hook called twice'
  | 'stale context'
  | 'rows swapped';

export interface FaultyOptions {
  readonly fault: Fault;
  readonly mark: NativeMarkInput;
  readonly secret: Secret;
  /** Whose key it is when it is the wrong one. */
  readonly otherSecret: Secret;
  readonly temperature?: number;
  readonly topK?: number;
  /** Which share of the requests is not marked under `opted out`. Default 0.3. */
  readonly optedOut?: number;
}

/** Opens the model once for several deployments. */
export const openTinyLm = (): Promise<LocalModel> => openLocalModel(tinyLmFolder);

export function faultyDeployment(model: LocalModel, options: FaultyOptions): Deployment {
  const { fault, temperature = 1, topK = 0, optedOut = 0.3 } = options;
  const tokenizer = tinyLmTokenizer();
  const mark = markOf(options);
  return {
    name: `tiny-lm (${fault})`,
    async write(requests) {
      const prompts = requests.map(({ prompt }) => tokenizer.encode(prompt));
      const [{ maxTokens, seed }] = requests;
      const processors = new LogitsProcessorList();
      const isMarked = requests.map(
        // Every request by itself, as users opt out.
        ({ marked, seed: own }) => marked && !(fault === 'opted out' && (own % 1000) / 1000 < optedOut),
      );
      processors.push(new FaultyProcessor({ fault, mark, isMarked, temperature, topK, prompts }));
      const ids = await model.generate(prompts, {
        maxNewTokens: maxTokens,
        seed,
        ignoreEnd: true,
        settings: { logits_processor: processors, do_sample: false, num_beams: 1 },
      });
      return ids.map((tokens, i) => ({ tokens, text: tokenizer.decode(tokens), promptTokens: prompts[i] }));
    },
  };
}

function markOf({ fault, mark, secret, otherSecret }: FaultyOptions): Mark {
  if (fault === 'wrong key') return openMark(mark, otherSecret);
  if (fault === 'wrong gamma') return openMark({ ...mark, gamma: '1/2' } as NativeMarkInput, secret);
  if (fault === 'delta halved') {
    return openMark(
      { ...mark, delta: Number((mark as { delta?: unknown }).delta ?? 2) / 2 } as NativeMarkInput,
      secret,
    );
  }
  return openMark(mark, secret);
}

interface Settings {
  readonly fault: Fault;
  readonly mark: Mark;
  readonly isMarked: readonly boolean[];
  readonly temperature: number;
  readonly topK: number;
  readonly prompts: readonly Uint32Array[];
}

/** Temperature, mark, truncation and draw of every row, in the right order or not. */
class FaultyProcessor extends LogitsProcessor {
  readonly #settings: Settings;
  /** Contexts of generated tokens that were marked, by row. */
  readonly #used: readonly TupleSet[];
  #step = 0;

  constructor(settings: Settings) {
    super();
    this.#settings = settings;
    this.#used = settings.prompts.map(() => new TupleSet(settings.mark.contextWidth));
  }

  override _call(inputIds: bigint[][], logits: Tensor): Tensor {
    const { fault, temperature, topK, isMarked, prompts } = this.#settings;
    const data = logits.data as Float32Array;
    const width = data.length / inputIds.length;
    inputIds.forEach((_, row) => {
      const values = data.subarray(row * width, (row + 1) * width);
      for (let v = 0; v < width; v++) values[v] /= temperature;
      const isLate = fault === 'hook after truncation' || this.#settings.mark.acts === 'distribution';
      if (isLate) warp(values, { topK });
      const from = fault === 'rows swapped' ? (row + 1) % inputIds.length : row;
      const length = prompts[from].length + this.#step;
      const context = Uint32Array.from(inputIds[from].slice(inputIds[from].length - length), Number);
      if (isMarked[row]) this.#apply(row, context, values);
      if (!isLate) warp(values, { topK });
      const token = fault === 'greedy' ? largest(values) : sampleToken(values, random.random());
      values.fill(Number.NEGATIVE_INFINITY);
      values[token] = 0;
    });
    this.#step++;
    return logits;
  }

  #apply(row: number, context: Uint32Array, values: Float32Array): void {
    const { fault, mark, temperature } = this.#settings;
    const seen = fault === 'stale context' ? context.subarray(0, -1) : context;
    const start = seen.length - mark.contextWidth;
    if (start < 0) return;
    if (mark.acts === 'distribution' && fault !== 'dedup off' && !this.#used[row].add(seen, start)) return;
    const scale = mark.stage === 'pre-temperature' ? 1 / temperature : 1;
    for (let time = 0; time < (fault === 'hook called twice' ? 2 : 1); time++) mark.apply(seen, values, scale);
  }
}

function largest(row: Float32Array): number {
  let best = 0;
  for (let v = 1; v < row.length; v++) if (row[v] > row[best]) best = v;
  return best;
}
