// How do I mark what web-llm writes in the browser?
// In your page: new MLCEngine({ logitProcessorRegistry: new Map([[modelId, processor]]) }). It needs WebGPU, so here a
// stand-in calls the processor as that engine does: a row of logits in, and afterwards the token it sampled.
import { openMark, Secret } from '@taggant/core';
import { describeDetection, detectTokens } from '@taggant/detector';
import { sampleToken } from '@taggant/sampler';
import { markedLogitProcessor } from '@taggant/sampler/web-llm';

const vocabSize = 1000;
const mark = openMark({ scheme: 'gumbel', tokenizer: { name: 'mine', vocabSize } }, Secret.generate());
// A green list needs no more than markedLogitProcessor(mark): the engine goes on to sample as it was told to.
const processor = markedLogitProcessor(mark, { temperature: 0.8, topP: 0.95, random: Math.random });

const tokens = [];
for (let step = 0; step < 60; step++) {
  const logits = Float32Array.from({ length: vocabSize }, () => 3 * Math.random());
  const token = sampleToken(processor.processLogits(logits), Math.random());
  processor.processSampledToken(token);
  tokens.push(token);
}
// The processor never sees the prompt: the first contextWidth tokens are unmarked.
console.log(describeDetection(detectTokens(tokens, mark)), JSON.stringify(processor.steps));
processor.resetState(); // engine.resetChat() does this: a new text begins
