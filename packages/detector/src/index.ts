/**
 * Tokens or text in, verdict with an exact p-value out, for any Mark.
 * Tokenizers are subpaths: `@taggant/detector/tiktoken`, `@taggant/detector/huggingface`.
 * @module
 */
export type { Cohorts, DecoyRank } from './cohorts.ts';
export {
  type DecoyKeyOptions,
  type DecoyKeyRank,
  type DecoyKeys,
  rankAmongKeys,
  rankAmongMarks,
} from './decoy-keys.ts';
export {
  describeCompat,
  describeDecoyKeys,
  describeDecoys,
  describeDetection,
  describeSearch,
  formatAlpha,
  formatE,
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
export { cumulantOf, lnTail, nullMoments, tiltsOf, zScore } from './evidence.ts';
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
export {
  type Candidate,
  detectCohorts,
  detectKeys,
  type PairSearchOptions,
  type Search,
  type SearchOptions,
  searchCohorts,
  searchKeys,
} from './search.ts';
export { EvidenceStream, type StreamEvidence, type StreamOptions } from './stream.ts';
export type { Reason, Verdict } from './verdict.ts';
