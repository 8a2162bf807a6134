/** Marked generation with transformers.js. @module */
export {
  type MarkedGeneration,
  type MarkedGenerationOptions,
  MarkLogitsProcessor,
  markedGeneration,
  plainGeneration,
} from './generation.ts';
export { type GenerateOptions, type LocalModel, openLocalModel } from './local-model.ts';
