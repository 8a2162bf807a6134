/** One mark in several engines: the same delta is the same strength, on whichever side of the temperature its rows are. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openMark } from '@taggant/core';
import { detectTokens } from '@taggant/detector';
import { generateBiased, generateMarked as withLlama } from '@taggant/sampler/llama-cpp';
import { openLocalModel } from '@taggant/sampler/local-model';
import { generateMarked as withOnnx } from '@taggant/sampler/onnxruntime';
import { markedGeneration } from '@taggant/sampler/transformers';
import { binomialBand } from '@taggant/stats';
import { tinyLmFolder, tinyLmTokenizer } from '@taggant/tiny-lm';
import { tinyLmGguf } from '@taggant/tiny-lm/gguf';
import { getLlama, LlamaLogLevel } from 'node-llama-cpp';
import * as ort from 'onnxruntime-node';
import { expect, it } from 'vitest';
import { secretOf, uniforms } from '../../core/test/support.ts';

const tokenizer = tinyLmTokenizer();
const prompt = tokenizer.encode('It was a dark night, and the old man said to his daughter');
const TEXTS = 4;
const TOKENS = 250;
const temperature = 0.7;
const markAt = (stage: 'pre-temperature' | 'post-temperature') =>
  openMark({ scheme: 'greenlist', gamma: '1/4', delta: 2, stage, tokenizer: tokenizer.id }, secretOf(1));
const prompts = Array.from({ length: TEXTS }, () => prompt);

it('the share of green tokens at T = 0.7 agrees between engines', async () => {
  const mark = markAt('pre-temperature');
  const all = {
    'transformers.js': await throughTransformers(mark),
    onnxruntime: await throughOnnx(mark),
    ...(await throughLlama(mark)),
  };
  const shares = Object.values(all).map(greenShare);
  const n = shares.reduce((sum, share) => sum + share.n, 0);
  const pooled = shares.reduce((sum, share) => sum + share.green, 0) / n;
  const agrees = ({ n, green }: { n: number; green: number }) => {
    const [low, high] = binomialBand(n, pooled, 1 - 1e-6);
    return green >= low && green <= high;
  };
  expect(shares.map(agrees), JSON.stringify(shares)).toEqual(shares.map(() => true));
  const other = greenShare(await throughOnnx(markAt('post-temperature')));
  expect(agrees(other), 'control: the same delta on the other side is another strength').toBe(false);
});

function greenShare(texts: readonly ArrayLike<number>[]) {
  const detections = texts.map((ids) => detectTokens(ids, markAt('pre-temperature'), { prompt }));
  const sum = (field: 'n' | 'score') => detections.reduce((sum, detection) => sum + detection[field], 0);
  return { n: sum('n'), green: sum('score') };
}

async function throughTransformers(mark: ReturnType<typeof markAt>) {
  const model = await openLocalModel(tinyLmFolder);
  const settings = markedGeneration(mark, { temperature });
  const texts = await model.generate(prompts, { maxNewTokens: TOKENS, seed: 1, settings, ignoreEnd: true });
  await model.dispose();
  return texts;
}

async function throughOnnx(mark: ReturnType<typeof markAt>) {
  const session = await ort.InferenceSession.create(join(tinyLmFolder, 'onnx/model.onnx'), { intraOpNumThreads: 1 });
  const texts = await withOnnx(ort, session, prompts, mark, { maxTokens: TOKENS, temperature, random: uniforms(1) });
  await session.release();
  return texts;
}

/** Our choice, and the engine's. */
async function throughLlama(mark: ReturnType<typeof markAt>) {
  const folder = mkdtempSync(join(tmpdir(), 'taggant-'));
  const modelPath = join(folder, 'tiny-lm.gguf');
  writeFileSync(modelPath, tinyLmGguf());
  const llama = await getLlama({ gpu: false, build: 'never', skipDownload: true, logLevel: LlamaLogLevel.error });
  const context = await (await llama.loadModel({ modelPath })).createContext({ contextSize: 512, threads: 1 });
  const sequence = context.getSequence();
  const marked: number[][] = [];
  const biased: number[][] = [];
  for (let seed = 1; seed <= TEXTS; seed++) {
    const [own, theirs]: number[][] = [[], []];
    await sequence.clearHistory();
    const options = { maxTokens: TOKENS, temperature };
    for await (const id of withLlama(sequence, prompt, mark, { ...options, random: uniforms(seed) })) own.push(id);
    await sequence.clearHistory();
    for await (const id of generateBiased(sequence, prompt, mark, { ...options, seed })) theirs.push(id);
    marked.push(own);
    biased.push(theirs);
  }
  await llama.dispose();
  rmSync(folder, { recursive: true });
  return { 'node-llama-cpp, our choice': marked, 'node-llama-cpp, token bias': biased };
}
