/** Plans that are committed before a test. @module */
export {
  commitmentFile,
  keyCommitment,
  planCommitment,
  plannedKeys,
  sha256OfBytes,
} from './commitment.ts';
export { type AtHand, checkAgainstPlan, refuseDeviations } from './deviations.ts';
export { planOrder } from './order.ts';
export { type FileRef, type Parameters, type Plan, type PlannedMark, parsePlan, type Suspect } from './plan.ts';
export { type Message, type Prompt, parsePrompts, textsOf } from './prompts.ts';
