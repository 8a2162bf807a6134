// How do I mark what a GGUF model writes, with node-llama-cpp?
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openMark, Secret } from '@taggant/core';
import { describeDetection, detectTokens } from '@taggant/detector';
import { generateBiased, generateMarked } from '@taggant/sampler/llama-cpp';
import { tinyLmTokenizer } from '@taggant/tiny-lm';
import { tinyLmGguf } from '@taggant/tiny-lm/gguf';
import { getLlama } from 'node-llama-cpp';

const folder = mkdtempSync(join(tmpdir(), 'taggant-'));
const modelPath = join(folder, 'tiny-lm.gguf'); // or any GGUF file of yours
writeFileSync(modelPath, tinyLmGguf());

const llama = await getLlama({ gpu: false, build: 'never', skipDownload: true, logLevel: 'error' });
const model = await llama.loadModel({ modelPath });
const context = await model.createContext({ contextSize: 512, threads: 1 });
const sequence = context.getSequence(); // a sequence, not a chat session: the mark reads every token as it comes
const prompt = model.tokenize('It was late in the evening when');
const tokenizer = tinyLmTokenizer().id;

// Any mark: the engine evaluates, the hook marks, the token is drawn with your random numbers.
const gumbel = openMark({ scheme: 'gumbel', tokenizer }, Secret.generate());
const drawn = [];
const options = { maxTokens: 150, temperature: 0.9, topP: 0.95, random: Math.random };
for await (const token of generateMarked(sequence, prompt, gumbel, options)) drawn.push(token);
console.log(`drawn here: ${describeDetection(detectTokens(drawn, gumbel, { prompt }))}\n`);

// Green lists alone: as a bias, where the engine's own sampler (grammar, penalties, min-p) is to draw.
const greenlist = openMark({ scheme: 'greenlist', delta: 3, tokenizer }, Secret.generate());
const biased = [];
await sequence.clearHistory();
for await (const token of generateBiased(sequence, prompt, greenlist, { maxTokens: 150, seed: 1 })) biased.push(token);
console.log(`drawn by the engine: ${describeDetection(detectTokens(biased, greenlist, { prompt }))}`);

await llama.dispose();
rmSync(folder, { recursive: true });
