/** Tokenizer adapter for Hugging Face `tokenizer.json` files (`@huggingface/tokenizers`, plain JavaScript). @module */

import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { sha256Hex, type Tokenizer } from '@taggant/core';

export interface HuggingFaceTokenizerOptions {
  /** Text of `tokenizer_config.json`, if there is one. */
  readonly config?: string;
  /** How descriptors name it. Default `hf`. */
  readonly name?: string;
  /** Width of the model's logits when it is larger than the vocabulary (OPT: 50,272 for 50,265 ids). */
  readonly vocabSize?: number;
}

/**
 * A tokenizer from the text of its `tokenizer.json`. Its id carries the SHA-256 of that text.
 * Text that looks like a special token becomes that token, as it does in Hugging Face's own libraries.
 *
 * @example
 * const tokenizer = huggingFaceTokenizer(readFileSync('tokenizer.json', 'utf8'), { name: 'my-model' });
 */
export function huggingFaceTokenizer(
  json: string,
  { config, name = 'hf', vocabSize }: HuggingFaceTokenizerOptions = {},
): Tokenizer {
  const tokenizer = new HuggingFaceTokenizer(
    parse(json, 'tokenizer.json'),
    config ? parse(config, 'tokenizer_config.json') : {},
  );
  const largest = [...tokenizer.get_vocab(true).values()].reduce((a, b) => Math.max(a, b), -1);
  if (vocabSize !== undefined && vocabSize <= largest) {
    throw new RangeError(`"vocabSize" expected more than the largest id ${largest}, got ${vocabSize}`);
  }
  return {
    id: { name, vocabSize: vocabSize ?? largest + 1, sha256: sha256Hex(json) },
    encode: (text) => Uint32Array.from(tokenizer.encode(text, { add_special_tokens: false }).ids),
    // The library refuses to decode nothing.
    decode: (tokens) =>
      tokens.length === 0 ? '' : tokenizer.decode(Array.from(tokens), { clean_up_tokenization_spaces: false }),
  };
}

function parse(json: string, name: string): object {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === 'object' && value !== null) return value;
  } catch {}
  throw new TypeError(`"${name}" expected the text of a JSON object, got ${json.length} characters that are none`);
}
