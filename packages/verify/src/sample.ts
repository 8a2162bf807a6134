/** What the gate asks of a deployment, and what it gets. @module */
import type { Tokenizer } from '@taggant/core';

/** One text to write. */
export interface TextRequest {
  /** Distinct in a run, and the same from run to run: results are compared by it. */
  readonly id: string;
  readonly prompt: string;
  /** 0 to 2^32 - 1: another seed, another text, as far as the deployment has a choice. */
  readonly seed: number;
  /** False asks for the same without a mark, for comparison. */
  readonly marked: boolean;
  readonly maxTokens: number;
}

/** A text that was written. Where there is a tokenizer, `text` is what counts: a detector has no more. */
export interface TextReply {
  readonly text?: string;
  readonly tokens?: ArrayLike<number>;
  /** The ids of the prompt as the model saw it, template and all: they give context. */
  readonly promptTokens?: ArrayLike<number>;
}

/** What is verified: whatever writes texts that ought to be marked. */
export interface Deployment {
  /** For people: `tiny-lm`, `module serve.mjs`. No secrets. */
  readonly name: string;
  /** One reply for each request, in their order. */
  write(requests: readonly TextRequest[]): Promise<readonly TextReply[]>;
  /** Whether it can write without a mark. Default true. */
  readonly writesUnmarked?: boolean;
  /** Whether it heeds seeds, so that one prompt has several texts. Default true. */
  readonly heedsSeeds?: boolean;
  /** How many marked texts there are at most, where they are given and not written. */
  readonly texts?: number;
}

/** A reply as it is tested. */
export interface Sample {
  readonly id: string;
  readonly prompt: Uint32Array;
  /** `prompt` is not what the model is known to have seen. */
  readonly isPromptGuessed?: boolean;
  readonly tokens: Uint32Array;
  readonly text: string;
}

/** Prompt and text, as far back as `most` tokens before the text. */
export function wholeOf({ prompt, tokens }: Pick<Sample, 'prompt' | 'tokens'>, most = prompt.length): Uint32Array {
  const before = prompt.subarray(Math.max(0, prompt.length - most));
  const whole = new Uint32Array(before.length + tokens.length);
  whole.set(before);
  whole.set(tokens, before.length);
  return whole;
}

/**
 * Replies as a detector reads them: text, tokenized anew. Throws RangeError and TypeError that name who gave something else.
 */
export function samplesOf(
  replies: readonly TextReply[],
  requests: readonly TextRequest[],
  { name, tokenizer }: { readonly name: string; readonly tokenizer?: Tokenizer },
): Sample[] {
  if (!Array.isArray(replies) || replies.length !== requests.length) {
    throw new RangeError(`${name} expected to give ${requests.length} replies, got ${replies?.length ?? 'none'}`);
  }
  return requests.map(({ id, prompt, maxTokens }, i) => {
    const { text, tokens, promptTokens } = replies[i] ?? {};
    if (tokens === undefined && (text === undefined || tokenizer === undefined)) {
      const got = text === undefined ? 'neither' : 'text, and no tokenizer';
      throw new TypeError(`${name} expected to give "text" or "tokens", got ${got}`);
    }
    const ids = text !== undefined && tokenizer ? tokenizer.encode(text) : Uint32Array.from(tokens ?? []);
    return {
      id,
      isPromptGuessed: promptTokens === undefined,
      prompt: promptTokens ? Uint32Array.from(promptTokens) : (tokenizer?.encode(prompt) ?? new Uint32Array(0)),
      tokens: ids.subarray(0, maxTokens),
      text: text ?? tokenizer?.decode(ids) ?? '',
    };
  });
}
