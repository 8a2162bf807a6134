/** Texts with and without a mark, small and always the same. */
import { type Mark, openMark, Secret } from '@taggant/core';
import { detectTokens } from '@taggant/detector';
import type { ReportText } from '@taggant/report';
import { largestToken } from '@taggant/sampler';
import { tinyLmTokenizer } from '@taggant/tiny-lm';

export const tokenizer = tinyLmTokenizer();
export const secret = Secret.fromBytes(Uint8Array.from({ length: 32 }, (_, i) => 7 * i + 1));
export const marks = (['greenlist', 'gumbel', 'tournament'] as const).map((scheme) =>
  openMark({ scheme, tokenizer: tokenizer.id }, secret),
);
export const [greenlist, gumbel, tournament] = marks;

/** Numbers in [0, 1), seeded. */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A text by a model that knows nothing: every token equally likely, then marked. */
export function markedTokens(mark: Mark, length: number): Uint32Array {
  const next = random(5);
  const tokens: number[] = [11, 12, 13, 14];
  while (tokens.length < length) {
    const logits = Float32Array.from({ length: tokenizer.id.vocabSize }, () => -Math.log(-Math.log(next())));
    mark.apply(Uint32Array.from(tokens.slice(-4)), logits);
    tokens.push(largestToken(logits));
  }
  return Uint32Array.from(tokens);
}

export function reportText(text: string | Uint32Array, mark: Mark, title = 'A text'): ReportText {
  const tokens = typeof text === 'string' ? tokenizer.encode(text) : text;
  return { title, tokens, decode: tokenizer.decode, detection: detectTokens(tokens, mark, { details: true }) };
}

/** The text of each heat map, as a browser would give it. */
export function heatMaps(page: string): string[] {
  const maps = [...page.matchAll(/<div class="heat[^>]*>(.*?)<\/div>/gs)];
  return maps.map(([, inner]) => unescaped(inner.replace(/<[^>]*>/g, '')));
}

export const unescaped = (text: string): string =>
  text.replace(/&(?:lt|gt|quot|amp|#39|#13);/g, (entity) => CHARACTERS[entity]);

const CHARACTERS: Record<string, string> = {
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&amp;': '&',
  '&#39;': "'",
  '&#13;': '\r',
};
