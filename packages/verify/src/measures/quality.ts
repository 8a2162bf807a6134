/** Measures of quality: what a mark may cost. @module */
import type { Sample } from '../sample.ts';
import type { Measure } from './measure.ts';

/** ln p of each token of texts, given the tokens before it, of a reference model. */
export type Reference = (samples: readonly Sample[]) => Promise<readonly Float64Array[]>;

const measureOf = (
  id: string,
  title: string,
  worse: Measure['worse'],
  measure: (sample: Sample) => number | undefined,
): Measure => ({ id, title, of: 'both', worse, isShare: false, measure: (samples) => samples.map(measure) });

/** Tokens. */
export const lengthMeasure: Measure = measureOf('length', 'tokens', 'either', ({ tokens }) => tokens.length);

/** Share of distinct pairs of neighbours among all of a text's: distinct-2 (Li et al. 2016, section 5.1), by tokens. */
export const distinctMeasure: Measure = measureOf('distinct-2', 'distinct pairs of tokens', 'lower', ({ tokens }) =>
  tokens.length < 2 ? undefined : 1 - copies(tokens, 2),
);

/**
 * Share of n-grams that came before in the text. With n = context width + 1 that is how often a context that comes again is
 * continued as before: what happens when a mark repeats its choice.
 */
export const repetitionMeasure = (n: number): Measure =>
  measureOf('repetition', `repeated ${n}-grams`, 'higher', ({ tokens }) =>
    tokens.length < n ? undefined : copies(tokens, n),
  );

/** ln of the perplexity under a reference model. */
export function perplexityMeasure(reference: Reference): Measure {
  return {
    id: 'perplexity',
    title: 'ln perplexity',
    of: 'both',
    worse: 'higher',
    isShare: false,
    async measure(samples) {
      const all = await reference(samples);
      return all.map((lnP) => (lnP.length === 0 ? undefined : -lnP.reduce((a, b) => a + b, 0) / lnP.length));
    },
  };
}

/** Share of n-grams that stood before. */
function copies(tokens: Uint32Array, n: number): number {
  const seen = new Set<string>();
  const count = tokens.length - n + 1;
  for (let i = 0; i < count; i++) seen.add(tokens.subarray(i, i + n).join(' '));
  return 1 - seen.size / count;
}
