/** Where a check failed: what else do the texts carry? @module */
import { type Mark, PairCollector } from '@taggant/core';
import { detectPairs } from '@taggant/detector';
import type { Evidence } from './measures/evidence.ts';
import { type Sample, wholeOf } from './sample.ts';

/** Another mark that a misconfigured deployment may have put on its texts. */
export interface Suspicion {
  /** For people: `gamma 1/2`, `the key of tenant-7`. No secrets. */
  readonly name: string;
  readonly mark: Mark;
}

/** How the context was built, where it was not what it should be. */
interface Fault {
  readonly name: string;
  /** The tokens that stood before position i when it was marked, as the fault has it. */
  shifted(samples: readonly Sample[]): { readonly text: Uint32Array; readonly context: Uint32Array }[];
}

/**
 * What the marked texts carry instead, in sentences: other marks, and the same mark with a context that is late, early, or another
 * row's. The p is over all texts, corrected for all that was tried.
 */
export function findingsOf(
  mark: Mark,
  samples: readonly Sample[],
  {
    read,
    suspicions = [],
  }: { readonly read: (sample: Sample) => Evidence; readonly suspicions?: readonly Suspicion[] },
): string[] {
  const own = lnPOf(mark, samples);
  const tried = [
    ...suspicions.map(({ name, mark: other }) => ({ words: name, lnP: lnPOf(other, samples) })),
    ...FAULTS.map((fault) => ({ words: `the mark with ${fault.name}`, lnP: lnPOfFault(mark, samples, fault) })),
  ].sort((a, b) => a.lnP - b.lnP);
  // Marks of one key and layout share some of their lists: the others are shadows of the closest.
  const [best] = tried;
  const lnP = Math.min(0, best.lnP + Math.log(tried.length));
  const p = `p = 10^${(lnP / Math.LN10).toFixed(1)}, corrected for ${tried.length}`;
  if (lnP <= Math.log(1e-6) && best.lnP < own) return [`the texts carry ${best.words} instead (${p})`];
  if (own <= Math.log(1e-6)) {
    const alone = samples.filter((sample) => read(sample).lnPOf(sample.tokens.length) <= Math.log(0.01)).length;
    return [
      `the texts do carry the mark, taken together; ${alone} of ${samples.length} show it by themselves (p <= 0.01): it is weaker than expected, or in fewer of them`,
    ];
  }
  return [
    `the texts carry none of ${tried.length} other settings that were tried (${p} at best): another key, or no mark`,
  ];
}

function lnPOf(mark: Mark, samples: readonly Sample[]): number {
  const collector = collectorOf(mark);
  for (const { tokens, prompt } of samples) collector.add(tokens, mark.start?.prompt === false ? undefined : prompt);
  const pairs = collector.pairs();
  return detectPairs(mark.distinct?.(pairs) ?? pairs, mark).lnP;
}

/** Each token with its wrong context is a text of its own. */
function lnPOfFault(mark: Mark, samples: readonly Sample[], fault: Fault): number {
  const width = mark.contextWidth;
  if (width === 0) return 0;
  const collector = collectorOf(mark);
  for (const { text, context } of fault.shifted(samples)) {
    for (let i = 0; i < text.length; i++) {
      const end = context.length - text.length + i;
      if (end >= width) collector.add(text.subarray(i, i + 1), context.subarray(end - width, end));
    }
  }
  const pairs = collector.pairs();
  return detectPairs(mark.distinct?.(pairs) ?? pairs, mark).lnP;
}

function collectorOf(mark: Mark): PairCollector {
  const vocabSize = mark.descriptor.vocabSize ?? mark.descriptor.tokenizer?.vocabSize;
  return new PairCollector({ contextWidth: mark.contextWidth, dedup: 'context', vocabSize });
}

const FAULTS: readonly Fault[] = [
  {
    name: 'a context that is one token late',
    shifted: (samples) =>
      samples.map((sample) => ({ text: sample.tokens.subarray(1), context: wholeOf(sample).subarray(0, -1) })),
  },
  {
    name: 'the context of the next row of the batch',
    shifted: (samples) => rowsOf(samples, 1),
  },
  {
    name: 'the context of the row before in the batch',
    shifted: (samples) => rowsOf(samples, -1),
  },
];

/** Rows of a batch run in step: as many tokens after their prompts. */
function rowsOf(samples: readonly Sample[], step: number) {
  return samples.map(({ tokens }, i) => {
    const other = samples[(i + step + samples.length) % samples.length];
    const length = Math.min(tokens.length, other.tokens.length);
    const context = wholeOf(other);
    return {
      text: tokens.subarray(0, length),
      context: context.subarray(0, context.length - other.tokens.length + length),
    };
  });
}
