/** Which served responses were in fact marked, which not, and why. @module */
export { auditCoverage, type CoverageOptions, openCoverage } from './audit.ts';
export { coverageChecks } from './check.ts';
export {
  type Classified,
  COVERAGE_CLASSES,
  type Contradiction,
  type CoverageClass,
  openClassifier,
} from './classify.ts';
export type { ExpectationSource, LogprobsMode } from './expectation.ts';
export { measureStrength } from './measure.ts';
export type { ClassifyOptions } from './options.ts';
export { readServed, type ServedField, type ServedFields } from './read.ts';
export type { ServedResponse, ServedSettings } from './served.ts';
export {
  type Contradictions,
  type Coverage,
  type CoverageResult,
  CoverageTally,
  type TallyOptions,
  type TallySubject,
} from './tally.ts';
export { gumbelStrength, leastGreen, mostGreen, type StrengthRange } from './token-strength.ts';
