/** Tokenizer adapter for OpenAI's encodings (`tiktoken`, the vocabularies are inside the package). @module */
import { checkOneOf, checkTokens, type Tokenizer } from '@taggant/core';
import { get_encoding, type Tiktoken } from 'tiktoken';

/** Largest id + 1 of each encoding, special tokens included. */
const VOCAB_SIZES = {
  gpt2: 50257,
  r50k_base: 50257,
  p50k_base: 50281,
  p50k_edit: 50284,
  cl100k_base: 100277,
  o200k_base: 200019,
} as const;

export type TiktokenName = keyof typeof VOCAB_SIZES;

/** Opened once: the largest takes 0.7 s and 50 MB, which nothing would free. */
const encodings: Partial<Record<TiktokenName, Tiktoken>> = {};

/**
 * tiktoken takes quadratic time over a run that its pattern does not split (100,000 times the letter a: 13 s); so runs of
 * letters or of spaces longer than any real one are cut.
 */
function* parts(text: string): Generator<string> {
  let from = 0;
  for (const { index, 0: run } of text.matchAll(LONG_RUN)) {
    yield text.slice(from, index + run.length);
    from = index + run.length;
  }
  yield text.slice(from);
}

/** Whole characters, so that no surrogate pair is cut. */
const LONG_RUN = /\S{4096}|\s{4096}/gu;

function joined(arrays: readonly Uint32Array[]): Uint32Array {
  if (arrays.length === 1) return arrays[0];
  const all = new Uint32Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const array of arrays) {
    all.set(array, at);
    at += array.length;
  }
  return all;
}

/**
 * Text that looks like a special token is encoded as plain text.
 *
 * @example
 * tiktokenTokenizer('o200k_base').encode('Hello world'); // Uint32Array [13225, 2375]
 */
export function tiktokenTokenizer(name: TiktokenName): Tokenizer {
  checkOneOf(name, 'encoding', Object.keys(VOCAB_SIZES) as TiktokenName[]);
  const encoding = (encodings[name] ??= get_encoding(name));
  const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
  return {
    id: { name: `tiktoken:${name}`, vocabSize: VOCAB_SIZES[name] },
    encode: (text) => joined(Array.from(parts(text), (part) => encoding.encode_ordinary(part))),
    // An unknown id would be a panic inside WASM.
    decode: (tokens) => utf8.decode(encoding.decode(checkTokens(tokens, 'tokens', VOCAB_SIZES[name]))),
  };
}
