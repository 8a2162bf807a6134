/** Threads change who does the work, never what comes out, nor in which order. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { mapInThreads } from '@taggant/detector/threads';
import { build } from 'esbuild';
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

  it('give the outputs of all inputs before they hand on what the inputs throw', async () => {
    const inputs = (function* () {
      yield* [1, { waitsMs: 20 }, 2];
      throw new RangeError('no input');
    })();
    const { values, error } = await untilError(run(inputs, threads));
    expect([values, error]).toEqual([[101, -1, 102], new RangeError('no input')]);
  });

  it('await what a task promises, and keep the order', async () => {
    const inputs = [{ resolvesTo: 1 }, 2, { resolvesTo: 3 }, 4, { rejects: 'no' }, 5];
    const { values, error } = await untilError(run(inputs, threads));
    expect([values, error]).toEqual([[101, 102, 103, 104], new RangeError('no')]);
  });

  it('make an error of a task that throws nothing', async () => {
    const { values, error } = await untilError(run([1, { throws: undefined }, 2], threads));
    expect([values, error]).toEqual([[101], new Error('the task threw undefined')]);
  });

  it.each([
    ['export default 7', 'as its default export, got 7'],
    ['export const open = 7', 'as its default export, got undefined'],
    ['export default () => 7', 'to open a function, got 7'],
  ])('refuse a module that is no task: %s', async (code, message) => {
    const outputs = mapInThreads([1], { module: new URL(`data:text/javascript,${code}`), setup: {}, threads });
    await expect(collect(outputs)).rejects.toThrow(message);
  });

  it.each(['./task.js', undefined, { href: './task.js' }])('refuse the module %o, which is no URL', async (module) => {
    const outputs = mapInThreads([1], { module: module as never, setup: {}, threads });
    await expect(collect(outputs)).rejects.toThrow('"module" expected a URL such as new URL(');
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

it.each([
  ['output', { givesCode: true }],
  ['error', { throwsCode: true }],
  ['input', () => {}],
])('name the %s that cannot be sent, in its place', async (name, input) => {
  const { values, error } = await untilError(run([1, 2, input, 3], 2));
  expect(values).toEqual([101, 102]);
  expect(error).toBeInstanceOf(TypeError);
  expect((error as Error).message).toContain(`"${name}" expected data that can be sent between threads: `);
});

it('refuse a setup that cannot be sent', async () => {
  await expect(collect(run([1], 2, { offset: () => {} }))).rejects.toThrow('"setup" expected data that can be sent');
});

it('start without the flags of the process, once built', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'taggant-threads-'));
  try {
    const entryPoints = ['threads', 'task-thread'].map((name) =>
      fileURLToPath(new URL(`../src/${name}.ts`, import.meta.url)),
    );
    const conditions = ['@taggant/source'];
    await build({ entryPoints, outdir: folder, bundle: true, format: 'esm', platform: 'node', conditions });
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    writeFileSync(join(folder, 'flags.js'), 'export default () => () => process.execArgv;');
    const url = (name: string) => JSON.stringify(pathToFileURL(join(folder, name)).href);
    const code = `import { mapInThreads } from ${url('threads.js')};
      const module = new URL(${url('flags.js')});
      for await (const flags of mapInThreads([1], { module, setup: {}, threads: 2 })) console.log(flags);`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' });
    expect([stdout, stderr]).toEqual(['[]\n', '']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it.each([0, -1, 1.5, Number.NaN, '2'])('refuse %s threads', async (threads) => {
  await expect(collect(run([1], threads as number))).rejects.toThrow('"threads" expected an integer of at least 1');
});
