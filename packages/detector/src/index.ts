/**
 * Tokens or text in, verdict with an exact p-value out, for any Mark.
 * Tokenizers are subpaths: `@taggant/detector/tiktoken`, `@taggant/detector/huggingface`.
 * @module
 */
export type { Cohorts, DecoyRank } from './cohorts.ts';
export {
  describeCompat,
  describeDecoys,
  describeDetection,
  describeSearch,
  formatP,
  titleWithCohort,
} from './describe.ts';
export {
  type Detection,
  type DetectOptions,
  detectMany,
  detectPairs,
  detectText,
  detectTokens,
  type Input,
} from './detect.ts';
export { lnTail, nullMoments, zScore } from './evidence.ts';
export { detectLayers, type LayeredDetection } from './layers.ts';
export {
  type Finding,
  type Hypothesis,
  openScan,
  type Reading,
  type Scan,
  type ScanOptions,
  type ScanPart,
  scan,
  scanOf,
} from './scan.ts';
export { type Candidate, detectCohorts, detectKeys, type Search, type SearchOptions } from './search.ts';
export type { Reason, Verdict } from './verdict.ts';
