/** Marked generation with node-llama-cpp, at the level of context sequences. @module */
export { type BiasedOptions, generateBiased } from './biased.ts';
export { generateMarked, type MarkedOptions } from './marked.ts';
