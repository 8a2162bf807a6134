/** Texts that were written already. @module */
import { seededRandom } from '../random.ts';
import type { Deployment, TextReply } from '../sample.ts';

/**
 * A deployment's outputs: marked ones, and unmarked ones where there are any. Prompts and seeds are what they were. They are read in
 * an order drawn from `seed` (default 1): the order of a file may have to do with what stands in it, and what is compared in pairs
 * must not hang on that.
 */
export function outputsDeployment(
  name: string,
  { marked, unmarked = [] }: { readonly marked: readonly TextReply[]; readonly unmarked?: readonly TextReply[] },
  seed = 1,
): Deployment {
  const random = seededRandom(seed);
  const [ofMarked, ofUnmarked] = [shuffled(marked, random), shuffled(unmarked, random)];
  return {
    name,
    texts: unmarked.length === 0 ? marked.length : Math.min(marked.length, unmarked.length),
    writesUnmarked: unmarked.length > 0,
    heedsSeeds: false,
    write: async (requests) =>
      requests.map(({ id, marked: wanted }) => {
        const reply = (wanted ? ofMarked : ofUnmarked)[Number(id)];
        if (reply === undefined) throw new RangeError(`${name} cannot be asked for more than it holds`);
        // The prompt of the request is not this text's.
        return { ...reply, promptTokens: reply.promptTokens ?? [] };
      }),
  };
}

/** Fisher and Yates. */
function shuffled<T>(values: readonly T[], random: () => number): T[] {
  const all = [...values];
  for (let i = all.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [all[i], all[j]] = [all[j], all[i]];
  }
  return all;
}
