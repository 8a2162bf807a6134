/** Opens the task of a thread, the caller's own or another, and makes its mistakes errors that say what they are. @module */
import { show } from '@taggant/core';

/** What a task's module exports by default. Setup, inputs and outputs travel by structured clone. */
export type OpenTask<Setup, In, Out> = (setup: Setup) => Task<In, Out> | Promise<Task<In, Out>>;
export type Task<In, Out> = (input: In) => Out | Promise<Out>;

/** @internal The task of a module, by its address. */
export async function openTask<Setup, In, Out>(module: string, setup: Setup): Promise<(input: In) => Promise<Out>> {
  const { default: open }: { default?: OpenTask<Setup, In, Out> } = await import(module);
  if (typeof open !== 'function') {
    throw new TypeError(`"module" expected a function as its default export, got ${show(open)}`);
  }
  const task = await open(setup);
  if (typeof task !== 'function') throw new TypeError(`"module" expected to open a function, got ${show(task)}`);
  return async (input) => {
    try {
      return await task(input);
    } catch (error) {
      throw error ?? new Error(`the task threw ${error}`);
    }
  };
}

/** @internal The same error, and of a value that structured clone refuses, one that names it. */
export function namedClone(name: string, error: unknown): unknown {
  if (!(error instanceof Error && error.name === 'DataCloneError')) return error;
  return new TypeError(`"${name}" expected data that can be sent between threads: ${error.message}`, { cause: error });
}
