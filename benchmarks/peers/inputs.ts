/** What both sides are given: a row of logits and texts as token ids, written where the Python side reads them. @module */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { tiktokenTokenizer } from '@taggant/detector/tiktoken';
import { readText } from '../strength/texts.ts';

export const VOCAB = 131_072;
const TEXTS = 16;
const TOKENS = 400;
const BOOKS = ['books/treasure-island.txt', 'books/the-adventures-of-sherlock-holmes.txt'];
const FOLDER = fileURLToPath(new URL('../out/peers', import.meta.url));

export interface Inputs {
  readonly folder: string;
  /** Zipf's law with exponent 1.5, so that some 240 words hold 95 % of the probability, in a fixed random order. */
  readonly logits: Float32Array;
  readonly texts: readonly Uint32Array[];
  /** Where the texts come from, for the record. */
  readonly source: string;
}

export function prepareInputs(): Inputs {
  const logits = new Float32Array(VOCAB);
  shuffled(VOCAB).forEach((word, rank) => {
    logits[word] = -1.5 * Math.log(rank + 1);
  });
  const { texts, source } = passages();
  for (const text of texts) assert(text.length === TOKENS && text.every((token) => token < VOCAB));
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(`${FOLDER}/logits.f32`, new Uint8Array(logits.buffer));
  writeFileSync(`${FOLDER}/texts.json`, JSON.stringify(texts.map((text) => [...text])));
  return { folder: FOLDER, logits, texts, source };
}

/** Passages of novels in cl100k_base, whose ids fit the vocabulary; random ids where the novels are missing. */
function passages(): { texts: Uint32Array[]; source: string } {
  try {
    const tokenizer = tiktokenTokenizer('cl100k_base');
    const ids = BOOKS.map((book) => tokenizer.encode(readText(book)));
    const texts = Array.from({ length: TEXTS }, (_, i) => {
      const book = ids[i % ids.length]!;
      const start = Math.floor((book.length * (i + 1)) / (TEXTS + 2));
      return book.slice(start, start + TOKENS);
    });
    return { texts, source: 'two novels in cl100k_base' };
  } catch (error) {
    console.warn(`${(error as Error).message}; random ids instead`);
    const words = shuffled(VOCAB);
    const texts = Array.from({ length: TEXTS }, (_, i) => words.slice(i * TOKENS, (i + 1) * TOKENS));
    return { texts, source: 'random ids' };
  }
}

/** 0 ... n - 1 in an order that looks random and is always the same. */
function shuffled(n: number): Uint32Array {
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  const random = randomNumbers(1);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

/** Uniforms in [0, 1) from a seed (mulberry32): for simulations, never for keys. */
export function randomNumbers(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) >>> 0;
    let x = Math.imul(seed ^ (seed >>> 15), seed | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}
