/** The coverage audit: served responses in, classes and counts out. @module */
import type { Mark } from '@taggant/core';
import { type Classified, classifierOf } from './classify.ts';
import { type ClassifyOptions, openAudit } from './options.ts';
import type { ServedResponse } from './served.ts';
import { type CoverageResult, CoverageTally, type TallyOptions } from './tally.ts';

export interface CoverageOptions extends ClassifyOptions, TallyOptions {}

/**
 * Which of these responses were in fact marked, which not, and why. Responses are read one by one and not kept.
 * Each id counts once.
 *
 * @example
 * const { all, contradictions } = auditCoverage(responses, mark, { others: retiredMarks, least: 0.95 });
 * all.ofEligible; // { found: 981, n: 1000, low: 0.966..., high: 0.990... }
 */
export function auditCoverage(
  responses: Iterable<ServedResponse>,
  mark: Mark,
  options: CoverageOptions = {},
): CoverageResult {
  const { classify, tally } = openCoverage(mark, options);
  for (const response of responses) tally.add(classify(response));
  return tally.result();
}

/**
 * The two halves of the audit, for streams and for who wants each response's class.
 *
 * @example
 * const { classify, tally } = openCoverage(mark, { least: 0.95 });
 * for await (const response of responses) {
 *   const classified = classify(response);
 *   tally.add(classified);
 *   if (classified.contradiction) console.log(classified.id, classified.because);
 * }
 * tally.result().outcome; // 'passed', 'failed' or 'undecided'
 */
export function openCoverage(
  mark: Mark,
  options: CoverageOptions = {},
): { readonly classify: (response: ServedResponse) => Classified; readonly tally: CoverageTally } {
  const audit = openAudit(mark, options);
  const { alpha, beta, others } = audit;
  const subject = { mark: mark.descriptor, title: mark.title, alpha, beta, marksTried: 1 + others.length };
  return { classify: classifierOf(audit), tally: new CoverageTally(subject, options) };
}
