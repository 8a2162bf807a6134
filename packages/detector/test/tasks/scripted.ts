/** A task that does what its input says. @module */
import { threadId } from 'node:worker_threads';

export default async function open({ offset, broken }: { offset: number; broken?: string }) {
  if (broken !== undefined) throw new RangeError(broken);
  return (input: number | { throws: string } | { exits: number } | { waitsMs: number }) => {
    if (typeof input === 'number') return { value: input + offset, threadId };
    if ('throws' in input) throw new RangeError(input.throws);
    if ('exits' in input) process.exit(input.exits);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, input.waitsMs);
    return { value: -1, threadId };
  };
}
