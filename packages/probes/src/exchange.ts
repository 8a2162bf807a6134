/** What a suspect was shown and what it answered, as the mark's own tokens: the raw material of every text-only test. @module */
import type { Tokenizer } from '@taggant/core';

/** One question and its answer, as token ids of the mark's tokenizer. */
export interface Exchange {
  /** Everything that stood in front of the suspect, one array a text: system prompt, earlier turns, the prompt. */
  readonly shown: readonly ArrayLike<number>[];
  readonly reply: ArrayLike<number>;
}

/** The same in text, as an API gives it: the suspect's own tokens play no part. */
export interface TextExchange {
  readonly shown: readonly string[];
  readonly reply: string;
  /** Why the reply ended, as APIs say it: `length` where a limit on tokens cut it. */
  readonly finish?: string;
  /** The reply goes on where the last shown text broke off, as that of a plain completion does. Default false. */
  readonly continues?: boolean;
}

/**
 * The exchange in the mark's tokens, whatever tokenizer the suspect has.
 *
 * A reply that was cut, or that continues a text, may end or begin inside a word. The token there is an accident of the
 * cut that nobody chose, so it is left out; that costs a pair or two and keeps the reading the same wherever a word was cut.
 *
 * Each shown text stands in the exchange as it is, without the white space before it, and with one space: in the middle of a
 * sentence a suspect that copies it writes its first word as another token, and the contexts that this makes must be known as
 * shown, too.
 *
 * @example
 * exchangeOf({ shown: ['Tell me a story.'], reply: 'Once upon a time', finish: 'length' }, tokenizer);
 */
export function exchangeOf({ shown, reply, finish, continues = false }: TextExchange, tokenizer: Tokenizer): Exchange {
  const ids = tokenizer.encode(reply);
  return {
    shown: shown.flatMap((text) => [...startsOf(text)].map((one) => tokenizer.encode(one))),
    reply: ids.subarray(continues ? 1 : 0, Math.max(continues ? 1 : 0, ids.length - (finish === 'length' ? 1 : 0))),
  };
}

const startsOf = (text: string) => new Set([text.trimStart(), ` ${text.trimStart()}`, text]);
