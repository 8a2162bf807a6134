/** How strong the marked responses of a deployment are, measured on some that are known to be marked. @module */
import { checkFinite, type Mark } from '@taggant/core';
import { detectTokens, nullMoments } from '@taggant/detector';
import type { StrengthRange } from './token-strength.ts';

/**
 * The range in which a marked response's mean score per context lies, of responses like these: a new one falls below
 * `least` with probability at most `outside`, and above `most` too, if it is exchangeable with them (order statistics).
 *
 * So a marked response is called unmarked, and one that is eligible missed, with a chance of at most outside + beta, and
 * not of beta alone: to ask for more than a share of 1 - outside - beta may fail a deployment that marks everything.
 *
 * Take responses of one traffic class that are known to be marked, each of them, found or not. Those that an audit has
 * found in the traffic itself will not do: what is found is stronger than what is marked, and a range from it makes
 * sure texts look unmarked.
 *
 * @example
 * const code = measureStrength(markedCode, mark); // at least 19 responses, at 5 %
 * auditCoverage(traffic, mark, { strengths: { code } });
 */
export function measureStrength(
  responses: Iterable<{ readonly tokens: ArrayLike<number>; readonly prompt?: ArrayLike<number> }>,
  mark: Mark,
  { outside = 0.05 }: { readonly outside?: number } = {},
): StrengthRange {
  if (!(checkFinite(outside, 'outside') > 0 && outside < 0.5)) {
    throw new RangeError(`"outside" expected a number in (0, 0.5), got ${outside}`);
  }
  if (mark.contextWidth === 0) {
    throw new RangeError('"mark" expected one whose contexts differ, got context 0: no score per context can be told');
  }
  const means: number[] = [];
  let [squares, pairs] = [0, 0];
  for (const { tokens, prompt } of responses) {
    const { n, score, details } = detectTokens(tokens, mark, { prompt, dedup: 'context', details: true });
    if (n === 0) continue;
    means.push(score / n);
    for (const one of details?.scores ?? []) squares += (one - score / n) ** 2;
    pairs += n;
  }
  const needed = Math.ceil(1 / outside) - 1;
  if (means.length < needed) {
    throw new RangeError(`"responses" expected at least ${needed} with a scored context, got ${means.length}`);
  }
  means.sort((a, b) => a - b);
  const at = Math.floor(outside * (means.length + 1)) - 1;
  const none = nullMoments(mark.law).mean;
  const variance = squares / Math.max(1, pairs - means.length);
  return {
    least: { mean: Math.max(none, means[at]), variance },
    most: { mean: Math.max(none, means[means.length - 1 - at]), variance },
  };
}
