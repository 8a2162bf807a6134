/** Threads change who does the work, never what comes out, nor in which order. */
import { mapInThreads } from '@taggant/detector/threads';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const module = new URL('./tasks/scripted.ts', import.meta.url);
type Output = { value: number; threadId: number };
const run = (inputs: Iterable<unknown> | AsyncIterable<unknown>, threads: number, setup: object = { offset: 100 }) =>
  mapInThreads<object, unknown, Output>(inputs, { module, setup, threads });

async function collect<T>(outputs: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const output of outputs) all.push(output);
  return all;
}

/** What came before the error, and the error. */
async function untilError(outputs: AsyncIterable<Output>): Promise<{ values: number[]; error: unknown }> {
  const values: number[] = [];
  try {
    for await (const { value } of outputs) values.push(value);
  } catch (error) {
    return { values, error };
  }
  return { values, error: undefined };
}

describe.each([1, 2, 3])('%i threads', (threads) => {
  it('give the outputs in the order of the inputs, slow ones too', async () => {
    const inputs = fc.array(fc.oneof(fc.nat(99), fc.record({ waitsMs: fc.nat(5) })), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(inputs, async (all) => {
        const values = (await collect(run(all, threads))).map(({ value }) => value);
        expect(values).toEqual(all.map((input) => (typeof input === 'number' ? input + 100 : -1)));
      }),
      { seed: 1, numRuns: 4 },
    );
  });

  it('end at the input that throws, with its error', async () => {
    const { values, error } = await untilError(run([1, 2, { throws: 'no' }, 3], threads));
    expect(values).toEqual([101, 102]);
    expect(error).toEqual(new RangeError('no'));
  });

  it('say why a task did not open', async () => {
    const { values, error } = await untilError(run([1], threads, { broken: 'no such mark' }));
    expect([values, (error as Error).message]).toEqual([[], 'no such mark']);
  });

  it('hand on what the inputs throw', async () => {
    const inputs = (function* () {
      yield 1;
      throw new RangeError('no input');
    })();
    expect(((await untilError(run(inputs, threads))).error as Error).message).toBe('no input');
  });

  it('yield an output while the next input is awaited, and leave with a caller who stops', async () => {
    const never = new Promise<never>(() => {});
    const inputs = (async function* () {
      yield 1;
      await never;
    })();
    for await (const { value } of run(inputs, threads)) {
      expect(value).toBe(101);
      if (threads > 1) break;
      return;
    }
  });
});

it('take at most two inputs a thread ahead of the output that is awaited', async () => {
  let taken = 0;
  const inputs = (function* () {
    for (; taken < 100; taken++) yield taken;
  })();
  let given = 0;
  for await (const _ of run(inputs, 2)) expect(taken).toBeLessThanOrEqual(++given + 5);
  expect(given).toBe(100);
});

it('share the work', async () => {
  const ids = (await collect(run(Array(20).fill({ waitsMs: 5 }), 2))).map(({ threadId }) => threadId);
  expect(new Set(ids).size).toBe(2);
  expect(ids).not.toContain(0);
});

it('end when a thread dies, at the input that it owed', async () => {
  const { values, error } = await untilError(run([1, { exits: 3 }, 2, 3], 2));
  expect(values[0]).toBe(101);
  expect((error as Error).message).toBe('a worker thread ended with status 3');
});

it.each([0, -1, 1.5, Number.NaN, '2'])('refuse %s threads', async (threads) => {
  await expect(collect(run([1], threads as number))).rejects.toThrow('"threads" expected an integer of at least 1');
});
