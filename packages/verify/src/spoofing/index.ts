/** Spoofing: can somebody without the key write what the detector finds? @module */
export type { Attacker } from './attacker.ts';
export { spoofingCheck } from './check.ts';
export {
  queriesNeeded,
  type SpoofingCurve,
  type SpoofingOptions,
  type SpoofingPoint,
  type SpoofingProgress,
  spoofingCurve,
} from './curve.ts';
export { type Bias, forger } from './forge.ts';
export { type LearnOptions, learnMark, type StolenTable } from './learn.ts';
