/**
 * Adapter for web-llm (`@mlc-ai/web-llm` 0.2.x): a logit processor for `new MLCEngine({ logitProcessorRegistry })`.
 *
 * What that engine does, and what follows (read in 0.2.86, `LLMChatPipeline`):
 * - It passes rows and sampled tokens, never the prompt. So the first `contextWidth` tokens of a text stay unmarked, and
 *   with `resetState`, which `resetChat` calls, the context begins anew. Without a reset the next answer is marked from
 *   its first token on, in the context of the answer before: read alone, it loses those first pairs.
 * - A processor runs after a grammar's mask and before `logit_bias`, penalties, temperature and `top_p`:
 *   `pre-temperature`. With green lists the engine goes on to sample as it was told to.
 * - A distribution mark needs the final distribution, so temperature and truncation are this adapter's options, the
 *   token is drawn here, and what the engine gets is a row that leaves it no choice. Its own `logit_bias`, penalties,
 *   temperature and `top_p` then change nothing.
 * - It divides by the temperature on the GPU, where infinities are not safe: tokens that are out get a finite logit.
 * - `CreateWebWorkerMLCEngine` ignores the registry; set it on the handler inside the worker.
 * @module
 */
import type { Mark } from '@taggant/core';
import { drawToken } from './draw.ts';
import { type HookOptions, MarkHook } from './hook.ts';
import { anyActs } from './marks.ts';
import type { Sequence } from './sequence.ts';

/** web-llm's `LogitProcessor`, with a count of what was marked. */
export interface MarkedLogitProcessor {
  /** Marks one row in place and gives it back. Throws RangeError as `MarkHook.processLogits` does. */
  processLogits(logits: Float32Array): Float32Array;
  /** Takes the token that the engine drew. */
  processSampledToken(token: number): void;
  /** Begins a new text. */
  resetState(): void;
  /** The steps of the text since the last reset. */
  readonly steps: Readonly<Sequence['steps']>;
}

/** The hook's options; what the request says of temperature and truncation changes nothing where the token is drawn here. */
export interface MarkedLogitProcessorOptions extends Omit<HookOptions, 'stage'> {
  /**
   * Uniform numbers in [0, 1), one a step: the token is drawn here. Needed for distribution marks and for truncation;
   * without it the engine draws.
   */
  readonly random?: () => number;
}

/**
 * A processor for one model; it marks one text at a time, as the engine generates. Throws TypeError where it has to draw
 * and there is no `random`.
 *
 * @example
 * const processor = markedLogitProcessor(mark);
 * const engine = new MLCEngine({ logitProcessorRegistry: new Map([[modelId, processor]]) });
 */
export function markedLogitProcessor(
  marks: Mark | readonly Mark[],
  { random, temperature = 1, ...options }: MarkedLogitProcessorOptions = {},
): MarkedLogitProcessor {
  const hook = new MarkHook(marks, { ...options, temperature });
  const { topK = 0, topP = 1 } = options;
  const truncates = topK > 0 || topP < 1;
  if (random === undefined && (truncates || anyActs(marks, 'distribution'))) {
    throw new TypeError('"random" expected a function: a distribution mark or a truncation needs the draw here');
  }
  let sequence = hook.start();
  return {
    processLogits(logits) {
      hook.processLogits(logits, [sequence]);
      if (random === undefined) return logits;
      const token = drawToken(logits, temperature, random);
      logits.fill(OUT);
      logits[token] = 0;
      return logits;
    },
    processSampledToken(token) {
      sequence.push(token);
    },
    resetState() {
      sequence = hook.start();
    },
    get steps() {
      return sequence.steps;
    },
  };
}

/** Out of reach of penalties and biases, and finite after division by the engine's least temperature, 1e-6. */
const OUT = -1e9;
