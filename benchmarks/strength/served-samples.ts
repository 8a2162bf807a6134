/**
 * Served responses of tiny-lm with what an engine would log of them: raw ln p of each token and of the five likeliest.
 * Some are marked in parts, as target-only speculative decoding leaves them: runs of accepted drafts stay unmarked.
 * Kept as JSONL in a file whose name is a hash of everything that they depend on.
 * @module
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LogitsProcessor, LogitsProcessorList, type Tensor } from '@huggingface/transformers';
import { type Mark, type NativeMarkInput, openMark } from '@taggant/core';
import { MarkHook } from '@taggant/sampler';
import { type LocalModel, openLocalModel } from '@taggant/sampler/local-model';
import { MarkLogitsProcessor, markedGeneration, plainGeneration } from '@taggant/sampler/transformers';
import { tinyLmFolder, tinyLmTokenizer } from '@taggant/tiny-lm';
import { uniforms } from '../../packages/core/test/support.ts';
import { secretOf } from './samples.ts';
import { heldOutPassages } from './texts.ts';

export interface ServedSample {
  readonly prompt: readonly number[];
  readonly tokens: readonly number[];
  readonly logprobs: readonly number[];
  readonly top: readonly (readonly number[])[];
}

export interface ServedPlan {
  /** `null` for plain text. */
  readonly mark: NativeMarkInput | null;
  /** The key, by its number. */
  readonly key: number;
  /** 0 for greedy decoding. */
  readonly temperature: number;
  /** The share of steps that are left unmarked. */
  readonly unmarked: number;
  /** Which held-out passages begin the prompts: from, and how many. */
  readonly passages: readonly [from: number, count: number];
  readonly tokens: number;
}

export const servedMark = (input: NativeMarkInput, key: number): Mark => openMark(input, secretOf(`coverage ${key}`));

/** Opens the model once, when the first plan is not there yet. */
export function servedSamples(folder: string) {
  let model: Promise<LocalModel> | undefined;
  const weights = createHash('sha256')
    .update(readFileSync(join(tinyLmFolder, 'onnx', 'model.onnx')))
    .digest('hex');
  return {
    async of(plan: ServedPlan): Promise<ServedSample[]> {
      const hash = createHash('sha256').update(weights).update(JSON.stringify(plan)).digest('hex').slice(0, 12);
      const file = join(folder, `served-${hash}.jsonl`);
      if (!existsSync(file)) {
        model ??= openLocalModel(tinyLmFolder);
        mkdirSync(folder, { recursive: true });
        const samples = await generate(await model, plan);
        writeFileSync(file, samples.map((sample) => `${JSON.stringify(sample)}\n`).join(''));
      }
      const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
      return lines.map((line) => JSON.parse(line));
    },
    async close() {
      await (await model)?.dispose();
    },
  };
}

async function generate(model: LocalModel, plan: ServedPlan): Promise<ServedSample[]> {
  const { key, temperature, unmarked, tokens } = plan;
  const [from, count] = plan.passages;
  const tokenizer = tinyLmTokenizer();
  const passages = heldOutPassages(PASSAGES).slice(from, from + count);
  const samples: ServedSample[] = [];
  for (let at = 0; at < passages.length; at += BATCH) {
    const prompts = passages.slice(at, at + BATCH).map((passage) => tokenizer.encode(passage).subarray(0, 24));
    const recorder = new Recorder();
    const processors = new LogitsProcessorList();
    processors.push(recorder);
    const sampling = { doSample: temperature > 0, temperature: temperature > 0 ? temperature : 1 };
    const mark = plan.mark === null ? undefined : servedMark(plan.mark, key);
    const settings = mark === undefined ? plainGeneration(sampling) : markedGeneration(mark, sampling);
    for (const one of settings.logits_processor.processors) {
      const diluted = mark !== undefined && unmarked > 0 && one instanceof MarkLogitsProcessor;
      processors.push(diluted ? new Diluted(mark, temperature, unmarked, from + at) : one);
    }
    const outputs = await model.generate(prompts, {
      maxNewTokens: tokens,
      seed: 7000 + from + at + Math.round(1000 * unmarked),
      ignoreEnd: true,
      settings: { ...settings, logits_processor: processors },
    });
    samples.push(...recorder.finish(prompts, outputs));
    process.stderr.write(`\r${mark?.title ?? 'plain'}, T ${temperature}: ${samples.length}/${count} `);
  }
  process.stderr.write('\n');
  return samples;
}

/** Stands first: sees the rows as the model gave them. */
class Recorder extends LogitsProcessor {
  readonly #rows: Float32Array[] = [];
  #width = 0;

  override _call(inputIds: bigint[][], logits: Tensor): Tensor {
    const data = logits.data as Float32Array;
    this.#width = data.length / inputIds.length;
    this.#rows.push(data.slice());
    return logits;
  }

  finish(prompts: readonly Uint32Array[], outputs: readonly Uint32Array[]): ServedSample[] {
    return outputs.map((tokens, row) => {
      const steps = Array.from(tokens, (token, step) => {
        const logits = this.#rows[step].subarray(row * this.#width, (row + 1) * this.#width);
        const largest = logits.reduce((a, b) => Math.max(a, b));
        const lnTotal = largest + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0));
        const top = Float32Array.from(logits).sort().subarray(-TOP).reverse();
        return { lnP: short(logits[token] - lnTotal), top: Array.from(top, (logit) => short(logit - lnTotal)) };
      });
      return {
        prompt: [...prompts[row]],
        tokens: [...tokens],
        logprobs: steps.map(({ lnP }) => lnP),
        top: steps.map(({ top }) => top),
      };
    });
  }
}

/** Leaves runs of steps unmarked, of four on average: drafts that were accepted. */
class Diluted extends MarkLogitsProcessor {
  readonly #next: () => number;
  readonly #begins: number;
  #isUnmarked: boolean[] = [];

  constructor(mark: Mark, temperature: number, unmarked: number, seed: number) {
    super(new MarkHook(mark, { temperature, stage: 'post-temperature' }));
    this.#next = uniforms(seed);
    this.#begins = unmarked / (RUN * (1 - unmarked));
  }

  override _call(inputIds: bigint[][], logits: Tensor): Tensor {
    const data = logits.data as Float32Array;
    const width = data.length / inputIds.length;
    this.#isUnmarked = inputIds.map((_, row) => {
      const was = this.#isUnmarked[row] ?? false;
      return was !== this.#next() < (was ? 1 / RUN : this.#begins);
    });
    const kept = this.#isUnmarked.map((is, row) => (is ? data.slice(row * width, (row + 1) * width) : undefined));
    super._call(inputIds, logits);
    kept.forEach((row, i) => {
      if (row !== undefined) data.set(row, i * width);
    });
    return logits;
  }
}

/** As engines print it. */
const short = (lnP: number) => Math.round(lnP * 1e6) / 1e6;

const BATCH = 32;
/** All that prompts begin with. */
export const PASSAGES = 64;
const RUN = 4;
const TOP = 5;
