/** What a log says of one served response: the tokens, how they were asked for, and how likely they were. @module */
import { kindOf } from '@taggant/core/fields';

/** How a response was asked for; what the log does not say is left out. */
export interface ServedSettings {
  /** False: the request opted out of the mark. */
  readonly watermark?: boolean;
  readonly temperature?: number;
  readonly topP?: number;
  /** 0 or below: no limit, as engines have it. */
  readonly topK?: number;
  readonly minP?: number;
  /** Beams of a beam search; 1 is none. */
  readonly beams?: number;
  /** Speculative decoding: accepted drafts may be unmarked. */
  readonly speculative?: boolean;
  /**
   * Penalties, a logit bias or a grammar changed the distribution: raw log-probabilities do not tell what was drawn
   * from.
   */
  readonly reshaped?: boolean;
}

/** One response. Its token ids say more than its text tokenized again; one of the two is needed. */
export interface ServedResponse {
  /** Its own: a response of an id that came before is not counted. */
  readonly id: string;
  readonly tokens?: ArrayLike<number>;
  readonly text?: string;
  /** The ids of the prompt as the model saw it: they give the first tokens their context. */
  readonly prompt?: ArrayLike<number>;
  /** The traffic class that it is counted under: a route, a tier, a model. */
  readonly class?: string;
  readonly settings?: ServedSettings;
  /** ln p of each token. */
  readonly logprobs?: ArrayLike<number>;
  /** For each token, ln p of the likeliest tokens at its position, the chosen one among them or not. */
  readonly top?: ArrayLike<ArrayLike<number>>;
  /** Entropy in nats at each position, of the distribution that was drawn from. */
  readonly entropies?: ArrayLike<number>;
}

/** ln p of a token. What else it got is not shown: it may be text. */
export function checkLnP(value: unknown, name: string): number {
  const isNumber = typeof value === 'number';
  // float32 sums give a little more than 0.
  if (isNumber && Number.isFinite(value) && value <= 1e-3) return Math.min(0, value);
  const got = isNumber ? (value > 0 ? 'a number above 0' : String(value)) : kindOf(value);
  throw new RangeError(`"${name}" expected a log-probability, got ${got}`);
}

/** A way of decoding that leaves a mark out. */
export type Exemption = 'opted-out' | 'beam' | 'greedy';

/**
 * What in the settings keeps this response from being marked as others are; undefined if nothing does. vLLM takes a
 * temperature below 1e-5 for greedy decoding (`_SAMPLING_EPS`).
 */
export function exemptionOf({ watermark, beams = 1, temperature, topK }: ServedSettings): Exemption | undefined {
  if (watermark === false) return 'opted-out';
  if (beams > 1) return 'beam';
  return topK === 1 || (temperature !== undefined && temperature < GREEDY_BELOW) ? 'greedy' : undefined;
}

const GREEDY_BELOW = 1e-5;
