/** A task that does what its input says. @module */
import { setTimeout as pause } from 'node:timers/promises';
import { threadId } from 'node:worker_threads';

type Script =
  | number
  | { throws: unknown }
  | { throwsCode: true }
  | { resolvesTo: number }
  | { rejects: string }
  | { givesCode: true }
  | { exits: number }
  | { waitsMs: number };

export default async function open({ offset, broken }: { offset: number; broken?: string }) {
  if (broken !== undefined) throw new RangeError(broken);
  return (input: Script) => {
    if (typeof input === 'number') return { value: input + offset, threadId };
    if ('throws' in input) throw typeof input.throws === 'string' ? new RangeError(input.throws) : input.throws;
    if ('throwsCode' in input) throw () => {};
    if ('resolvesTo' in input) return pause(1).then(() => ({ value: input.resolvesTo + offset, threadId }));
    if ('rejects' in input) return Promise.reject(new RangeError(input.rejects));
    if ('givesCode' in input) return () => {};
    if ('exits' in input) process.exit(input.exits);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, input.waitsMs);
    return { value: -1, threadId };
  };
}
