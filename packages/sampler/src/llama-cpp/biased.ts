/**
 * Adapter for node-llama-cpp (3.x), the engine's choice: green lists go in as a token bias, the engine samples.
 * For those who need the engine's own grammar, penalties or min-p; otherwise `generateMarked` takes every mark.
 *
 * What that engine does, and what follows (read in 3.22.1, `TokenBias.js` and `AddonSampler.cpp`):
 * - The bias comes first of all samplers, before the temperature: `pre-temperature`.
 * - Top-k, top-p and min-p come before the temperature, too, so the same topP keeps other tokens than it does in
 *   `generateMarked` at the same temperature.
 * - It takes a bias token by token, not for the row: a step costs a Map entry for each green token.
 * - It drops a bias on tokens that end the text: ends are never favoured.
 * - Without a temperature it is greedy, and without a seed it takes the clock's; so both are given to it.
 * - A token predictor would ask for the bias of tokens that are guessed, in a context that is not theirs; it is refused.
 * @module
 */
import { checkInteger, type Mark } from '@taggant/core';
import { type LlamaContextSequence, type SequenceEvaluateOptions, type Token, TokenBias } from 'node-llama-cpp';
import { type HookOptions, MarkHook } from '../hook.ts';
import { biasOf, refuseDistributionMarks } from '../marks.ts';
import { nonEmpty, vocabSizeOf } from './marked.ts';

/** The engine draws: its truncation goes into `sampling`. */
export interface BiasedOptions extends Pick<HookOptions, 'temperature' | 'dedup'> {
  /** How many tokens at most: 1 to 2^20. */
  readonly maxTokens: number;
  /** Seed of the engine's sampler, 0 to 2^32 - 1. */
  readonly seed: number;
  /** Other settings of the engine's sampler. Default: `{ topK: 0, topP: 1 }`, no truncation. */
  readonly sampling?: Omit<SequenceEvaluateOptions, 'temperature' | 'seed' | 'tokenBias' | 'yieldEogToken'>;
}

/**
 * Continues a sequence with tokens that the engine draws under a green list's bias, until the model ends the text. Throws
 * RangeError for distribution marks, and as `generateMarked` does.
 *
 * @example
 * const options = { maxTokens: 200, seed: 1, temperature: 0.7 };
 * for await (const token of generateBiased(sequence, model.tokenize('Once'), mark, options)) show(token);
 */
export async function* generateBiased(
  sequence: LlamaContextSequence,
  prompt: ArrayLike<number>,
  marks: Mark | readonly Mark[],
  { maxTokens, seed, temperature = 1, sampling, ...options }: BiasedOptions,
): AsyncGenerator<Token, void, void> {
  checkInteger(maxTokens, 'maxTokens', 1, 2 ** 20);
  const input = nonEmpty(prompt);
  refuseDistributionMarks(marks, '; see generateMarked');
  if (sequence.tokenPredictor !== undefined) {
    throw new RangeError('"sequence" expected no token predictor: a bias is that of one context');
  }
  const { model } = sequence;
  const vocabSize = vocabSizeOf(model);
  const hook = new MarkHook(marks, { ...options, temperature, vocabSize });
  const state = hook.start([...sequence.contextTokens, ...input]);
  const row = new Float32Array(vocabSize);
  const steps = sequence.evaluate(input, {
    topK: 0,
    topP: 1,
    ...sampling,
    temperature,
    seed: checkInteger(seed, 'seed', 0, 2 ** 32 - 1),
    tokenBias: () => tokenBiasOf(biasOf(hook, state, row), TokenBias.for(model)),
  });
  let left = maxTokens;
  for await (const token of steps) {
    state.push(token);
    yield token;
    if (--left === 0) return;
  }
}

/** Tokens by bias, because the engine takes a list of tokens for each. */
function tokenBiasOf(row: Float32Array, bias: TokenBias): TokenBias {
  const tokensOf = new Map<number, Token[]>();
  for (let v = 0; v < row.length; v++) {
    if (row[v] === 0) continue;
    const tokens = tokensOf.get(row[v]);
    if (tokens === undefined) tokensOf.set(row[v], [v as Token]);
    else tokens.push(v as Token);
  }
  for (const [logit, tokens] of tokensOf) bias.set(tokens, { logit });
  return bias;
}
