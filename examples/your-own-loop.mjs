// My engine is none of the adapters'. What does the hook need?
// Rows of logits as Float32Array, the prompt's ids at the start, and every chosen token. Nothing else.
import { openMark, Secret } from '@taggant/core';
import { detectTokens } from '@taggant/detector';
import { drawToken, MarkHook } from '@taggant/sampler';

const vocabSize = 1000;
const mark = openMark({ scheme: 'gumbel', tokenizer: { name: 'mine', vocabSize } }, Secret.generate());
const temperature = 0.8;
const hook = new MarkHook(mark, { temperature, topP: 0.95 });

const prompt = [17, 4, 256, 99];
const sequence = hook.start(prompt);
const tokens = [];
for (let step = 0; step < 60; step++) {
  const logits = yourModel();
  hook.processLogits(logits, [sequence]); // one row per sequence, changed in place
  const token = drawToken(logits, temperature, Math.random); // or let your engine divide and draw
  sequence.push(token);
  tokens.push(token);
}

const { verdict, lnP, n } = detectTokens(tokens, mark, { prompt });
console.log(`${verdict}: ln p = ${lnP.toFixed(1)} over ${n} pairs; steps ${JSON.stringify(sequence.steps)}`);

/** Stands for a forward pass: some tokens likelier than others. */
function yourModel() {
  return Float32Array.from({ length: vocabSize }, () => 3 * Math.random());
}
