/** Readers of what a gate is given, from a file or from code. @module */
import { Fields, integer, number, type Reader } from '@taggant/core/fields';

/** An object whose fields are all optional but those named. Unknown fields are errors: a misspelt threshold must not pass. */
export function object<T extends Record<string, Reader<unknown>>>(
  readers: T,
  needed: readonly (keyof T & string)[] = [],
) {
  return (value: unknown, name: string): { [K in keyof T]?: ReturnType<T[K]> } => {
    const fields = new Fields(value, name, Object.keys(readers));
    for (const field of needed) fields.get(field, readers[field]);
    return fields.optional(readers);
  };
}

/** Bounds of which one at least is given. */
export const bounds =
  (read: Reader<number>): Reader<{ readonly least?: number; readonly most?: number }> =>
  (value, name) => {
    const given = object({ least: read, most: read })(value, name);
    if (given.least === undefined && given.most === undefined) {
      throw new TypeError(`"${name}" expected "least" or "most", got neither`);
    }
    return given;
  };

/** `false` is kept: it says that something is not asked. */
export const orFalse =
  <T>(read: Reader<T>): Reader<T | false> =>
  (value, name) =>
    value === false ? false : read(value, name);

export const finite = number('that is finite', Number.isFinite);
export const share = number('from 0 to 1', (value) => value >= 0 && value <= 1);
export const openShare = number('between 0 and 1', (value) => value > 0 && value < 1);
export const positive = number('above 0', (value) => value > 0 && Number.isFinite(value));
export const atLeastZero = number('of at least 0', (value) => value >= 0 && Number.isFinite(value));
export const tokens = integer(1, 2 ** 20);
