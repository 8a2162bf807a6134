/**
 * The text of an assignment file, checked field by field. Errors say where, and never what stands there: it is secret.
 * @module
 */
import { checkInteger, MAX_COHORTS } from '@taggant/core';
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
  const fields = asFields(parseJson(text), 'assignment', FIELDS, []);
  if (fields.assignment !== VERSION) throw new TypeError(`assignment expected "assignment": "${VERSION}"`);
  if (typeof fields.salt !== 'string' || !/^[0-9a-f]{64}$/.test(fields.salt)) {
    throw new TypeError('assignment.salt expected 64 lower-case hex digits');
  }
  const range = checkInteger(fields.range, 'assignment.range', 4, MAX_COHORTS);
  if (!Number.isInteger(Math.log2(range))) throw new RangeError('assignment.range expected a power of two');
  const content: Content = {
    assignment: VERSION,
    salt: fields.salt,
    range,
    epochs: asList(fields.epochs, 'assignment.epochs').map(parseEpoch),
    tenants: asList(fields.tenants, 'assignment.tenants').map((id, i) => asLabel(id, `assignment.tenants[${i}]`)),
    tiers: asList(fields.tiers, 'assignment.tiers').map((tier, i) => parseTier(tier, `assignment.tiers[${i}]`, range)),
    accounts: asList(fields.accounts, 'assignment.accounts').map((account, i) =>
      parseAccount(account, `assignment.accounts[${i}]`, range),
    ),
  };
  checkConsistent(content);
  return content;
}

function parseEpoch(value: unknown, i: number) {
  const name = `assignment.epochs[${i}]`;
  const { label, from } = asFields(value, name, ['label', 'from'], []);
  if (typeof from !== 'string' || !INSTANT.test(from) || Number.isNaN(Date.parse(from))) {
    throw new TypeError(`${name}.from expected an ISO 8601 instant with its time zone`);
  }
  return { label: asLabel(label, `${name}.label`), from };
}

function parseTier(value: unknown, name: string, range: number): Tier {
  const { id, number } = asFields(value, name, ['id', 'number'], []);
  return { id: asText(id, `${name}.id`), number: asNumber(number, `${name}.number`, range) };
}

function parseAccount(value: unknown, name: string, range: number): Account {
  const { id, number, tiers, tenant } = asFields(value, name, ['id', 'tiers'], ['number', 'tenant']);
  const account = {
    id: asText(id, `${name}.id`),
    ...(number === undefined ? {} : { number: asNumber(number, `${name}.number`, range) }),
    tiers: asList(tiers, `${name}.tiers`).map((tier, i) => asText(tier, `${name}.tiers[${i}]`)),
    ...(tenant === undefined ? {} : { tenant: asLabel(tenant, `${name}.tenant`) }),
  };
  if (account.number === undefined && account.tiers.length === 0) {
    throw new RangeError(`${name} expected a number of its own or a tier, got neither`);
  }
  return account;
}

function checkConsistent({ epochs, tenants, tiers, accounts }: Content): void {
  if (epochs.length === 0) throw new RangeError('assignment.epochs expected at least one epoch, got none');
  epochs.forEach(({ from }, i) => {
    if (i > 0 && !(Date.parse(from) > Date.parse(epochs[i - 1].from)))
      throw new RangeError(`assignment.epochs[${i}] expected to begin after the one before it`);
  });
  const labels = epochs.map(({ label }) => label);
  checkDistinct(labels, 'assignment.epochs', 'label');
  checkDistinct(tenants, 'assignment.tenants', 'tenant');
  const tierIds = tiers.map(({ id }) => id);
  checkDistinct(tierIds, 'assignment.tiers', 'id');
  checkDistinct(
    accounts.map(({ id }) => id),
    'assignment.accounts',
    'id',
  );
  checkDistinct(
    [...tiers, ...accounts].flatMap(({ number }) => number ?? []),
    'assignment.tiers and assignment.accounts',
    'number',
  );
  const [knownTiers, knownTenants] = [new Set(tierIds), new Set(tenants)];
  accounts.forEach((account, i) => {
    const name = `assignment.accounts[${i}]`;
    checkDistinct(account.tiers, `${name}.tiers`, 'tier');
    if (!account.tiers.every((tier) => knownTiers.has(tier)))
      throw new RangeError(`${name}.tiers expected tiers of the assignment`);
    if (account.tenant !== undefined && !knownTenants.has(account.tenant))
      throw new RangeError(`${name}.tenant expected a tenant of the assignment`);
  });
}

function checkDistinct(values: readonly unknown[], name: string, what: string): void {
  const seen = new Set<unknown>();
  values.forEach((value, i) => {
    if (seen.has(value))
      throw new RangeError(`${name}[${i}] expected another ${what} than those before it, got one of them`);
    seen.add(value);
  });
}

/** JSON.parse quotes its input in errors; so its message is dropped. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new TypeError('assignment expected a JSON object: the file is damaged or no assignment');
  }
}

function asFields(
  value: unknown,
  name: string,
  required: readonly string[],
  optional: readonly string[],
): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError(`${name} expected a JSON object`);
  }
  const fields = Object.keys(value);
  const missing = required.find((field) => !fields.includes(field));
  if (missing !== undefined) throw new TypeError(`${name} expected a field "${missing}"`);
  const unknown = fields.findIndex((field) => !required.includes(field) && !optional.includes(field));
  if (unknown >= 0) throw new TypeError(`${name} expected ${[...required, ...optional].join(', ')}, got another field`);
  return value as Record<string, unknown>;
}

function asList(value: unknown, name: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new TypeError(`${name} expected an array`);
  return value;
}

function asText(value: unknown, name: string): string {
  if (typeof value !== 'string' || value === '' || /\p{Surrogate}/u.test(value)) {
    throw new TypeError(`${name} expected well-formed text of at least one character`);
  }
  return value;
}

/** Labels of keys are put together with a slash: none in the parts, or two parties could get one key. */
function asLabel(value: unknown, name: string): string {
  if (asText(value, name).includes('/')) throw new TypeError(`${name} expected text without a slash`);
  return value as string;
}

/** The number itself is not shown. */
function asNumber(value: unknown, name: string, range: number): number {
  if (!Number.isInteger(value) || (value as number) < 1 || (value as number) >= range) {
    throw new RangeError(`${name} expected an integer from 1 to ${range - 1}`);
  }
  return value as number;
}

const FIELDS = ['assignment', 'salt', 'range', 'epochs', 'tenants', 'tiers', 'accounts'];
/** A date alone is midnight UTC; a time needs its zone, or the instant would depend on the machine. */
const INSTANT = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/;
