/** Work spread over worker threads: any work on many inputs, and the search over keys (Node). @module */
export { detectKeysInThreads } from './keys-in-threads.ts';
export type { OpenTask, Task } from './task.ts';
export { mapInThreads, type ThreadOptions } from './threads.ts';
