/**
 * Mark descriptors: the public half of a mark as JSON, parsed at the border and trusted inside.
 * @module
 */
import { describeSecretText } from './bytes.ts';
import { checkFinite, checkInteger, checkOneOf, show, TOKEN_LIMIT } from './check.ts';
import { MAX_CONTEXT_WIDTH } from './context.ts';
import { parseGamma } from './gamma.ts';
import { SCHEMES, type Scheme } from './secret.ts';

/** Where a bias was meant to be added: its strength at temperature T differs by the factor T between the two. */
export type Stage = 'pre-temperature' | 'post-temperature';

/** Which tokenizer's ids the mark lives on. `vocabSize` is the width of a logits row: every id is below it. */
export interface TokenizerId {
  readonly name: string;
  readonly vocabSize: number;
  /** Hash of the tokenizer's file, hex, when it has one. */
  readonly sha256?: string;
}

/** The public half of any mark: JSON, without secrets. */
export interface MarkDescriptor {
  /** Whose mark, and which: `taggant/1`, or an engine's, such as `hf/greenlist`. */
  readonly mark: string;
  /** Names the key, without telling anything of it. */
  readonly kid?: string;
  readonly tokenizer?: TokenizerId;
  /** Token ids are below this; default: the tokenizer's number. */
  readonly vocabSize?: number;
  /** Which of the marks that one key gives; native marks only. */
  readonly cohort?: number;
}

interface NativeFields extends MarkDescriptor {
  readonly mark: 'taggant/1';
  readonly contextWidth: number;
  readonly cohort: number;
}

export interface GreenlistDescriptor extends NativeFields {
  readonly scheme: 'greenlist';
  /** Fraction such as `1/4`. */
  readonly gamma: string;
  /** Added to green logits, in nats, 0 to 100. */
  readonly delta: number;
  readonly stage: Stage;
}

export interface GumbelDescriptor extends NativeFields {
  readonly scheme: 'gumbel';
}

export interface TournamentDescriptor extends NativeFields {
  readonly scheme: 'tournament';
  /** m: tournament layers, 1 to 32. */
  readonly layers: number;
}

/** The public half of a native mark. */
export type NativeDescriptor = GreenlistDescriptor | GumbelDescriptor | TournamentDescriptor;

/**
 * Checks an object (a parsed JSON file, say) and fills in the defaults. Unknown fields are errors: a misspelt
 * parameter must not silently test for another mark.
 *
 * @example
 * parseDescriptor({ mark: 'taggant/1', scheme: 'greenlist', gamma: 0.25 }).contextWidth; // 2
 */
export function parseDescriptor(value: unknown): NativeDescriptor {
  const fields = asRecord(value, 'mark');
  checkOneOf(fields.mark, 'mark', ['taggant/1']);
  const scheme = checkOneOf(fields.scheme, 'scheme', SCHEMES);
  refuseUnknown(fields, [...COMMON_FIELDS, ...OWN_FIELDS[scheme]], `a ${scheme} mark`);
  const { contextWidth = DEFAULT_WIDTH[scheme], cohort = 0, kid, tokenizer } = fields;
  const common = {
    mark: 'taggant/1' as const,
    contextWidth: checkInteger(contextWidth, 'contextWidth', 0, MAX_CONTEXT_WIDTH),
    cohort: checkInteger(cohort, 'cohort', 0, MAX_COHORTS - 1),
    ...(kid === undefined ? {} : { kid: parseHex(kid, 'kid', 16) }),
    ...(tokenizer === undefined ? {} : { tokenizer: parseTokenizerId(tokenizer) }),
  };
  if (scheme === 'gumbel') return Object.freeze({ ...common, scheme });
  if (scheme === 'tournament') {
    const { layers = 30 } = fields;
    return Object.freeze({ ...common, scheme, layers: checkInteger(layers, 'layers', 1, 32) });
  }
  const { gamma = '1/4', delta = 2, stage = 'pre-temperature' } = fields;
  return Object.freeze({
    ...common,
    scheme,
    gamma: parseGamma(gamma as string | number).text,
    delta: parseDelta(delta),
    stage: checkOneOf(stage, 'stage', ['pre-temperature', 'post-temperature']),
  });
}

