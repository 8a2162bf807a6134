// I have a text and no token ids. What do I need?
// The tokenizer that the marked model uses; the detector refuses another one, because its p-values would mean nothing.
import { openMark, Secret } from '@taggant/core';
import { describeDetection, detectText } from '@taggant/detector';
import { tiktokenTokenizer } from '@taggant/detector/tiktoken';

const tokenizer = tiktokenTokenizer('o200k_base');
const mark = openMark({ scheme: 'greenlist', tokenizer: tokenizer.id }, Secret.generate());

console.log(describeDetection(detectText('A sentence or two decide nothing.', mark, tokenizer)));

try {
  detectText('The same words.', mark, tiktokenTokenizer('cl100k_base'));
} catch (error) {
  console.log(`refused: ${error.message}`);
}
