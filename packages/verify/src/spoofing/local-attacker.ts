/** An attacker with a model on its own machine, through transformers.js. @module */
import type { Mark, Tokenizer } from '@taggant/core';
import type { LocalModel } from '@taggant/sampler/local-model';
import { markedGeneration, plainGeneration } from '@taggant/sampler/transformers';
import { referenceOf } from '../deployments/local-model.ts';
import type { Attacker } from './attacker.ts';

export interface LocalAttackerOptions {
  /** Default 1. */
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  /** Never ends a text early. Default false. */
  readonly ignoreEnd?: boolean;
}

/**
 * A batch is drawn from the seed of its first request.
 *
 * @example
 * const attacker = localAttacker(await openLocalModel(tinyLmFolder), tinyLmTokenizer());
 */
export function localAttacker(
  model: LocalModel,
  tokenizer: Tokenizer,
  { ignoreEnd = false, ...sampling }: LocalAttackerOptions = {},
): Attacker {
  return {
    tokenizer,
    reference: referenceOf(model),
    async write(requests, bias) {
      const prompts = requests.map(({ prompt }) => tokenizer.encode(prompt));
      const [{ maxTokens, seed }] = requests;
      // The hook asks no more of a mark on logits than a bias has.
      const settings = bias === undefined ? plainGeneration(sampling) : markedGeneration(bias as Mark, sampling);
      const ids = await model.generate(prompts, { maxNewTokens: maxTokens, seed, settings, ignoreEnd });
      return ids.map((tokens, i) => ({ tokens, text: tokenizer.decode(tokens), promptTokens: prompts[i] }));
    },
  };
}
