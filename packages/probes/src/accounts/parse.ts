/**
 * The text of an assignment file, checked field by field. Errors say where, and never what stands there: it is secret.
 * @module
 */
import { MAX_COHORTS } from '@taggant/core';
import { Fields, hash, integer, kindOf, list, oneOf, type Reader, refuseTwice, word } from '@taggant/core/fields';
import { parseJson } from '../json-lines.ts';
import type { Account, Tier } from './assignment.ts';

/** What stands in the file. */
export interface Content {
  readonly assignment: typeof VERSION;
  /** 32 random bytes, hex: they hide the rest under the commitment. */
  readonly salt: string;
  readonly range: number;
  readonly epochs: readonly { readonly label: string; readonly from: string }[];
  readonly tenants: readonly string[];
  readonly tiers: readonly Tier[];
  readonly accounts: readonly Account[];
}

export const VERSION = 'taggant/1';

/** @internal */
export function parseContent(text: string): Content {
  const fields = secretFields(parseJson(text, 'assignment'), 'assignment', FIELDS);
  const assignment = fields.get('assignment', oneOf(VERSION));
  const range = fields.get('range', powerOfTwo);
  const number = integer(1, range - 1);
  const content: Content = {
    assignment,
    salt: fields.get('salt', hash),
    range,
    epochs: fields.get('epochs', list(epoch)),
    tenants: fields.get('tenants', list(label, 0)),
    tiers: fields.get('tiers', list(tier(number), 0)),
    accounts: fields.get('accounts', list(account(number), 0)),
  };
  checkConsistent(content);
  return content;
}

const secretFields = (value: unknown, name: string, known: readonly string[]) => new Fields(value, name, known, kindOf);

const powerOfTwo: Reader<number> = (value, name, told) => {
  const range = integer(4, MAX_COHORTS)(value, name, told);
  if (Number.isInteger(Math.log2(range))) return range;
  throw new RangeError(`"${name}" expected a power of two, got another number`);
};

const epoch: Reader<Content['epochs'][number]> = (value, name) => {
  const fields = secretFields(value, name, ['label', 'from']);
  return { label: fields.get('label', label), from: fields.get('from', instant) };
};

/** Labels of keys are put together with a slash: none in the parts, or two parties could get one key. */
const label: Reader<string> = (value, name, told) => {
  const text = word(value, name, told);
  if (!text.includes('/')) return text;
  throw new RangeError(`"${name}" expected text without a slash, got one`);
};

/** A date alone is midnight UTC; a time needs its zone, or the instant would depend on the machine. */
const instant: Reader<string> = (value, name, told) => {
  const text = word(value, name, told);
  if (INSTANT.test(text) && !Number.isNaN(Date.parse(text))) return text;
  throw new RangeError(`"${name}" expected an ISO 8601 instant with its time zone, got other text`);
};

const tier =
  (number: Reader<number>): Reader<Tier> =>
  (value, name) => {
    const fields = secretFields(value, name, ['id', 'number']);
    return { id: fields.get('id', word), number: fields.get('number', number) };
  };

const account =
  (number: Reader<number>): Reader<Account> =>
  (value, name) => {
    const fields = secretFields(value, name, ['id', 'number', 'tiers', 'tenant']);
    const parsed = {
      id: fields.get('id', word),
      ...fields.optional({ number }),
      tiers: fields.get('tiers', list(word, 0)),
      ...fields.optional({ tenant: label }),
    };
    if (parsed.number !== undefined || parsed.tiers.length > 0) return parsed;
    throw new RangeError(`"${name}" expected a number of its own or a tier, got neither`);
  };

function checkConsistent({ epochs, tenants, tiers, accounts }: Content): void {
  epochs.forEach(({ from }, i) => {
    if (i > 0 && !(Date.parse(from) > Date.parse(epochs[i - 1].from)))
      throw new RangeError(`"assignment.epochs[${i}]" expected to begin after the one before it`);
  });
  const at = (name: string, field: string) => (i: number) => `assignment.${name}[${i}]${field}`;
  const ids = (ones: readonly { readonly id: string }[]) => ones.map(({ id }) => id);
  refuseTwice(
    epochs.map(({ label }) => label),
    at('epochs', '.label'),
  );
  refuseTwice(tenants, at('tenants', ''));
  refuseTwice(ids(tiers), at('tiers', '.id'));
  refuseTwice(ids(accounts), at('accounts', '.id'));
  const numbers = [
    ...tiers.map(({ number }, i) => ({ number, i, of: 'tiers' })),
    ...accounts.map(({ number }, i) => ({ number, i, of: 'accounts' })),
  ].filter(({ number }) => number !== undefined);
  refuseTwice(
    numbers.map(({ number }) => number),
    (n) => at(numbers[n].of, '.number')(numbers[n].i),
  );
  const [knownTiers, knownTenants] = [new Set(ids(tiers)), new Set(tenants)];
  accounts.forEach(({ tiers, tenant }, i) => {
    const name = at('accounts', '')(i);
    refuseTwice(tiers, (j) => `${name}.tiers[${j}]`);
    if (!tiers.every((tier) => knownTiers.has(tier)))
      throw new RangeError(`"${name}.tiers" expected tiers of the assignment, got another`);
    if (tenant !== undefined && !knownTenants.has(tenant))
      throw new RangeError(`"${name}.tenant" expected a tenant of the assignment, got another`);
  });
}

const FIELDS: readonly (keyof Content)[] = ['assignment', 'salt', 'range', 'epochs', 'tenants', 'tiers', 'accounts'];
const INSTANT = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/;
