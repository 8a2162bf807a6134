/** Measures of evidence: is the text found, is an unmarked one left alone, how strong is the mark. @module */
import type { Mark, NullLaw } from '@taggant/core';
import { formatAlpha } from '@taggant/detector';
import type { Sample } from '../sample.ts';
import { shown } from '../summary.ts';
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

/** Is an unmarked text taken for a marked one, at this p? Texts without a scored pair do not count: they cannot be. */
export function falseAlarm(read: Read, alpha: number): Measure {
  return {
    id: `false-alarms@${formatAlpha(alpha)}`,
    title: `unmarked texts with p <= ${formatAlpha(alpha)}`,
    of: 'unmarked',
    worse: 'higher',
    isShare: true,
    measure: (samples) =>
      samples.map((sample) => {
        const { lnPOf, strength } = read(sample);
        return strength === undefined ? undefined : Number(lnPOf(sample.tokens.length) <= Math.log(alpha));
      }),
  };
}

/** Mean score of a pair, each context once: green tokens, nats, or bits a token. */
export function strength(read: Read, { law }: Mark): Measure {
  return {
    id: 'strength',
    title: `mean score of a pair (${shown(nullMean(law))} without a mark)`,
    of: 'marked',
    worse: 'either',
    isShare: false,
    measure: (samples) => samples.map((sample) => read(sample).strength),
  };
}

function nullMean(law: NullLaw): number {
  if (law.law === 'binomial') return law.trials * law.p;
  return law.law === 'gamma' ? law.shape : law.scales[0] + law.scales[1];
}
