/**
 * Was this model trained on ours? Tests whose randomness is our key's: they may accuse.
 * @module
 */
export * from './accounts/index.ts';
export * from './canaries/index.ts';
export { describeProbe, type ProbeWords } from './describe.ts';
export { type Exchange, exchangeOf, type TextExchange } from './exchange.ts';
export * from './plan/index.ts';
export {
  EVERYBODY,
  evaluate,
  type MarkEvidence,
  type NamedAccounts,
  Probe,
  type ProbeMaterials,
  type ProbeResult,
} from './probe.ts';
export { Radioactivity, type RadioactivityOptions, type RadioactivityResult } from './radioactivity.ts';
export { aligned, type TextPredictions } from './reading/alignment.ts';
export { type EchoModelOptions, echoModel, parseEcho, parseIdEcho } from './reading/echo.ts';
export { MISSED, type NextTokenModel, NO_PREDICTION } from './reading/model.ts';
export { ReadingPairs, type ReadingPairsOptions } from './reading/reading-pairs.ts';
export { type ReadingResult, ReadingTest, type ReadingTestOptions } from './reading/reading-test.ts';
export type { AnytimeEvidence, CurvePoint, RunNumbers } from './run-evidence.ts';
export { ServedContexts, type ServedContextsOptions, type ServedCounts } from './served/contexts.ts';
export { weightOf, weightsOf } from './served/weights.ts';
export { type Excluded, SuspectPairs, type SuspectPairsOptions } from './suspect-pairs.ts';
export type { EvidenceNumber, Excess, WeightedNumber } from './tally.ts';
