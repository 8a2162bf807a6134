/**
 * The same work on many inputs, spread over worker threads; outputs come in the order of the inputs (Node).
 * @module
 */
import { Worker } from 'node:worker_threads';
import { show } from '@taggant/core';
import { namedClone, openTask } from './task.ts';

export interface ThreadOptions<Setup> {
  /**
   * The module of the task: a file that Node can import without flags. Flags of this process do not reach its threads, those
   * in NODE_OPTIONS do.
   */
  readonly module: URL;
  /** Given to every thread's task once. May hold secrets: it is passed by message, never by arguments or environment. */
  readonly setup: Setup;
  /** Worker threads; 1 (default) works in the caller's own thread and starts none. */
  readonly threads?: number;
}

/**
 * Yields the output of every input, in order, and as soon as it is there. At most two inputs a thread are on their way, so
 * that memory stays flat however many there are. What a task throws, or a thread that dies, ends the run at its input; what
 * the inputs throw, behind the outputs of those before. A task may be asynchronous; each thread does one input at a time.
 *
 * @example
 * // square.js: export default () => (x) => x * x;
 * const module = new URL('./square.js', import.meta.url);
 * for await (const y of mapInThreads([1, 2, 3], { module, setup: {}, threads: 2 })) console.log(y); // 1 4 9
 */
export async function* mapInThreads<Setup, In, Out>(
  inputs: Iterable<In> | AsyncIterable<In>,
  { module, setup, threads = 1 }: ThreadOptions<Setup>,
): AsyncGenerator<Out> {
  if (!(Number.isInteger(threads) && threads >= 1)) {
    throw new RangeError(`"threads" expected an integer of at least 1, got ${threads}`);
  }
  if (!(module instanceof URL)) {
    throw new TypeError(`"module" expected a URL such as new URL('./task.js', import.meta.url), got ${show(module)}`);
  }
  if (threads === 1) {
    const task = await openTask<Setup, In, Out>(module.href, setup);
    for await (const input of inputs) yield task(input);
    return;
  }
  const workers = Array.from({ length: threads }, () => new TaskThread<In, Out>(module, setup));
  try {
    yield* inOrder(inputs, 2 * threads, (input) => leastBusy(workers).run(input));
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
  }
}

/** Starts at most `most` inputs ahead of the output that is waited for, and waits for inputs and outputs alike. */
async function* inOrder<In, Out>(
  inputs: Iterable<In> | AsyncIterable<In>,
  most: number,
  start: (input: In) => Promise<Out>,
): AsyncGenerator<Out> {
  const source = iterate(inputs);
  const outputs: Promise<Out>[] = [];
  let failure: { readonly error: unknown } | undefined;
  const read = () =>
    source.next().catch((error: unknown) => {
      failure = { error };
      return { done: true, value: undefined } as const;
    });
  let next: Promise<IteratorResult<In, unknown>> | undefined = read();
  try {
    while (next !== undefined || outputs.length > 0) {
      const arrival = outputs.length < most ? next : undefined;
      const input = await Promise.race(
        [arrival, outputs[0]?.then(() => undefined)].filter((event) => event !== undefined),
      );
      if (input === undefined) {
        yield (await outputs.shift()) as Out;
      } else if (input.done) {
        next = undefined;
      } else {
        outputs.push(start(input.value));
        next = read();
      }
    }
    if (failure !== undefined) throw failure.error;
  } finally {
    // Not awaited: a source that waits for its next input, a pipe say, would keep the caller waiting too.
    source.return(undefined).catch(() => {});
  }
}

async function* iterate<In>(inputs: Iterable<In> | AsyncIterable<In>): AsyncGenerator<In> {
  yield* inputs;
}

function leastBusy<In, Out>(workers: readonly TaskThread<In, Out>[]): TaskThread<In, Out> {
  return workers.reduce((a, b) => (b.waiting < a.waiting ? b : a));
}

/** A worker thread and the outputs it owes, in order. */
class TaskThread<In, Out> {
  readonly #worker: Worker;
  readonly #owed: { resolve(output: Out): void; reject(error: unknown): void }[] = [];
  #failure: unknown;

  constructor(module: URL, setup: unknown) {
    try {
      this.#worker = new Worker(ENTRY, {
        execArgv: FLAGS,
        name: 'taggant',
        workerData: { module: module.href, setup },
      });
    } catch (error) {
      throw namedClone('setup', error);
    }
    this.#worker.on('message', (answer: { output: Out } | { error: unknown }) => {
      const owed = this.#owed.shift();
      if ('output' in answer) owed?.resolve(answer.output);
      else owed?.reject(answer.error);
    });
    this.#worker.on('messageerror', (error) => this.#fail(error));
    this.#worker.on('error', (error) => this.#fail(error ?? new Error(`a worker thread threw ${error}`)));
    this.#worker.on('exit', (code) => this.#fail(new Error(`a worker thread ended with status ${code}`)));
  }

  get waiting(): number {
    return this.#owed.length;
  }

  run(input: In): Promise<Out> {
    const output = new Promise<Out>((resolve, reject) => {
      if (this.#failure !== undefined) reject(this.#failure);
      else this.#owed.push({ resolve, reject });
    });
    // Its turn comes later; until then a failure must not count as one that nobody handles.
    output.catch(() => {});
    if (this.#failure === undefined) this.#send(input);
    return output;
  }

  #send(input: In): void {
    try {
      this.#worker.postMessage(input);
    } catch (error) {
      this.#owed.pop()?.reject(namedClone('input', error));
    }
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    for (const { reject } of this.#owed.splice(0)) reject(this.#failure);
  }
}

/** Beside this file, in the sources as in what is built of them. */
const fromSource = import.meta.url.endsWith('.ts');
const ENTRY = new URL(fromSource ? './task-thread.source.mjs' : './task-thread.js', import.meta.url);
/** Those of this process may be for its own entry only: `--input-type` ends a thread that begins with a file. */
const FLAGS = fromSource ? ['--conditions=@taggant/source'] : [];
