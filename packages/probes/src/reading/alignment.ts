/**
 * Predictions of a model with another tokenizer, in the mark's: of places where a token of either ends on the same character,
 * those predictions that are one token of the mark's. Other places are missed, and count as such. @module
 */
import type { Tokenizer } from '@taggant/core';
import { MISSED, NO_PREDICTION } from './model.ts';

/** Predicted text by the place in the text, in UTF-16 units, at which it was predicted. */
export type TextPredictions = ReadonlyMap<number, string>;

/**
 * The predictions after each token, for `NextTokenModel.predict`. `text`: what the tokens decode to.
 *
 * @example
 * aligned(tokenizer.encode('a cat sat'), 'a cat sat', new Map([[5, ' sat']]), tokenizer); // MISSED but after ' cat'
 */
export function aligned(
  tokens: Uint32Array,
  text: string,
  predictions: TextPredictions,
  tokenizer: Tokenizer,
): Uint32Array {
  return Uint32Array.from(endsOf(tokens, text, tokenizer), (end) => {
    const predicted = end === undefined ? undefined : predictions.get(end);
    return predicted === undefined ? MISSED : idOf(predicted, tokenizer);
  });
}

/** Where each token ends in the text; undefined inside a character. */
function endsOf(tokens: Uint32Array, text: string, tokenizer: Tokenizer): (number | undefined)[] {
  let [from, at] = [0, 0];
  return Array.from(tokens, (_, i) => {
    const piece = tokenizer.decode(tokens.subarray(from, i + 1));
    // Some decoders drop the space that their first token begins with.
    const read = [piece, ` ${piece}`].find((one) => one !== '' && text.startsWith(one, at));
    if (read === undefined) return undefined;
    from = i + 1;
    at += read.length;
    return at;
  });
}

/** The one token that a predicted text is; {@link NO_PREDICTION} for others. */
export function idOf(text: string, tokenizer: Tokenizer): number {
  const ids = tokenizer.encode(text);
  return ids.length === 1 && tokenizer.decode(ids) === text ? ids[0] : NO_PREDICTION;
}
