/** What a text goes through on the way through other software: normal forms and other models' tokens. @module */
import type { Tokenizer } from '@taggant/core';

/** Unicode's compatibility form: ligatures, full-width letters and the like become plain ones (UAX 15). */
export const normalise = (text: string): string => text.normalize('NFKC');

/** What another tokenizer keeps of the normalised text: encoded and decoded again. */
export const retokenise = (text: string, tokenizer: Tokenizer): string =>
  tokenizer.decode(tokenizer.encode(normalise(text)));
