// How do I mark a batch in a loop of my own, on ONNX Runtime without transformers.js?
import { join } from 'node:path';
import { openMark, Secret } from '@taggant/core';
import { detectTokens, formatP } from '@taggant/detector';
import { generateMarked } from '@taggant/sampler/onnxruntime';
import { tinyLmFolder, tinyLmTokenizer } from '@taggant/tiny-lm';
import * as ort from 'onnxruntime-node'; // or onnxruntime-web

const tokenizer = tinyLmTokenizer();
const mark = openMark({ scheme: 'tournament', tokenizer: tokenizer.id }, Secret.generate());
const session = await ort.InferenceSession.create(join(tinyLmFolder, 'onnx/model.onnx'));
const openings = [
  'It was late',
  'The old man',
  'She said',
  'On the road',
  'There was',
  'His letter',
  'A voice',
  'When',
];
const prompts = openings.map((text) => tokenizer.encode(text));

// Eight rows a step, marked in one call; the loop is in packages/sampler/src/onnxruntime.ts.
const texts = await generateMarked(ort, session, prompts, mark, { maxTokens: 100, random: Math.random });

for (const [i, ids] of texts.entries()) {
  const { verdict, lnP } = detectTokens(ids, mark, { prompt: prompts[i] });
  console.log(`${openings[i]}...: ${verdict}, p = ${formatP(lnP)}`);
}
await session.release();
