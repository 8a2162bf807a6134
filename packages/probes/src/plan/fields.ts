/** Strict reading of parsed JSON: every field is named, checked, and known. @module */
import { show } from '@taggant/core';

/** Reads one field's value; `name` is its path, `plan.suspect.model`. */
export type Reader<T> = (value: unknown, name: string) => T;

/** The fields of an object. Throws TypeError at the first that nobody knows: a misspelt one must not be passed over. */
export class Fields {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #name: string;

  constructor(value: unknown, name: string, known: readonly string[]) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new TypeError(`"${name}" expected an object, got ${show(value)}`);
    }
    const unknown = Object.keys(value).find((field) => !known.includes(field));
    if (unknown !== undefined) throw new TypeError(`unknown field ${show(unknown)} in "${name}"`);
    this.#values = value as Record<string, unknown>;
    this.#name = name;
  }

  has(field: string): boolean {
    return Object.hasOwn(this.#values, field) && this.#values[field] !== undefined;
  }

  /** A field that must be there. */
  get<T>(field: string, read: Reader<T>): T {
    return read(this.has(field) ? this.#values[field] : undefined, `${this.#name}.${field}`);
  }

  /** The fields of these that are there, as an object to spread: an absent one stays absent. */
  optional<T extends Record<string, Reader<unknown>>>(readers: T): { [K in keyof T]?: ReturnType<T[K]> } {
    const there = Object.entries(readers).filter(([field]) => this.has(field));
    return Object.fromEntries(there.map(([field, read]) => [field, this.get(field, read)])) as never;
  }
}

/** Well-formed Unicode: a lone surrogate has no UTF-8, so that two texts would have one hash. */
export const text: Reader<string> = (value, name) => {
  if (typeof value !== 'string') throw new TypeError(`"${name}" expected text, got ${show(value)}`);
  if (/\p{Surrogate}/u.test(value))
    throw new RangeError(`"${name}" expected well-formed Unicode, got a lone surrogate`);
  return value;
};

export const word: Reader<string> = (value, name) => {
  if (text(value, name) !== '') return value as string;
  throw new RangeError(`"${name}" expected text, got none`);
};

export const flag: Reader<boolean> = (value, name) => {
  if (typeof value === 'boolean') return value;
  throw new TypeError(`"${name}" expected true or false, got ${show(value)}`);
};

export const integer =
  (min: number, max: number): Reader<number> =>
  (value, name) => {
    if (Number.isInteger(value) && (value as number) >= min && (value as number) <= max) return value as number;
    throw new RangeError(`"${name}" expected an integer from ${min} to ${max}, got ${show(value)}`);
  };

/** `range` in words, for the error. */
export const number =
  (range: string, isIn: (value: number) => boolean): Reader<number> =>
  (value, name) => {
    if (typeof value === 'number' && isIn(value)) return value;
    throw new RangeError(`"${name}" expected a number ${range}, got ${show(value)}`);
  };

export const oneOf =
  <T extends string>(...choices: readonly T[]): Reader<T> =>
  (value, name) => {
    if (choices.includes(value as T)) return value as T;
    throw new RangeError(`"${name}" expected ${choices.join(' or ')}, got ${show(value)}`);
  };

/** 64 lower-case hex digits. What came is not shown: a secret may have been pasted there. */
export const hash: Reader<string> = (value, name) => {
  if (typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)) return value;
  const got = typeof value === 'string' ? `text of length ${value.length}` : `a value of type ${typeof value}`;
  throw new TypeError(`"${name}" expected 64 lower-case hex digits, got ${got}`);
};

/** A path below the plan's folder, with forward slashes, that means the same on every machine. */
export const file: Reader<string> = (value, name) => {
  const path = word(value, name);
  const parts = path.split('/');
  if (!/[\\:\p{Cc}]/u.test(path) && parts.every((part) => part !== '' && part !== '.' && part !== '..')) return path;
  throw new RangeError(
    `"${name}" expected a path below the plan's folder, such as data/prompts.jsonl, got ${show(path)}`,
  );
};

/** A list of at least one. */
export const list =
  <T>(read: Reader<T>): Reader<readonly T[]> =>
  (value, name) => {
    if (!Array.isArray(value)) throw new TypeError(`"${name}" expected a list, got ${show(value)}`);
    if (value.length === 0) throw new RangeError(`"${name}" expected at least one entry, got none`);
    return value.map((entry, i) => read(entry, `${name}[${i}]`));
  };
