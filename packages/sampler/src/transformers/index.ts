/** Marked generation with transformers.js, in Node and in browsers. @module */
export {
  type MarkedGeneration,
  type MarkedGenerationOptions,
  MarkLogitsProcessor,
  markedGeneration,
  type PlainGenerationOptions,
  plainGeneration,
} from './generation.ts';
