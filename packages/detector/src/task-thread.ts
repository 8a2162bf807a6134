/** Where a worker thread of `mapInThreads` begins: opens its task and answers inputs one by one. @module */
import { parentPort, workerData } from 'node:worker_threads';
import type { OpenTask } from './threads.ts';

const { module, setup } = workerData as { module: string; setup: unknown };
const { default: open }: { default: OpenTask<unknown, unknown, unknown> } = await import(module);
const task = await open(setup);

parentPort?.on('message', (input: unknown) => parentPort?.postMessage(answer(input)));

function answer(input: unknown): { output: unknown } | { error: unknown } {
  try {
    return { output: task(input) };
  } catch (error) {
    return { error };
  }
}
