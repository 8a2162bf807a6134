/**
 * Reading over an endpoint: OpenAI's completions with `echo` and `logprobs`, as vLLM, llama.cpp's Python server and others
 * offer them, give the model's most likely token at every place of the prompt.
 * @module
 */
import { show, type Tokenizer } from '@taggant/core';
import { aligned, idOf, type TextPredictions } from './alignment.ts';
import type { NextTokenModel } from './model.ts';

export interface EchoModelOptions {
  /** The name that the endpoint knows the model by. */
  readonly model: string;
  /** The mark's. */
  readonly tokenizer: Tokenizer;
  /**
   * The model has the mark's own tokenizer, and the endpoint takes token ids as a prompt: no place is missed then. Default
   * false: text is sent, and the model's tokenizer may be any.
   */
  readonly sendsIds?: boolean;
  /** Longest text in tokens of the mark's tokenizer. Default 1024. */
  readonly maxLength?: number;
  /** Posts a body to the endpoint's `/completions` and gives the JSON of the answer. Keys and retries are its business. */
  readonly post: (body: object) => Promise<unknown>;
}

/**
 * A model behind an endpoint.
 *
 * @example
 * const headers = { 'content-type': 'application/json' };
 * const post = async (body) =>
 *   (await fetch('http://127.0.0.1:8000/v1/completions', { method: 'POST', headers, body: JSON.stringify(body) })).json();
 * const model = echoModel({ model: 'suspect', tokenizer, post });
 */
export function echoModel(options: EchoModelOptions): NextTokenModel {
  const { model, tokenizer, sendsIds = false, maxLength = 1024, post } = options;
  const ask = (prompt: string | number[]) =>
    post({ model, prompt, max_tokens: 1, temperature: 0, echo: true, logprobs: 1 });
  return {
    maxLength,
    async predict(tokens) {
      if (sendsIds) return parseIdEcho(await ask(Array.from(tokens)), tokens.length, tokenizer);
      const text = tokenizer.decode(tokens);
      return aligned(tokens, text, parseEcho(await ask(text), text), tokenizer);
    },
  };
}

/** The predictions after each of so many ids. Throws TypeError when the answer has not one token more. */
export function parseIdEcho(answer: unknown, length: number, tokenizer: Tokenizer): Uint32Array {
  const { tops } = logprobsOf(answer);
  if (tops.length !== length + 1) {
    throw new TypeError(`"logprobs" expected ${length + 1} tokens, got ${tops.length}: does the endpoint add some?`);
  }
  return Uint32Array.from({ length }, (_, i) => {
    const predicted = mostLikely(tops[i + 1]);
    if (predicted !== undefined) return idOf(predicted, tokenizer);
    throw new TypeError(`"top_logprobs[${i + 1}]" expected a token with its log-probability, got none`);
  });
}

/**
 * What the model would have written at each place of a text, from the answer to a request with `echo` and `logprobs`. A place
 * counts only where the answer's tokens show that exactly the text before it was read: the token before it stands there
 * and ends there. Throws TypeError for an answer of another form, naming the field.
 *
 * @example
 * parseEcho({ choices: [{ logprobs: { tokens: ['a', ' b'], text_offset: [0, 1], top_logprobs: [null, { ' c': -0.1 }] } }] }, 'a b');
 * // Map { 1 => ' c' }
 */
export function parseEcho(answer: unknown, text: string): TextPredictions {
  const { tokens, offsets, tops } = logprobsOf(answer);
  const starts = startsOfCharacters(text);
  const predictions = new Map<number, string>();
  for (let i = 1; i < tokens.length; i++) {
    const [before, token, at] = [starts[offsets[i - 1] as number], tokens[i - 1], starts[offsets[i] as number]];
    if (typeof token !== 'string' || before === undefined || at === undefined) continue;
    if (!text.startsWith(token, before) || before + token.length !== at) continue;
    const predicted = mostLikely(tops[i]);
    if (predicted !== undefined) predictions.set(at, predicted);
  }
  return predictions;
}

function logprobsOf(answer: unknown) {
  const logprobs = (answer as Answer)?.choices?.[0]?.logprobs;
  const tokens = list(logprobs?.tokens, 'tokens');
  const offsets = list(logprobs?.text_offset, 'text_offset');
  const tops = list(logprobs?.top_logprobs, 'top_logprobs');
  if (offsets.length === tokens.length && tops.length === tokens.length) return { tokens, offsets, tops };
  throw new TypeError(
    `"logprobs" expected lists of one length, got ${tokens.length}, ${offsets.length}, ${tops.length}`,
  );
}

interface Answer {
  readonly choices?: readonly { readonly logprobs?: Record<string, unknown> | null }[];
}

function list(value: unknown, name: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new TypeError(
    `"choices[0].logprobs.${name}" expected an array, got ${show(value)}: does the endpoint have echo?`,
  );
}

/** Offsets count characters (code points); strings here count UTF-16 units. The last is the end of the text. */
function startsOfCharacters(text: string): number[] {
  const starts = [0];
  for (const character of text) starts.push(starts[starts.length - 1] + character.length);
  return starts;
}

function mostLikely(top: unknown): string | undefined {
  if (typeof top !== 'object' || top === null) return undefined;
  let best: string | undefined;
  let most = Number.NEGATIVE_INFINITY;
  for (const [token, logprob] of Object.entries(top)) {
    if (typeof logprob === 'number' && logprob > most) [best, most] = [token, logprob];
  }
  return best;
}