/** The descriptor as canonical JSON: fixed order of fields, two-space indent, no secrets. */
export function printDescriptor(descriptor: NativeDescriptor): string {
  const parsed = parseDescriptor(descriptor) as unknown as Record<string, unknown>;
  const ordered = FIELD_ORDER.filter((name) => parsed[name] !== undefined).map((name) => [name, parsed[name]]);
  return `${JSON.stringify(Object.fromEntries(ordered), null, 2)}\n`;
}

/** The title of a native mark: `greenlist gamma 1/4 delta 2, context 2`. */
export function titleOf(descriptor: NativeDescriptor): string {
  const own = {
    greenlist: () =>
      ` gamma ${(descriptor as GreenlistDescriptor).gamma} delta ${(descriptor as GreenlistDescriptor).delta}`,
    gumbel: () => '',
    tournament: () => ` ${(descriptor as TournamentDescriptor).layers} layers`,
  }[descriptor.scheme]();
  return `${descriptor.scheme}${own}, context ${descriptor.contextWidth}`;
}

export function parseTokenizerId(value: unknown): TokenizerId {
  const fields = asRecord(value, 'tokenizer');
  refuseUnknown(fields, ['name', 'vocabSize', 'sha256'], 'a tokenizer');
  if (typeof fields.name !== 'string')
    throw new TypeError(`"tokenizer.name" expected a string, got ${show(fields.name)}`);
  return Object.freeze({
    name: fields.name,
    vocabSize: checkInteger(fields.vocabSize, 'tokenizer.vocabSize', 1, TOKEN_LIMIT),
    ...(fields.sha256 === undefined ? {} : { sha256: parseHex(fields.sha256, 'tokenizer.sha256', 64) }),
  });
}

/** Throws when text was tokenized by another tokenizer than the mark's. Equal hashes outweigh names. */
export function checkSameTokenizer(marked: TokenizerId | undefined, given: TokenizerId): void {
  if (marked === undefined) return;
  const hashes = marked.sha256 !== undefined && given.sha256 !== undefined;
  if (hashes ? marked.sha256 === given.sha256 : marked.name === given.name && given.vocabSize <= marked.vocabSize)
    return;
  const text = (id: TokenizerId) =>
    `${show(id.name)} (${id.vocabSize} ids${id.sha256 === undefined ? '' : `, sha256 ${id.sha256.slice(0, 12)}...`})`;
  throw new RangeError(`"tokenizer" expected the mark's ${text(marked)}, got ${text(given)}`);
}

function asRecord(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError(`"${name}" expected a JSON object, got ${show(value)}`);
  }
  return value as Record<string, unknown>;
}

function refuseUnknown(fields: Record<string, unknown>, known: readonly string[], what: string): void {
  const unknown = Object.keys(fields).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new TypeError(`unknown field ${show(unknown)} in ${what}`);
}

/** A negative delta would hide the mark from the upper tail that is tested; float32 logits end long after 100. */
function parseDelta(value: unknown): number {
  const delta = checkFinite(value, 'delta');
  if (delta < 0 || delta > 100) throw new RangeError(`"delta" expected a number from 0 to 100, got ${delta}`);
  return delta;
}

/** The value is not shown: where a kid is expected, a key may have been pasted. */
function parseHex(value: unknown, name: string, digits: number): string {
  if (typeof value !== 'string' || !new RegExp(`^[0-9a-f]{${digits}}$`).test(value)) {
    throw new TypeError(`"${name}" expected ${digits} lower-case hex digits, got ${describeSecretText(value)}`);
  }
  return value;
}

/** A cohort's number has 24 bits, as a token id has. */
export const MAX_COHORTS = 2 ** 24;

/** Distribution marks repeat a whole draw when a context repeats, so they look further back than a bias does. */
const DEFAULT_WIDTH: Record<Scheme, number> = { greenlist: 2, gumbel: 4, tournament: 4 };
const COMMON_FIELDS: readonly string[] = ['mark', 'scheme', 'contextWidth', 'cohort', 'kid', 'tokenizer'];
const OWN_FIELDS: Record<Scheme, readonly string[]> = {
  greenlist: ['gamma', 'delta', 'stage'],
  gumbel: [],
  tournament: ['layers'],
};
const FIELD_ORDER = [
  'mark',
  'scheme',
  'gamma',
  'delta',
  'layers',
  'contextWidth',
  'cohort',
  'kid',
  'tokenizer',
  'stage',
];
