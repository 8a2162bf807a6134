/** Texts that were written already. @module */
import type { Deployment, TextReply } from '../sample.ts';

/** A deployment's outputs: marked ones, and unmarked ones where there are any. Prompts and seeds are what they were. */
export function outputsDeployment(
  name: string,
  { marked, unmarked = [] }: { readonly marked: readonly TextReply[]; readonly unmarked?: readonly TextReply[] },
): Deployment {
  return {
    name,
    texts: unmarked.length === 0 ? marked.length : Math.min(marked.length, unmarked.length),
    writesUnmarked: unmarked.length > 0,
    heedsSeeds: false,
    write: async (requests) =>
      requests.map(({ id, marked: wanted }) => {
        const reply = (wanted ? marked : unmarked)[Number(id)];
        // The prompt of the request is not this text's.
        return { ...reply, promptTokens: reply.promptTokens ?? [] };
      }),
  };
}
