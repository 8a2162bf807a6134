/** What all of vLLM's marks read from its `--watermark-config`, or from the arguments of its detectors. @module */
import type { EngineFigures } from '@taggant/core';
import type { Config } from '../config.ts';
import { NO_TOKEN, scoredPositions } from '../scored.ts';

/** vLLM's detector, as far as its marks have it in common. */
export interface VllmDetector {
  /** The positions that it scores, in a text behind `width` missing tokens. */
  positions(text: Uint32Array): number[];
  figures(score: number, pValue: number, n: number): EngineFigures;
}

export interface VllmSettings {
  readonly key: bigint;
  readonly width: number;
  readonly detector: VllmDetector;
}

export const UINT64_MAX = 2n ** 64n - 1n;

/**
 * Reads the fields that all algorithms have. `deduplicate_contexts` is a mode of generation in the engine's configuration,
 * which the hook decides for itself, and a boolean in a detector's.
 */
export function vllmSettings(config: Config, algorithm: string, { width = 4, most = UINT64_MAX } = {}): VllmSettings {
  config.choice('algorithm', [algorithm], algorithm);
  config.choice('prf', ['philox'], 'philox');
  config.ignore('deduplicate_contexts_max_history', 'allow_target_only_watermarking');
  const dedup = config.choiceOrFlag('deduplicate_contexts', ['none', 'single_turn', 'all'], true);
  const threshold = config.number('p_value_threshold', 0, 1, 0.01);
  const contextWidth = config.integer('context_width', 1, 64, width);
  return {
    key: config.key('key', 0n, most),
    width: contextWidth,
    detector: {
      positions: (text) =>
        scoredPositions(text, { first: contextWidth, width: contextWidth, once: dedup === false ? 'all' : 'context' }),
      figures: (score, pValue, n) => ({
        detector: `vLLM ${algorithm} detector`,
        figures: { score, p_value: pValue, num_scored_tokens: n, is_watermarked: pValue <= threshold },
      }),
    },
  };
}

/** A text behind as many missing tokens as a context has: vLLM scores from the first token on and never sees a prompt. */
export function padded(tokens: Uint32Array, width: number): Uint32Array {
  const text = new Uint32Array(width + tokens.length).fill(NO_TOKEN, 0, width);
  text.set(tokens, width);
  return text;
}
