/** Measures of evidence: is the text found, is an unmarked one left alone, how strong is the mark. @module */
import { formatAlpha } from '@taggant/detector';
import type { Sample } from '../sample.ts';
import type { Evidence } from './evidence.ts';
import type { Measure } from './measure.ts';

type Read = (sample: Sample) => Evidence;

/** Is the text found in its first `tokens` tokens? Texts that are shorter do not count. */
export function found(read: Read, tokens: number, alpha: number): Measure {
  return {
    id: `found/${tokens}@${formatAlpha(alpha)}`,
    title: `found at p <= ${formatAlpha(alpha)}, ${tokens} tokens`,
    of: 'marked',
    worse: 'lower',
    isShare: true,
    measure: (samples) =>
      samples.map((sample) =>
        sample.tokens.length < tokens ? undefined : Number(read(sample).lnPOf(tokens) <= Math.log(alpha)),
      ),
  };
}

/** Is an unmarked text taken for a marked one, at this p? */
export function falseAlarm(read: Read, alpha: number): Measure {
  return {
    id: 'false-alarms',
    title: `unmarked texts with p <= ${formatAlpha(alpha)}`,
    of: 'unmarked',
    worse: 'higher',
    isShare: true,
    measure: (samples) => samples.map((sample) => Number(read(sample).lnPOf(sample.tokens.length) <= Math.log(alpha))),
  };
}

/** Mean score of a pair, each context once: green tokens, nats, or bits a token. */
export function strength(read: Read): Measure {
  return {
    id: 'strength',
    title: 'mean score of a pair',
    of: 'marked',
    worse: 'either',
    isShare: false,
    measure: (samples) => samples.map((sample) => read(sample).strength),
  };
}
