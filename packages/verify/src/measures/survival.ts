/** What is left of the mark after an attack. @module */
import type { Mark, Tokenizer } from '@taggant/core';
import { detectTokens, formatAlpha } from '@taggant/detector';
import type { Attack } from '../attacks/attack.ts';
import { seededRandom, seedOf } from '../random.ts';
import type { Sample } from '../sample.ts';
import type { Measure } from './measure.ts';

export interface SurvivalOptions {
  readonly tokens: number;
  readonly alpha: number;
  readonly seed: number;
}

/**
 * Is the text found after the attack? It is cut to its first `tokens` tokens, attacked as text, and tokenized again, without its prompt: whoever
 * finds it has none. Texts that are shorter do not count.
 */
export function survival(
  attack: Attack,
  mark: Mark,
  tokenizer: Tokenizer,
  { tokens, alpha, seed }: SurvivalOptions,
): Measure {
  const id = `survival/${attack.id}/${tokens}@${formatAlpha(alpha)}`;
  return {
    id,
    title: `found at p <= ${formatAlpha(alpha)}, ${tokens} tokens, after ${attack.id}`,
    of: 'marked',
    worse: 'lower',
    isShare: true,
    attacked: { attack: attack.name, ...(attack.rate === undefined ? {} : { rate: attack.rate }), tokens, alpha },
    measure: (samples) => inOrder(samples, attack.concurrency ?? 1, isFound),
  };

  async function isFound(sample: Sample): Promise<number | undefined> {
    if (sample.tokens.length < tokens) return undefined;
    const text = tokenizer.decode(sample.tokens.subarray(0, tokens));
    const attacked = await attack.apply(text, seededRandom(seedOf(seed, `${id} ${sample.id}`)));
    const { lnP } = detectTokens(tokenizer.encode(attacked), mark, { alpha });
    return Number(lnP <= Math.log(alpha));
  }
}

/** Several at a time, the results in the order of the items. After the first error none is begun. */
async function inOrder<T, R>(items: readonly T[], concurrency: number, act: (item: T) => Promise<R>): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  const work = async () => {
    while (next < items.length) {
      const i = next++;
      results[i] = await act(items[i]);
    }
  };
  const stop = (error: unknown) => {
    next = items.length;
    throw error;
  };
  await Promise.all(Array.from({ length: concurrency }, () => work().catch(stop)));
  return results;
}
