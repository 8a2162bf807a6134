/** Work spread over worker threads: any work on many inputs, and the search over keys (Node). @module */
export { detectKeysInThreads } from './keys-in-threads.ts';
export { mapInThreads, type OpenTask, type Task, type ThreadOptions } from './threads.ts';
