/**
 * The emoji trick without a model that follows instructions: a mark that sees a filler behind every k-th token, a model
 * that does not, and a reply from which the fillers are gone. The model writes as well as ever, as one that is told to
 * would; the mark hangs on contexts that nobody sees. For transformers.js.
 * @module
 */
import type { Tensor } from '@huggingface/transformers';
import { checkInteger, type Mark, TOKEN_LIMIT } from '@taggant/core';
import { MarkHook } from '@taggant/sampler';
import {
  type MarkedGeneration,
  type MarkedGenerationOptions,
  MarkLogitsProcessor,
  markedGeneration,
} from '@taggant/sampler/transformers';

export interface Fillers {
  /** A filler behind every so many generated tokens, 1 to 1,000. */
  readonly every: number;
  /** The token that stands for the emoji. */
  readonly filler: number;
}

/**
 * The settings of a marked generation whose fillers were stripped: `markedGeneration`, with the mark's contexts as they
 * were before.
 *
 * @example
 * const settings = filledGeneration(mark, {}, { every: 1, filler: 9 });
 * const [ids] = await model.generate([prompt], { maxNewTokens: 200, seed: 1, settings });
 */
export function filledGeneration(
  marks: Mark | readonly Mark[],
  options: Omit<MarkedGenerationOptions, 'doSample'>,
  fillers: Fillers,
): MarkedGeneration {
  const settings = markedGeneration(marks, options);
  const { processors } = settings.logits_processor;
  const at = processors.findIndex((processor) => processor instanceof MarkLogitsProcessor);
  const stage = (options.temperature ?? 1) > 0 ? 'post-temperature' : 'pre-temperature';
  processors[at] = new FilledMarkProcessor(new MarkHook(marks, { ...options, stage }), fillers);
  return settings;
}

/** Shows the mark each row with its fillers. */
class FilledMarkProcessor extends MarkLogitsProcessor {
  readonly #fillers: Fillers;
  /** The engine keeps one array of ids a row and pushes to it; so does this, for the row with fillers. */
  readonly #filled = new WeakMap<bigint[], { readonly ids: bigint[]; readonly prompt: number; seen: number }>();

  constructor(hook: MarkHook, { every, filler }: Fillers) {
    super(hook);
    checkInteger(every, 'every', 1, 1000);
    checkInteger(filler, 'filler', 0, (hook.vocabSize ?? TOKEN_LIMIT) - 1);
    this.#fillers = { every, filler };
  }

  override _call(inputIds: bigint[][], logits: Tensor): Tensor {
    return super._call(
      inputIds.map((ids) => this.#filledRow(ids)),
      logits,
    );
  }

  #filledRow(ids: bigint[]): bigint[] {
    const row = this.#filled.get(ids) ?? { ids: [...ids], prompt: ids.length, seen: ids.length };
    this.#filled.set(ids, row);
    while (row.seen < ids.length) {
      row.ids.push(ids[row.seen++]);
      if ((row.seen - row.prompt) % this.#fillers.every === 0) row.ids.push(BigInt(this.#fillers.filler));
    }
    return row.ids;
  }
}
