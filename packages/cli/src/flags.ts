/** Parsers of flag values, strict, and flags that several commands share. @module */
import { type Command, InvalidArgumentError, Option } from 'commander';

export const number = (words: string, accept: (value: number) => boolean) => (text: string) => {
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  if (Number.isFinite(value) && accept(value)) return value;
  throw new InvalidArgumentError(`Expected ${words}.`);
};

export const integer = (min: number, max: number) =>
  number(`an integer from ${min} to ${max}`, (value) => Number.isInteger(value) && value >= min && value <= max);

export const finite = number('a number', () => true);
export const aboveZero = number('a number above 0', (value) => value > 0);
export const probability = number('a number in (0, 1)', (value) => value > 0 && value < 1);
export const share = number('a number in (0, 1]', (value) => value > 0 && value <= 1);
export const atLeastZero = number('a number of at least 0', (value) => value >= 0);

/** A date (its first instant, UTC) or an instant with its zone, as an ISO 8601 instant. */
export function instant(text: string): string {
  const date = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(text)
    ? new Date(text)
    : undefined;
  if (date !== undefined && !Number.isNaN(date.getTime())) return date.toISOString();
  throw new InvalidArgumentError('Expected an ISO 8601 date or instant with a zone, such as 2027-01-31T00:00:00Z.');
}

export const choice = (flags: string, description: string, choices: readonly string[]) =>
  new Option(flags, description).choices([...choices]);

export interface KeyringFlags {
  readonly keyring: string;
  readonly allowReadableKeyring?: boolean;
}

export const withKeyring = (command: Command) =>
  command
    .option('--keyring <file>', 'file of secret keys, mode 0600', 'taggant-keys.json')
    .option('--allow-readable-keyring', 'accept a keyring that others may read');
