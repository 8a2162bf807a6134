// Does my server mark its texts as it should? A gate for CI, with the library alone; `taggant verify` does the same from a file.
import { openMark, Secret } from '@taggant/core';
import { openLocalModel } from '@taggant/sampler/local-model';
import { markedGeneration, plainGeneration } from '@taggant/sampler/transformers';
import { tinyLmFolder, tinyLmOpenings, tinyLmTokenizer } from '@taggant/tiny-lm';
import { gateTable, runGate } from '@taggant/verify';

const tokenizer = tinyLmTokenizer();
const secret = Secret.generate();
const configured = openMark({ scheme: 'greenlist', delta: 3, tokenizer: tokenizer.id }, secret);
// What the server really does; somebody rotated its key and told nobody.
const served = openMark({ scheme: 'greenlist', delta: 3, tokenizer: tokenizer.id }, Secret.generate());

const model = await openLocalModel(tinyLmFolder);
const serverThatMarksWith = (mark) => ({
  name: 'my server',
  async write(requests) {
    const prompts = requests.map(({ prompt }) => tokenizer.encode(prompt));
    const [{ marked, maxTokens, seed }] = requests;
    const settings = marked ? markedGeneration(mark) : plainGeneration();
    const replies = await model.generate(prompts, { maxNewTokens: maxTokens, seed, settings, ignoreEnd: true });
    return replies.map((tokens, i) => ({ tokens, text: tokenizer.decode(tokens), promptTokens: prompts[i] }));
  },
});

const verify = (deployment) =>
  runGate({
    mark: configured,
    tokenizer,
    deployment,
    prompts: tinyLmOpenings(),
    maxTokens: 64,
    expectations: {
      detection: [{ tokens: 56, alpha: 1e-3, least: 0.85 }],
      falseAlarms: { most: 0.2 },
      survival: [{ attack: 'delete:0.05', tokens: 56, alpha: 1e-3, least: 0.5 }],
    },
    software: { name: 'example', version: '1' },
  });

for (const mark of [configured, served]) {
  const { result } = await verify(serverThatMarksWith(mark));
  console.log(gateTable(result, { colour: false, width: 100 }));
}
await model.dispose();
