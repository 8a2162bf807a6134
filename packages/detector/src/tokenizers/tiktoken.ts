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
    encode: (text) => encoding.encode_ordinary(text),
    // An unknown id would be a panic inside WASM.
    decode: (tokens) => utf8.decode(encoding.decode(checkTokens(tokens, 'tokens', VOCAB_SIZES[name]))),
  };
}
