/**
 * Samples of tiny-lm for the strength benchmarks: marked or plain continuations of held-out passages, kept as JSONL so
 * that an interrupted run goes on where it stopped. The file's name is a hash of everything that the samples depend on.
 * @module
 */
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Mark, type NativeMarkInput, openMark, Secret } from '@taggant/core';
import { openLocalModel } from '@taggant/sampler/local-model';
import { markedGeneration, plainGeneration } from '@taggant/sampler/transformers';
import { tinyLmFolder, tinyLmTokenizer } from '@taggant/tiny-lm';
import { heldOutPassages } from './texts.ts';

export interface Sample {
  /** Which seeded key marked it: `secretOf(key)`. */
  readonly key: number;
  readonly prompt: readonly number[];
  readonly tokens: readonly number[];
}

export interface SamplePlan {
  /** `null` for plain text. */
  readonly mark: NativeMarkInput | null;
  readonly samples: number;
  readonly tokens: number;
  readonly temperature: number;
}

const BATCH = 32;

/** A reproducible secret: benchmarks are no place for real ones. */
export const secretOf = (seed: string): Secret =>
  Secret.fromBytes(createHash('sha256').update(`benchmark ${seed}`).digest());

/** The mark under the key of a batch. */
export const markOf = (input: NativeMarkInput, key: number): Mark => openMark(input, secretOf(`strength ${key}`));

/** Samples of a plan, generated or read from `folder`; every batch has a key of its own. */
export async function samplesOf(plan: SamplePlan, folder: string): Promise<Sample[]> {
  const model = readFileSync(join(tinyLmFolder, 'onnx', 'model.onnx'));
  const hash = createHash('sha256')
    .update(model)
    .update(JSON.stringify({ samples: 0, tokens: plan.tokens, temperature: plan.temperature, mark: plan.mark }))
    .digest('hex')
    .slice(0, 12);
  const file = join(folder, `${plan.mark?.scheme ?? 'plain'}-${hash}.jsonl`);
  mkdirSync(folder, { recursive: true });
  const samples: Sample[] = existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line))
    : [];
  if (samples.length >= plan.samples) return samples.slice(0, plan.samples);

  const tokenizer = tinyLmTokenizer();
  const lm = await openLocalModel(tinyLmFolder);
  const prompts = heldOutPassages(plan.samples).map((passage) => tokenizer.encode(passage).subarray(0, 24));
  for (let at = samples.length; at < plan.samples; at += BATCH) {
    const key = at / BATCH;
    const batch = prompts.slice(at, at + BATCH);
    const { temperature } = plan;
    const outputs = await lm.generate(batch, {
      maxNewTokens: plan.tokens,
      seed: 1000 + key,
      ignoreEnd: true,
      settings:
        plan.mark === null
          ? plainGeneration({ temperature })
          : markedGeneration(markOf(plan.mark, key), { temperature }),
    });
    const made = outputs.map((tokens, i) => ({ key, prompt: [...batch[i]], tokens: [...tokens] }));
    appendFileSync(file, made.map((sample) => `${JSON.stringify(sample)}\n`).join(''));
    samples.push(...made);
    process.stderr.write(`\r${plan.mark?.scheme ?? 'plain'}: ${samples.length}/${plan.samples} samples `);
  }
  process.stderr.write('\n');
  await lm.dispose();
  return samples;
}
