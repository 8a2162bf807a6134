/** Strict reading of parsed JSON: every field is named, checked, and known. @module */
import { show } from './check.ts';

/** Reads one field's value; `name` is its path, `plan.suspect.model`. `told`: what an error says of a value that is wrong. */
export type Reader<T> = (value: unknown, name: string, told?: Told) => T;

export type Told = (value: unknown) => string;

/** For files in which everything may be secret: errors say what kind of value came, and quote none. */
export const kindOf: Told = (value) => {
  if (value === undefined || value === null) return 'nothing';
  if (typeof value === 'object') return show(value);
  return typeof value === 'string' ? `text of length ${value.length}` : `a ${typeof value}`;
};

/** The fields of an object. Throws TypeError at the first that nobody knows: a misspelt one must not be passed over. */
export class Fields {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #name: string;
  readonly #told: Told;

  constructor(value: unknown, name: string, known: readonly string[], told: Told = show) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new TypeError(`"${name}" expected an object, got ${told(value)}`);
    }
    const unknown = Object.keys(value).find((field) => !known.includes(field));
    if (unknown !== undefined) throw new TypeError(`unknown field ${told(unknown)} in "${name}"`);
    this.#values = value as Record<string, unknown>;
    this.#name = name;
    this.#told = told;
  }

  has(field: string): boolean {
    return Object.hasOwn(this.#values, field) && this.#values[field] !== undefined;
  }

  /** A field that must be there. */
  get<T>(field: string, read: Reader<T>): T {
    return read(this.has(field) ? this.#values[field] : undefined, `${this.#name}.${field}`, this.#told);
  }

  /** The fields of these that are there, as an object to spread: an absent one stays absent. */
  optional<T extends Record<string, Reader<unknown>>>(readers: T): { [K in keyof T]?: ReturnType<T[K]> } {
    const there = Object.entries(readers).filter(([field]) => this.has(field));
    return Object.fromEntries(there.map(([field, read]) => [field, this.get(field, read)])) as never;
  }
}

/** Well-formed Unicode: a lone surrogate has no UTF-8, so that two texts would have one hash. */
export const text: Reader<string> = (value, name, told = show) => {
  if (typeof value !== 'string') throw new TypeError(`"${name}" expected text, got ${told(value)}`);
  if (/\p{Surrogate}/u.test(value))
    throw new RangeError(`"${name}" expected well-formed Unicode, got a lone surrogate`);
  return value;
};

export const word: Reader<string> = (value, name, told) => {
  if (text(value, name, told) !== '') return value as string;
  throw new RangeError(`"${name}" expected text, got none`);
};

export const flag: Reader<boolean> = (value, name, told = show) => {
  if (typeof value === 'boolean') return value;
  throw new TypeError(`"${name}" expected true or false, got ${told(value)}`);
};

export const integer =
  (min: number, max: number): Reader<number> =>
  (value, name, told = show) => {
    if (Number.isInteger(value) && (value as number) >= min && (value as number) <= max) return value as number;
    throw new RangeError(`"${name}" expected an integer from ${min} to ${max}, got ${told(value)}`);
  };

/** `range` in words, for the error. */
export const number =
  (range: string, isIn: (value: number) => boolean): Reader<number> =>
  (value, name, told = show) => {
    if (typeof value === 'number' && isIn(value)) return value;
    throw new RangeError(`"${name}" expected a number ${range}, got ${told(value)}`);
  };

export const oneOf =
  <T extends string>(...choices: readonly T[]): Reader<T> =>
  (value, name, told = show) => {
    if (choices.includes(value as T)) return value as T;
    throw new RangeError(`"${name}" expected ${choices.join(' or ')}, got ${told(value)}`);
  };

/** 64 lower-case hex digits. What came is not shown: a secret may have been pasted there. */
export const hash: Reader<string> = (value, name) => {
  if (typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)) return value;
  throw new TypeError(`"${name}" expected 64 lower-case hex digits, got ${kindOf(value)}`);
};

/** A path below the plan's folder, with forward slashes, that means the same on every machine. */
export const file: Reader<string> = (value, name, told = show) => {
  const path = word(value, name, told);
  const parts = path.split('/');
  if (!/[\\:\p{Cc}]/u.test(path) && parts.every((part) => part !== '' && part !== '.' && part !== '..')) return path;
  throw new RangeError(
    `"${name}" expected a path below the plan's folder, such as data/prompts.jsonl, got ${told(path)}`,
  );
};

/** A list of at least so many. */
export const list =
  <T>(read: Reader<T>, least: 0 | 1 = 1): Reader<readonly T[]> =>
  (value, name, told = show) => {
    if (!Array.isArray(value)) throw new TypeError(`"${name}" expected a list, got ${told(value)}`);
    if (value.length < least) throw new RangeError(`"${name}" expected at least one entry, got none`);
    return value.map((entry, i) => read(entry, `${name}[${i}]`, told));
  };

/** Throws RangeError for JSON in which an object names a field twice: readers differ in which of the two counts. */
export function refuseFieldsTwice(json: string, name: string): void {
  const open: Set<unknown>[] = [];
  let last = '';
  for (const [token] of json.matchAll(/"(?:[^"\\]+|\\.)*"|[{}:]/g)) {
    if (token === '{') open.push(new Set());
    else if (token === '}') open.pop();
    else if (token !== ':') last = token;
    else {
      const field = JSON.parse(last);
      if (open.at(-1)?.has(field)) {
        throw new RangeError(`"${name}" expected each field of an object once, got ${show(field)} twice`);
      }
      open.at(-1)?.add(field);
    }
  }
}

/** Throws RangeError where a value comes again: whatever hangs on it would be open. `at`: the path of the i-th, for the error. */
export function refuseTwice(values: readonly unknown[], at: (i: number) => string): void {
  const seen = new Map<unknown, number>();
  values.forEach((value, i) => {
    const first = seen.get(value);
    if (first !== undefined) throw new RangeError(`"${at(i)}" expected a new one, got that of "${at(first)}"`);
    seen.set(value, i);
  });
}
