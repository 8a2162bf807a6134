/**
 * Asks a suspect model over HTTP, keeps every answer, and opens and checks what came out. Node only.
 * @module
 */
export { readAssignmentFile, writeAssignmentFile, writeServedMarks } from '../files/assignment-file.ts';
export { type BundleContents, printJson, writeBundle } from '../files/bundle.ts';
export { commitmentsOf, type OpenedKey } from '../files/bundle-keys.ts';
export { type CheckOptions, checkBundle, type Materials, type Problem } from '../files/check-bundle.ts';
export { sha256OfFile } from '../files/file-hash.ts';
export type { Cost, RunEnd, RunSummary } from '../files/journal.ts';
export { takeLock } from '../files/lock.ts';
export { addServedLog, readServedFile, writeServedFile } from '../files/served-file.ts';
export {
  type AnsweredLine,
  type Failure,
  isAnswered,
  parseTranscript,
  printTranscript,
  type Reply,
  type TranscriptLine,
} from '../files/transcript.ts';
export { type Ask, type EndpointOptions, openEndpoint } from './endpoint.ts';
export { Refused, Unanswered } from './errors.ts';
export { backOff, type Clock, systemClock } from './pace.ts';
export { type Decide, type FailedAttempt, type Run, type RunOptions, type RunProgress, runPlan } from './run.ts';
