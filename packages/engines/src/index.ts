/**
 * The watermarks of other engines and projects, each a `Mark`, exact to the bit: the sampler embeds them and the detector
 * tests them like native ones. docs/compatibility.md says which versions, what is exact, and what is weak.
 * @module
 */
export {
  type EngineDescriptor,
  type EngineMarkFile,
  type EngineMarkOptions,
  engineKeyFields,
  engineMarkNames,
  hasPublicKey,
  openEngineMark,
  withRandomKey,
} from './engine-mark.ts';
export { CUDA_THREADS } from './random/cards.ts';
export { engineVariants } from './variants.ts';
