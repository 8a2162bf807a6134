/**
 * The strength gate: is what a deployment writes marked as it should be, at what cost, and what survives?
 * @module
 */

export * from './attacks/index.ts';
export { type Baseline, parseBaseline } from './baseline.ts';
export type { Check } from './checks/check.ts';
export {
  type AttacksConfig,
  type CoverageConfig,
  defineConfig,
  type GateConfig,
  type ModelConfig,
  parseConfig,
  type SamplingConfig,
  type SpoofingConfig,
} from './config.ts';
export * from './coverage-audit/index.ts';
export { outputsDeployment } from './deployments/outputs.ts';
export type { Expectations } from './expectations.ts';
export type { Suspicion } from './findings.ts';
export { type Gate, type GateProgress, type GateRun, runGate } from './gate.ts';
export type { Levels } from './looks.ts';
export type { Reference } from './measures/quality.ts';
export * from './outputs/index.ts';
export { percent } from './percent.ts';
export { seededRandom } from './random.ts';
export type { CheckResult, GateResult, Outcome, PowerPoint, Share, SurvivalPoint } from './result.ts';
export type { Deployment, Sample, TextReply, TextRequest } from './sample.ts';
export * from './spoofing/index.ts';
