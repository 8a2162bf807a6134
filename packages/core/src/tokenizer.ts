/** What turns text into the ids that a mark lives on. @module */
import type { TokenizerId } from './descriptor.ts';

export interface Tokenizer {
  readonly id: TokenizerId;
  /** Token ids of the text, without special tokens of any kind. */
  encode(text: string): Uint32Array;
  decode(tokens: Uint32Array): string;
}
