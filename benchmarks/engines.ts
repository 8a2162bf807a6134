/**
 * What marking costs in the engines that run here, next to each other: the small model, one prompt, V = 4,096.
 *
 *   node --conditions=@taggant/source --import tsx benchmarks/engines.ts
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { openMark, Secret } from '@taggant/core';
import { detectTokens } from '@taggant/detector';
import { generateBiased, generateMarked } from '@taggant/sampler/llama-cpp';
import { openLocalModel } from '@taggant/sampler/local-model';
import { generateMarked as onnxMarked } from '@taggant/sampler/onnxruntime';
import { markedGeneration } from '@taggant/sampler/transformers';
import { tinyLmFolder, tinyLmTokenizer } from '@taggant/tiny-lm';
import { tinyLmGguf } from '@taggant/tiny-lm/gguf';
import { getLlama, LlamaLogLevel } from 'node-llama-cpp';
import * as ort from 'onnxruntime-node';

const TOKENS = 100;
const ROUNDS = 7;
const tokenizer = tinyLmTokenizer();
const prompt = tokenizer.encode('It was late in the evening when');
const open = (input: object) => openMark({ tokenizer: tokenizer.id, ...input } as never, Secret.generate());
const quarter = open({ scheme: 'greenlist', delta: 4 });
const half = open({ scheme: 'greenlist', gamma: '1/2', delta: 4 });
const gumbel = open({ scheme: 'gumbel' });
const random = Math.random;

const folder = mkdtempSync(join(tmpdir(), 'taggant-'));
const modelPath = join(folder, 'tiny-lm.gguf');
writeFileSync(modelPath, tinyLmGguf());
const llama = await getLlama({ gpu: false, build: 'never', skipDownload: true, logLevel: LlamaLogLevel.error });
const context = await (await llama.loadModel({ modelPath })).createContext({ contextSize: 512, threads: 1 });
const sequence = context.getSequence();
const transformers = await openLocalModel(tinyLmFolder);
const session = await ort.InferenceSession.create(join(tinyLmFolder, 'onnx/model.onnx'));

async function throughLlama(generate: () => AsyncIterable<number>): Promise<number[][]> {
  await sequence.clearHistory();
  const ids: number[] = [];
  for await (const id of generate()) if (ids.push(id) === TOKENS) break;
  return [ids];
}
const alone = { temperature: 1, topK: 0, topP: 1, seed: 1, yieldEogToken: true };
const options = { maxTokens: TOKENS, random };
const rows = (n: number) => Array.from({ length: n }, () => prompt);
const throughOnnx = (n: number) => () => onnxMarked(ort, session, rows(n), quarter, options);
const throughTransformers = (n: number) => () =>
  transformers.generate(rows(n), {
    maxNewTokens: TOKENS,
    seed: 1,
    ignoreEnd: true,
    settings: markedGeneration(quarter),
  });

/** What runs, and the mark that must be found in what it wrote. */
const cases: [string, () => Promise<ArrayLike<number>[]>, typeof quarter?][] = [
  ['llama.cpp alone', () => throughLlama(() => sequence.evaluate([...prompt] as never, alone))],
  ['generateMarked, 1/4', () => throughLlama(() => generateMarked(sequence, prompt, quarter, options)), quarter],
  ['generateMarked, Gumbel', () => throughLlama(() => generateMarked(sequence, prompt, gumbel, options)), gumbel],
  [
    'generateMarked, Gumbel, topK 50',
    () => throughLlama(() => generateMarked(sequence, prompt, gumbel, { ...options, topK: 50 })),
    gumbel,
  ],
  [
    'generateBiased, 1/4',
    () => throughLlama(() => generateBiased(sequence, prompt, quarter, { maxTokens: TOKENS, seed: 1 })),
    quarter,
  ],
  [
    'generateBiased, 1/2',
    () => throughLlama(() => generateBiased(sequence, prompt, half, { maxTokens: TOKENS, seed: 1 })),
    half,
  ],
  ['transformers.js, 1 row', throughTransformers(1), quarter],
  ['ONNX Runtime, 1 row', throughOnnx(1), quarter],
  ['transformers.js, 8 rows', throughTransformers(8), quarter],
  ['ONNX Runtime, 8 rows', throughOnnx(8), quarter],
];

const times = cases.map((): number[] => []);
for (let round = 0; round < ROUNDS; round++) {
  for (const [i, [name, run, mark]] of cases.entries()) {
    const started = performance.now();
    const texts = await run();
    const tokens = texts.reduce((sum, { length }) => sum + length, 0);
    times[i].push((performance.now() - started) / tokens);
    // A text that ended early proves little.
    const wrong = mark && texts.find((ids) => ids.length > 60 && detectTokens(ids, mark, { prompt }).lnP > -7);
    if (wrong) throw new Error(`${name}: the mark is not in the text`);
  }
}
console.log(`${cpus()[0].model}, ${cpus().length} cores, Node ${process.version}; medians of ${ROUNDS}, ms a token`);
for (const [i, [name]] of cases.entries()) {
  console.log(`${name.padEnd(32)} ${times[i].sort((a, b) => a - b)[(ROUNDS - 1) / 2].toFixed(2)}`);
}

await transformers.dispose();
await session.release();
await llama.dispose();
rmSync(folder, { recursive: true });
