// I have many texts and several cores. How do I test them all?
// On the command line: taggant detect --text corpus.jsonl.gz --threads 2 --output results.jsonl [--resume].
// In a program: this file is both the caller and the task that every thread opens for itself.
import { deriveKey, exportKey, importKey, openMark, Secret } from '@taggant/core';
import { detectText, formatP } from '@taggant/detector';
import { mapInThreads } from '@taggant/detector/threads';
import { tinyLmFolder, tinyLmTokenizer } from '@taggant/tiny-lm';

/** Runs once in each thread; the key came by message. What it returns is called for each text. */
export default function openTask({ descriptor, key }) {
  const tokenizer = tinyLmTokenizer();
  const mark = openMark(descriptor, importKey(key, descriptor.scheme));
  return ({ text }) => {
    const { verdict, lnP, n } = detectText(text, mark, tokenizer);
    return { verdict, lnP, n };
  };
}

if (process.argv[1]?.endsWith('corpus.mjs') && (await import('node:worker_threads')).isMainThread) {
  const tokenizer = tinyLmTokenizer();
  // The same key in every run, so that the output is too. Yours comes from Secret.generate().
  const key = deriveKey(Secret.fromBytes(new Uint8Array(32).fill(7)), 'greenlist');
  const mark = openMark({ scheme: 'greenlist', gamma: '1/4', delta: 2, tokenizer: tokenizer.id }, key);

  // What only the caller needs is loaded here: every thread loads what stands above.
  const { openLocalModel } = await import('@taggant/sampler/local-model');
  const { markedGeneration, plainGeneration } = await import('@taggant/sampler/transformers');

  // A corpus: what the model wrote with the mark on and off, and one of each that is too short to tell.
  const model = await openLocalModel(tinyLmFolder);
  const prompt = tokenizer.encode('It was late in the evening when');
  const corpus = [];
  for (const [seed, length] of [200, 150, 100, 15].entries()) {
    const options = { maxNewTokens: length, seed, ignoreEnd: true };
    const [marked] = await model.generate([prompt], { ...options, settings: markedGeneration(mark) });
    const [plain] = await model.generate([prompt], { ...options, settings: plainGeneration() });
    corpus.push({ id: `marked ${length}`, text: tokenizer.decode(marked) });
    corpus.push({ id: `plain ${length}`, text: tokenizer.decode(plain) });
  }

  // Results come in the order of the texts, whichever thread was faster.
  const setup = { descriptor: mark.descriptor, key: exportKey(key) };
  const module = new URL(import.meta.url);
  let at = 0;
  for await (const { verdict, lnP, n } of mapInThreads(corpus, { module, setup, threads: 2 })) {
    console.log(`${corpus[at++].id.padEnd(10)}  ${verdict.padEnd(12)}  p = ${formatP(lnP)}, n = ${n}`);
  }
}
