/** Is there a choice at all: does one prompt have more than one text? @module */
import type { Sample } from '../sample.ts';
import type { Check, Texts } from './check.ts';
import { shareResult } from './share.ts';

/**
 * Texts of the same prompts with other seeds, `again`, must not be the same as before for more than half of the prompts: where they
 * are, the deployment decodes greedily (or ignores its seeds), whatever its settings say. For marks that add a bias; one that draws
 * the token repeats itself by design.
 */
export function choiceCheck(again: () => readonly Sample[]): Check {
  const [id, title] = ['choice', 'prompts with the same text under another seed'];
  return {
    id,
    title,
    look({ marked }: Texts, levels) {
      const before = new Map(marked.map((sample) => [sample.id, sample]));
      const pairs = again().flatMap((sample) => {
        const other = before.get(sample.id);
        return other === undefined || other.tokens.length < LEAST_TOKENS ? [] : [[sample, other] as const];
      });
      const found = pairs.filter(([a, b]) => a.tokens.join() === b.tokens.join()).length;
      const counted = { id, title, found, n: pairs.length, of: 'prompts', expected: { most: 0.5 } };
      const result = shareResult(counted, levels);
      if (result.outcome !== 'failed') return result;
      return { ...result, message: `${result.message}: decoding is greedy, or seeds are ignored` };
    },
  };
}

/** Shorter ones may well be the same by chance. */
const LEAST_TOKENS = 16;
