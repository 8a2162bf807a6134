/**
 * The hook that marks a model's output: logits in, marked logits out.
 * Adapters for engines are subpaths, such as `@taggant/sampler/transformers`.
 * @module
 */
export { drawToken } from './draw.ts';
export { type DraftRequest, type HookOptions, MarkHook } from './hook.ts';
export { largestToken, sampleToken } from './sample.ts';
export { type GenerationDedup, Sequence, type Steps } from './sequence.ts';
export { type Truncation, warp } from './warp.ts';
