/**
 * Engines' own configurations, read field by field with errors that say what was expected. Values of key fields are never
 * shown: an error says what kind of value it got.
 * @module
 */
import { show } from '@taggant/core';

/** What a key field takes: an integer of a range, a list of them, or hex digits. */
export type KeyRange =
  | { readonly kind: 'integer' | 'integers'; readonly least: bigint; readonly most: bigint }
  | { readonly kind: 'hex' };

/**
 * One configuration. Reading a field takes it off the list of unknown ones; `finish` refuses what nobody read, because a
 * misspelt parameter would silently test for another mark.
 */
export class Config {
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #name: string;
  readonly #unread: Set<string>;
  readonly #secret = new Map<string, KeyRange>();
  readonly #large = new Set<string>();
  #isKeyPublic = false;

  /** `name`: what errors call it. */
  constructor(value: unknown, name: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new TypeError(`"${name}" expected a JSON object, got ${kindOf(value)}`);
    }
    this.#fields = value as Record<string, unknown>;
    this.#name = name;
    this.#unread = new Set(Object.keys(value));
  }

  integer(field: string, least: number, most: number, standard?: number): number {
    const value = this.#read(field, standard);
    if (!Number.isInteger(value)) this.#refuse(field, 'an integer', value);
    if ((value as number) < least || (value as number) > most)
      this.#refuse(field, `an integer from ${least} to ${most}`);
    return value as number;
  }

  number(field: string, least: number, most: number, standard?: number): number {
    const value = this.#read(field, standard);
    if (!Number.isFinite(value)) this.#refuse(field, 'a number', value);
    if ((value as number) < least || (value as number) > most) this.#refuse(field, `a number from ${least} to ${most}`);
    return value as number;
  }

  /** A share of green tokens: neither none nor all. */
  share(field: string, standard: number): number {
    const value = this.number(field, 0, 1, standard);
    if (value === 0 || value === 1) this.#refuse(field, 'a number between 0 and 1, neither of the two');
    return value;
  }

  choice<T extends string>(field: string, choices: readonly T[], standard?: T): T {
    const value = this.#read(field, standard);
    if (!choices.includes(value as T)) this.#refuse(field, `one of ${choices.join(', ')}`);
    return value as T;
  }

  /** Any text. Errors about it must not show it: it may hold a key. */
  text(field: string, standard?: string): string {
    const value = this.#read(field, standard);
    if (typeof value !== 'string') this.#refuse(field, 'a text', value);
    return value as string;
  }

  flag(field: string, standard?: boolean): boolean {
    const value = this.#read(field, standard);
    if (typeof value !== 'boolean') this.#refuse(field, 'a boolean', value);
    return value as boolean;
  }

  /** A field that is a word in one place of an engine and a boolean in another. */
  choiceOrFlag<T extends string>(field: string, choices: readonly T[], standard: T | boolean): T | boolean {
    return typeof this.#fields[field] === 'boolean' || (typeof standard === 'boolean' && !this.has(field))
      ? this.flag(field, standard as boolean)
      : this.choice(field, choices);
  }

  /** An integer key, as a number that a double holds exactly, or as decimal digits. */
  key(field: string, least: bigint, most: bigint, standard?: bigint): bigint {
    this.#secret.set(field, { kind: 'integer', least, most });
    const key = this.#keyOf(this.#read(field, standard), field, least, most);
    if (key === standard || PUBLIC_KEYS.includes(key)) this.#isKeyPublic = true;
    return key;
  }

  /** Several integer keys. */
  keys(field: string, least: bigint, most: bigint, count: { least: number; most: number }): bigint[] {
    this.#secret.set(field, { kind: 'integers', least, most });
    const value = this.#read(field, undefined);
    if (!Array.isArray(value) || value.length < count.least || value.length > count.most) {
      throw new TypeError(`"${this.#path(field)}" expected a list of ${count.least} to ${count.most} integers`);
    }
    const keys = value.map((one, i) => this.#keyOf(one, `${field}[${i}]`, least, most));
    if (SYNTHID_EXAMPLE.every((key, i) => keys[i] === key)) this.#isKeyPublic = true;
    return keys;
  }

  /** A key of 64 bits, as text of 1 to 16 hex digits, with or without 0x; undefined if absent. */
  hexKey(field: string): bigint | undefined {
    this.#secret.set(field, { kind: 'hex' });
    if (!this.has(field)) return undefined;
    const value = this.#read(field, undefined);
    if (typeof value !== 'string' || !/^(0[xX])?[0-9a-fA-F]{1,16}$/.test(value)) {
      throw new TypeError(`"${this.#path(field)}" expected text of 1 to 16 hex digits, got ${kindOf(value)}`);
    }
    return BigInt(`0x${value.replace(/^0[xX]/, '')}`);
  }

  /** The fields that hold keys, of those that there are. */
  get keyFields(): string[] {
    return [...this.#secret.keys()].filter((field) => this.has(field));
  }

  /** All fields that may hold keys, the main one first, with what they take. */
  get keyRanges(): ReadonlyMap<string, KeyRange> {
    return this.#secret;
  }

  /** Whether one of the keys that were read is the engine's default, or another that is in everybody's documentation. */
  get isKeyPublic(): boolean {
    return this.#isKeyPublic;
  }

  /** A part of another make, such as a trained detector's weights; undefined if absent. It is left out of the descriptor. */
  part(field: string): unknown {
    this.#large.add(field);
    return this.has(field) ? this.#read(field, undefined) : undefined;
  }

  /** Takes note of fields that say nothing about the mark, such as the engine's own thresholds. */
  ignore(...fields: readonly string[]): void {
    for (const field of fields) this.#unread.delete(field);
  }

  has(field: string): boolean {
    return this.#fields[field] !== undefined;
  }

  /** The configuration without its keys; throws when a field was never read. */
  finish(): Readonly<Record<string, unknown>> {
    const [unknown] = this.#unread;
    if (unknown !== undefined) throw new TypeError(`unknown field ${show(unknown)} in "${this.#name}"`);
    const open = Object.entries(this.#fields).filter(([field]) => !this.#secret.has(field) && !this.#large.has(field));
    return Object.freeze(Object.fromEntries(open));
  }

  #read(field: string, standard: unknown): unknown {
    this.#unread.delete(field);
    if (this.#fields[field] === null) this.#refuse(field, 'a value', null);
    const value = this.#fields[field] ?? standard;
    if (value === undefined) throw new TypeError(`"${this.#path(field)}" expected a value, got none`);
    return value;
  }

  #keyOf(value: unknown, field: string, least: bigint, most: bigint): bigint {
    const isInteger = typeof value === 'bigint' || Number.isSafeInteger(value);
    if (!isInteger && !(typeof value === 'string' && /^-?\d{1,20}$/.test(value))) {
      throw new TypeError(
        `"${this.#path(field)}" expected an integer, above 2^53 as a string of digits, got ${kindOf(value)}`,
      );
    }
    const key = BigInt(value as bigint | number | string);
    if (key < least || key > most) {
      throw new RangeError(`"${this.#path(field)}" expected an integer from ${least} to ${most}, got another`);
    }
    return key;
  }

  /** Says what kind of value came, and never the value: a key may have been pasted into the wrong field. */
  #refuse(field: string, expected: string, got?: unknown): never {
    if (got !== undefined) throw new TypeError(`"${this.#path(field)}" expected ${expected}, got ${kindOf(got)}`);
    throw new RangeError(`"${this.#path(field)}" expected ${expected}, got another`);
  }

  #path(field: string): string {
    return `${this.#name}.${field}`;
  }
}

/** Defaults of several engines. */
const PUBLIC_KEYS: readonly bigint[] = [0n, 42n, 15485863n];
/** How the keys begin that synthid-text and transformers show. */
const SYNTHID_EXAMPLE: readonly bigint[] = [654n, 400n, 836n, 123n];

const kindOf = (value: unknown) => (value === null ? 'null' : Array.isArray(value) ? 'an array' : `a ${typeof value}`);
