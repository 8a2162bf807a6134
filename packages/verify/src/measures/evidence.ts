/** What speaks for the mark in a text, after each of its tokens. @module */
import type { Mark } from '@taggant/core';
import { detectTokens, lnTail } from '@taggant/detector';
import type { Sample } from '../sample.ts';

/** The evidence in the first tokens of one text. */
export interface Evidence {
  /** ln p of the first `tokens` tokens: exact, each pair once. */
  lnPOf(tokens: number): number;
  /** Mean score of the pairs that are the first of their context; undefined where there is none. */
  readonly strength: number | undefined;
}

/** Reads texts under one mark, each once. */
export function evidenceReader(mark: Mark): (sample: Sample) => Evidence {
  const known = new WeakMap<Sample, Evidence>();
  return (sample) => {
    const evidence = known.get(sample) ?? read(sample, mark);
    known.set(sample, evidence);
    return evidence;
  };
}

function read({ tokens, prompt }: Sample, mark: Mark): Evidence {
  const { details } = detectTokens(tokens, mark, { prompt, details: true });
  const { positions, scores } = details ?? { positions: new Uint32Array(0), scores: new Float64Array(0) };
  const sums = new Float64Array(scores.length + 1);
  for (let i = 0; i < scores.length; i++) sums[i + 1] = sums[i] + scores[i];
  const audit = detectTokens(tokens, mark, { prompt, dedup: 'context' });
  return {
    lnPOf(count) {
      let n = positions.length;
      while (n > 0 && positions[n - 1] >= count) n--;
      return lnTail(mark.law, sums[n], n);
    },
    strength: audit.n === 0 ? undefined : audit.score / audit.n,
  };
}

/**
 * The least tokens of a text with ln p at most `lnAlpha`; undefined if its whole length does not do. MarkMyWords (Piet et al. 2023,
 * section 4) calls the median over texts, at p < .02, the watermark size.
 */
export function tokensNeeded({ lnPOf }: Evidence, length: number, lnAlpha: number): number | undefined {
  for (let tokens = 1; tokens <= length; tokens++) if (lnPOf(tokens) <= lnAlpha) return tokens;
  return undefined;
}
