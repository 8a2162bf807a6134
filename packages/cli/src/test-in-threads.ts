/** Spreads batches over threads that test them. @module */
import { mapInThreads } from '@taggant/detector/threads';
import type { DetectSetup, Tested } from './detect-task.ts';
import type { Batch } from './inputs.ts';

/** What came of each batch, in order. */
export function testInThreads(
  batches: AsyncIterable<Batch>,
  setup: DetectSetup,
  threads: number,
): AsyncGenerator<Tested> {
  return mapInThreads(batches, { module: TASK, setup, threads });
}

/** Beside this file, in the sources as in what is built of them. */
const TASK = new URL(`./detect-task${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);
