/**
 * Keys, contexts, the Mark interface and the native marks.
 * @module
 */
export { LEAST_TEMPERATURE } from '@taggant/kernels';
export { sha256Hex } from './bytes.ts';
export { CanaryKey, canaryMac, deriveCanaryKey, exportCanaryKey, importCanaryKey } from './canary-key.ts';
export { checkFinite, checkInteger, checkOneOf, checkPositive, checkTokens, show, TOKEN_LIMIT } from './check.ts';
export { MAX_CONTEXT_WIDTH } from './context.ts';
export {
  checkSameTokenizer,
  type GreenlistDescriptor,
  type GumbelDescriptor,
  MAX_COHORTS,
  type MarkDescriptor,
  type NativeDescriptor,
  parseDescriptor,
  parseTokenizerId,
  printDescriptor,
  type Stage,
  type TokenizerId,
  type TournamentDescriptor,
} from './descriptor.ts';
export { EngineKey, type EngineKeyFields, exportEngineKey } from './engine-key.ts';
export { type Gamma, parseGamma } from './gamma.ts';
export {
  type EngineKeyEntry,
  isOfEngine,
  type KeyEntry,
  Keyring,
  type KeyStatus,
  type NativeKeyEntry,
  type Validity,
} from './keyring.ts';
export { allocateLogits } from './logits.ts';
export type { EngineFigures, Mark, NullLaw, Strength } from './mark.ts';
export { Candidates } from './marks/candidates.ts';
export { scoreKeys } from './marks/keys.ts';
export { type NativeMark, type NativeMarkInput, openMark } from './marks/native.ts';
export { oneBitStrength, softmax } from './marks/tournament.ts';
export { nativeVariants } from './marks/variants.ts';
export { type Accept, type DedupMode, distinctPairs, PairCollector, type Pairs, type PairsOptions } from './pairs.ts';
export { kthLargest, Peaks } from './peaks.ts';
export { printable } from './printable.ts';
export { deriveKey, exportKey, exportSecret, importKey, MarkKey, SCHEMES, type Scheme, Secret } from './secret.ts';
export type { Tokenizer } from './tokenizer.ts';
export { TupleSet } from './tuple-set.ts';
