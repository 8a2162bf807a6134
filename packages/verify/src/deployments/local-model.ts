/** A model on this machine as a deployment, through our own sampler and transformers.js. @module */
import type { Mark, Tokenizer } from '@taggant/core';
import type { GenerationDedup } from '@taggant/sampler';
import { type LocalModel, openLocalModel } from '@taggant/sampler/local-model';
import { markedGeneration, plainGeneration } from '@taggant/sampler/transformers';
import type { Reference } from '../measures/quality.ts';
import { type Deployment, wholeOf } from '../sample.ts';

export interface LocalDeploymentOptions {
  readonly name?: string;
  /** Default 1. */
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly dedup?: GenerationDedup;
  /** Never ends a text early. Default false. */
  readonly ignoreEnd?: boolean;
}

/** A deployment that has to be given back. */
export interface LocalDeployment extends Deployment {
  /** The model's own ln p, for the cost in perplexity. */
  readonly reference: Reference;
  dispose(): Promise<void>;
}

/**
 * Opens a folder in the layout of transformers.js. A batch is drawn from the seed of its first request, so the same requests
 * give the same texts.
 *
 * @example
 * const deployment = await openLocalDeployment(tinyLmFolder, mark, tinyLmTokenizer());
 */
export async function openLocalDeployment(
  folder: string,
  marks: Mark | readonly Mark[],
  tokenizer: Tokenizer,
  { name = folder, temperature = 1, topK = 0, topP = 1, dedup, ignoreEnd }: LocalDeploymentOptions = {},
): Promise<LocalDeployment> {
  const model = await openLocalModel(folder);
  const sampling = { temperature, topK, topP };
  return {
    name,
    async write(requests) {
      const promptTokens = requests.map(({ prompt }) => tokenizer.encode(prompt));
      const [{ marked, maxTokens, seed }] = requests;
      const settings = marked ? markedGeneration(marks, { ...sampling, dedup }) : plainGeneration(sampling);
      const ids = await model.generate(promptTokens, { maxNewTokens: maxTokens, seed, settings, ignoreEnd });
      return ids.map((tokens, i) => ({
        tokens,
        text: tokenizer.decode(tokens),
        promptTokens: promptTokens[i],
      }));
    },
    reference: referenceOf(model),
    dispose: () => model.dispose(),
  };
}

/** A local model's ln p of texts, each after its prompt. */
export function referenceOf(model: LocalModel): Reference {
  return async (samples) => {
    const all: Float64Array[] = [];
    for (const sample of samples) {
      const lnP = await model.lnProbabilities(wholeOf(sample).subarray(-model.maxLength));
      all.push(lnP.subarray(Math.max(0, lnP.length - sample.tokens.length)));
    }
    return all;
  };
}
