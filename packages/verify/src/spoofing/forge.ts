/**
 * Forgeries: a model of the attacker's own, biased towards what a stolen table favours (Jovanovic et al. 2024, section
 * 5).
 * @module
 */
import { checkFinite, type Mark } from '@taggant/core';
import { type Sample, wholeOf } from '../sample.ts';
import type { StolenTable } from './learn.ts';

/** As much of a mark as a hook uses to write. It has no key, and finds nothing. */
export type Bias = Pick<Mark, 'descriptor' | 'title' | 'acts' | 'contextWidth' | 'apply'>;

/**
 * Adds up to `strength` nats to the logits of favoured tokens.
 *
 * @example
 * const settings = markedGeneration(forger(table, { strength: 4 }) as Mark);
 */
export function forger(table: StolenTable, { strength }: { readonly strength: number }): Bias {
  if (checkFinite(strength, 'strength') < 0) {
    throw new RangeError(`"strength" expected a number of at least 0, got ${strength}`);
  }
  return {
    descriptor: { mark: 'stolen' },
    title: `stolen table, context ${table.contextWidth}, ${strength} nats`,
    acts: 'logits',
    contextWidth: table.contextWidth,
    apply(context, logits, scale = 1) {
      table.boosts(context, (token, boost) => {
        logits[token] += strength * scale * boost;
      });
    },
  };
}

/** The attacker's own measure of a forgery: boosts of its pairs, each pair once, as a detector counts. */
export function stolenScore(sample: Sample, table: StolenTable): number {
  const { contextWidth } = table;
  const all = wholeOf(sample);
  const seen = new Set<string>();
  let sum = 0;
  for (let i = Math.max(sample.prompt.length, contextWidth); i < all.length; i++) {
    const key = all.subarray(i - contextWidth, i + 1).join(' ');
    if (seen.has(key)) continue;
    seen.add(key);
    table.boosts(all.subarray(i - contextWidth, i), (token, boost) => {
      if (token === all[i]) sum += boost;
    });
  }
  return sum;
}
