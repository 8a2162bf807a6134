/**
 * Adapter for node-llama-cpp (3.x), our choice: the engine evaluates, the hook marks, and the token is drawn here.
 *
 * What that engine does, and what follows (read in 3.22.1, `LlamaContext.js` and `AddonContext.cpp`):
 * - Its logits come after its own samplers, whose defaults are topK 40 and topP 0.95; with temperature 0, topK 0 and
 *   topP 1 they are the model's own, all of them. So the rows here are `pre-temperature`.
 * - They come as a Map, an entry a token, which costs more than marking them. Where top-k comes before all marks, no
 *   more than the k largest are asked for.
 * - `evaluateWithMetadata` ends when the engine's own draw, which is not ours, ends the text; `controlledEvaluate` draws
 *   nothing. A token predictor of the sequence is not used.
 * - The chat and completion classes buffer tokens, so that a mark would read a context that has passed. Hence sequences.
 * - When a context is full the engine forgets its beginning; the mark's context is kept here and does not change.
 * @module
 */
import { checkInteger, checkTokens, type Mark } from '@taggant/core';
import type { LlamaContextSequence, LlamaModel, Token } from 'node-llama-cpp';
import { drawToken } from '../draw.ts';
import { type HookOptions, MarkHook } from '../hook.ts';
import { anyActs } from '../marks.ts';

/** The hook's options, and what the loop needs. */
export interface MarkedOptions extends Omit<HookOptions, 'stage' | 'vocabSize'> {
  /** How many tokens at most: 1 to 2^20. */
  readonly maxTokens: number;
  /** Uniform numbers in [0, 1), one a step. Not asked at temperature 0. */
  readonly random: () => number;
}

/**
 * Continues a sequence with marked tokens, until the model ends the text. `prompt` follows what the sequence holds
 * already; the last token yielded is not evaluated, so it belongs to the next prompt. Throws RangeError for options out of
 * range, a prompt without tokens, and marks for a vocabulary of another size.
 *
 * @example
 * const sequence = context.getSequence();
 * for await (const token of generateMarked(sequence, model.tokenize('Once'), mark, { maxTokens: 200, random })) show(token);
 */
export async function* generateMarked(
  sequence: LlamaContextSequence,
  prompt: ArrayLike<number>,
  marks: Mark | readonly Mark[],
  { maxTokens, random, temperature = 1, topK = 0, topP = 1, ...options }: MarkedOptions,
): AsyncGenerator<Token, void, void> {
  checkInteger(maxTokens, 'maxTokens', 1, 2 ** 20);
  let input = nonEmpty(prompt);
  const vocabSize = vocabSizeOf(sequence.model);
  const hook = new MarkHook(marks, { ...options, temperature, topK, topP, vocabSize });
  const state = hook.start([...sequence.contextTokens, ...input]);
  const fetched = anyActs(marks, 'logits') ? 0 : topK;
  const row = new Float32Array(vocabSize);
  for (let step = 0; step < maxTokens; step++) {
    const logits = await nextLogits(sequence, input, fetched);
    row.fill(Number.NEGATIVE_INFINITY);
    for (const [token, logit] of logits) row[token] = logit;
    hook.processLogits(row, [state]);
    const token = drawToken(row, temperature, random) as Token;
    if (sequence.model.isEogToken(token)) return;
    state.push(token);
    yield token;
    input = [token];
  }
}

/** @internal */
export function nonEmpty(prompt: ArrayLike<number>): Token[] {
  if (prompt.length > 0) return [...checkTokens(prompt, 'prompt')] as Token[];
  throw new RangeError('"prompt" expected at least one token, got none');
}

/** @internal The width of a row. */
export function vocabSizeOf({ fileInfo }: LlamaModel): number {
  return fileInfo.metadata.tokenizer.ggml.tokens.length;
}

/** The model's own logits for the token after these: the so many largest, or, at 0, all of them. */
async function nextLogits(sequence: LlamaContextSequence, tokens: readonly Token[], largest: number) {
  const generateNext = {
    logits: largest > 0 ? { filter: { tokens: [], includeTop: largest } } : true,
    options: { temperature: 0, topK: 0, topP: 1 },
  };
  const outputs = await sequence.controlledEvaluate([
    ...tokens.slice(0, -1),
    [tokens[tokens.length - 1], { generateNext }],
  ]);
  return outputs[tokens.length - 1]!.next.logits!;
}
