/** Where a worker thread of `mapInThreads` begins: opens its task and answers inputs one by one. @module */
import { parentPort, workerData } from 'node:worker_threads';
import { namedClone, openTask } from './task.ts';

const { module, setup } = workerData as { module: string; setup: unknown };
const task = await openTask(module, setup);

let answered = Promise.resolve();
parentPort?.on('message', (input: unknown) => {
  answered = answered.then(() => answer(input));
});
// Nothing will answer an input that did not arrive: the thread ends, and says why.
parentPort?.on('messageerror', (error) => {
  throw error;
});

async function answer(input: unknown): Promise<void> {
  try {
    const output = await task(input);
    send({ output }, 'output');
  } catch (error) {
    send({ error }, 'error');
  }
}

function send(message: object, name: string): void {
  try {
    parentPort?.postMessage(message);
  } catch (error) {
    parentPort?.postMessage({ error: namedClone(name, error) });
  }
}
