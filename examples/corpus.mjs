// I have many texts and several cores. How do I test them all?
// On the command line: taggant detect --text corpus.jsonl.gz --threads 2 --output results.jsonl [--resume].
// In a program: this file is both the caller and the task that every thread opens for itself.
import { deriveKey, exportKey, importKey, openMark, Secret } from '@taggant/core';
import { detectTokens } from '@taggant/detector';
import { mapInThreads } from '@taggant/detector/threads';
import { tiktokenTokenizer } from '@taggant/detector/tiktoken';

/** Runs once in each thread; the key came by message. What it returns is called for each text. */
export default function openTask({ descriptor, key }) {
  const tokenizer = tiktokenTokenizer('o200k_base');
  const mark = openMark(descriptor, importKey(key, descriptor.scheme));
  return (text) => {
    const { verdict, lnP, n } = detectTokens(tokenizer.encode(text), mark);
    return { verdict, lnP, n };
  };
}

if (process.argv[1]?.endsWith('corpus.mjs') && (await import('node:worker_threads')).isMainThread) {
  const key = deriveKey(Secret.generate(), 'greenlist');
  const descriptor = { mark: 'taggant/1', scheme: 'greenlist', kid: key.kid };
  const texts = Array.from(
    { length: 8 },
    (_, i) => `Text ${i}. ${'It was the best of times, it was the worst. '.repeat(i)}`,
  );

  const module = new URL(import.meta.url);
  const setup = { descriptor, key: exportKey(key) };
  for await (const { verdict, lnP, n } of mapInThreads(texts, { module, setup, threads: 2 })) {
    console.log(`${verdict.padEnd(12)}  ln p = ${lnP.toFixed(2)}, n = ${n}`);
  }
}
