/**
 * Was this model trained on ours? Tests whose randomness is our key's: they may accuse.
 * @module
 */
export {
  type Account,
  type AccountScore,
  type AccountsOptions,
  type AccountsResult,
  Assignment,
  type AssignmentPlan,
  type Cluster,
  type ClusterScore,
  type ClustersOptions,
  type ClustersResult,
  type DecoyCheck,
  type Epoch,
  type Holder,
  type KeyLabel,
  type LabelScore,
  type Layers,
  type Newcomer,
  type RandomBytes,
  type Served,
  type ServedOptions,
  type ServedResult,
  type ServedScore,
  ServedTo,
  servedMarks,
  type Tier,
  testAccounts,
  testClusters,
  testServedAccounts,
} from './accounts/index.ts';
export {
  askedTrigger,
  CanaryAnswers,
  type CanaryCandidate,
  type CanaryPower,
  type CanaryReply,
  type CanaryResult,
  type CanaryStatistic,
  type CanaryTestOptions,
  Deck,
  type DeckPrompt,
  Drawer,
  type Draws,
  deckPrompts,
  drawVariants,
  exampleDeck,
  hitsNeeded,
  lnHitsTail,
  type Power,
  type PowerOptions,
  powerOf,
  powerTable,
  type ServingHead,
  type ServingRow,
  servingLines,
  type Trigger,
  type TriggerAnswers,
  testAnswers,
  testDeck,
  triggerOf,
  type Variant,
} from './canaries/index.ts';
export { describeProbe, type ProbeWords } from './describe.ts';
export { type Exchange, exchangeOf, type TextExchange } from './exchange.ts';
export {
  type AtHand,
  checkAgainstPlan,
  commitmentFile,
  type FileRef,
  keyCommitment,
  type Message,
  type Parameters,
  type Plan,
  type PlannedMark,
  type Prompt,
  parseCommitmentFile,
  parsePlan,
  parsePrompts,
  planCommitment,
  plannedKeys,
  planOrder,
  refuseDeviations,
  type Suspect,
  sha256OfBytes,
  textsOf,
} from './plan/index.ts';
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
