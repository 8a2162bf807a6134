/**
 * Marks for hosted models that take an OpenAI-style `logit_bias`: a fixed green list, sent with every request.
 *
 * What such a service does, and what follows:
 * - The bias is added to the logits before sampling: `pre-temperature`. It lies between -100 and 100.
 * - It is the same at every step, so only a green list of context width 0 can be sent. One list for all contexts is
 *   easier to learn from marked texts, and to forge or remove, than lists that change with the context; and a text
 *   counts each token once, so it carries less evidence.
 * - Services limit the number of entries (OpenAI took 300 in 2023). A map that is cut favours fewer tokens, so less is
 *   found; but the test stays exact, because a text written without the key is green or not by the key's draw alone,
 *   whichever tokens were sent.
 * @module
 */
import { checkInteger, checkTokens, type Mark, TOKEN_LIMIT } from '@taggant/core';
import { type HookOptions, MarkHook } from './hook.ts';
import { biasOf, listOf, refuseDistributionMarks } from './marks.ts';

/** `temperature` is that of the request: it matters for marks that were meant for after it. */
export interface LogitBiasOptions extends Pick<HookOptions, 'temperature' | 'vocabSize'> {
  /** How many entries the service accepts, 1 or more. Default: all green tokens. */
  readonly maxEntries?: number;
  /**
   * Which tokens to favour first, such as the most frequent of a corpus; others are left out. Default: by rising id,
   * which in a byte-pair vocabulary is the order in which tokens were merged, frequent ones early.
   */
  readonly tokens?: ArrayLike<number>;
}

/**
 * The `logit_bias` of a request: token id to bias in nats, above 0 and at most 100, for the green tokens. Marks have to be
 * green lists of context width 0; several add up. Throws RangeError for other marks, for a larger bias, and where neither
 * the marks nor the options say how many tokens there are.
 *
 * @example
 * const mark = openMark({ scheme: 'greenlist', contextWidth: 0, tokenizer: tokenizer.id }, secret);
 * const body = { prompt, max_tokens: 200, logit_bias: logitBias(mark, { maxEntries: 300 }) };
 */
export function logitBias(
  marks: Mark | readonly Mark[],
  { maxEntries = TOKEN_LIMIT, tokens, ...options }: LogitBiasOptions = {},
): Record<string, number> {
  checkInteger(maxEntries, 'maxEntries', 1, TOKEN_LIMIT);
  refuseDistributionMarks(marks);
  refuseListsThatChange(marks);
  const hook = new MarkHook(marks, options);
  if (hook.vocabSize === undefined) {
    throw new RangeError('"vocabSize" expected the number of tokens: name it, or the tokenizer of the mark');
  }
  const row = biasOf(hook, hook.start(), new Float32Array(hook.vocabSize));
  const order = tokens === undefined ? row.keys() : checkTokens(tokens, 'tokens', hook.vocabSize);
  const bias: Record<string, number> = {};
  let entries = 0;
  for (const token of new Set(order)) {
    if (row[token] === 0) continue;
    if (entries++ === maxEntries) break;
    if (row[token] > LARGEST) throw new RangeError(`"logit_bias" expected at most ${LARGEST}, got ${row[token]}`);
    bias[token] = row[token];
  }
  return bias;
}

function refuseListsThatChange(marks: Mark | readonly Mark[]): void {
  for (const { contextWidth } of listOf(marks)) {
    if (contextWidth === 0) continue;
    throw new RangeError(`"contextWidth" expected 0, as one bias serves all steps of a request, got ${contextWidth}`);
  }
}

/** Of what services take, in nats. */
const LARGEST = 100;
