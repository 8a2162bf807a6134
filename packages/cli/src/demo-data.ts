/** The demo's two suspects, from `benchmarks/lab/students`. This file lies where sources and builds see the same parent. @module */
import { fileURLToPath } from 'node:url';

/**
 * `distilled.jsonl.gz` and `independent.jsonl.gz`, lines of {prompt, reply} in tiny-lm's ids, and `served.bin`, the contexts that
 * were served under other keys.
 */
export const DEMO_DATA: string = fileURLToPath(new URL('../demo', import.meta.url));
