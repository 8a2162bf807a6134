/** What log-probabilities tell of greedy decoding, where the settings do not, or say something else. @module */
import { finalProbability, SAME } from './final-probability.ts';
import type { ServedResponse } from './served.ts';

/**
 * ln of at most the chance that sampling takes the likeliest token at every position, given that it did; undefined
 * where it did not, or where the log does not hold the likeliest. Without a temperature in the settings it is for
 * temperature 1: what is ruled out then is sampling at 1 or above.
 *
 * Beam search cannot be told so: it picks unlikely tokens, too, and not the way that sampling does.
 */
export function lnChanceIfSampled({ logprobs, top, settings = {} }: Omit<ServedResponse, 'id'>): number | undefined {
  if (logprobs === undefined || top === undefined) return undefined;
  const { temperature = 1, topK = 0, reshaped } = settings;
  // Behind a penalty or a grammar the likeliest token need not be the likeliest of the raw ones.
  if (reshaped || topK === 1 || !(temperature > 0)) return undefined;
  let lnChance = 0;
  for (let i = 0; i < logprobs.length; i++) {
    if (top[i].length === 0 || logprobs[i] < Math.max(...Array.from(top[i])) - SAME) return undefined;
    const between = finalProbability(logprobs[i], { ...settings, temperature }, top[i]);
    lnChance += Math.log(between?.[1] ?? 1);
  }
  return lnChance;
}
