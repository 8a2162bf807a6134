// My model is behind an API that keeps its logits, but takes a logit_bias. Can I mark its text?
// With a green list that is the same at every step (contextWidth 0): weaker, and easier to learn from your texts.
import { createServer } from 'node:http';
import { openMark, Secret } from '@taggant/core';
import { describeDetection, detectTokens } from '@taggant/detector';
import { sampleToken } from '@taggant/sampler';
import { logitBias } from '@taggant/sampler/logit-bias';

const vocabSize = 2000;
const input = { scheme: 'greenlist', contextWidth: 0, delta: 4, tokenizer: { name: 'theirs', vocabSize } };
const mark = openMark(input, Secret.generate());

// Services limit the entries: fewer are favoured then, so less is found, but p stays exact.
const logit_bias = logitBias(mark, { maxEntries: 300 });

const { url, close } = await yourService();
const response = await fetch(url, { method: 'POST', body: JSON.stringify({ max_tokens: 400, logit_bias }) });
const { tokens } = await response.json();
console.log(describeDetection(detectTokens(tokens, mark)));
close();

/** Stands for the service: it adds the bias to its logits, then samples. */
async function yourService() {
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    const { max_tokens, logit_bias } = JSON.parse(body);
    const tokens = Array.from({ length: max_tokens }, () => {
      const logits = Float32Array.from({ length: vocabSize }, (_, v) => 3 * Math.random() + (logit_bias[v] ?? 0));
      return sampleToken(logits, Math.random());
    });
    response.end(JSON.stringify({ tokens }));
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  return { url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}
