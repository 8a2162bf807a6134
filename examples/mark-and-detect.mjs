// How do I mark what a model writes, and find the mark again?
import { openMark, Secret } from '@taggant/core';
import { describeDetection, detectText } from '@taggant/detector';
import { openLocalModel } from '@taggant/sampler/local-model';
import { markedGeneration, plainGeneration } from '@taggant/sampler/transformers';
import { tinyLmFolder, tinyLmTokenizer } from '@taggant/tiny-lm';

const tokenizer = tinyLmTokenizer();
const mark = openMark({ scheme: 'greenlist', gamma: '1/4', delta: 2, tokenizer: tokenizer.id }, Secret.generate());

const model = await openLocalModel(tinyLmFolder);
const prompt = tokenizer.encode('It was late in the evening when');
const options = { maxNewTokens: 250, seed: 1, ignoreEnd: true };
const [marked] = await model.generate([prompt], { ...options, settings: markedGeneration(mark) });
const [plain] = await model.generate([prompt], { ...options, settings: plainGeneration() });

for (const [name, ids] of Object.entries({ marked, plain })) {
  const detection = detectText(tokenizer.decode(ids), mark, tokenizer);
  console.log(`${name}: ${detection.verdict}. ${describeDetection(detection)}\n`);
}
