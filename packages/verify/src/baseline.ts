/** What a later run is compared with: the numbers of every text. @module */
import type { Mark, MarkDescriptor } from '@taggant/core';
import type { Values } from './measures/measure.ts';

/** A baseline file. It holds no text and no key. */
export interface Baseline {
  readonly baseline: 'taggant/1';
  readonly mark: MarkDescriptor;
  readonly deployment: string;
  readonly software: { readonly name: string; readonly version: string };
  /** Length asked for: texts of another length cannot be compared. */
  readonly maxTokens: number;
  /** A hash of prompts and lengths: where it is the same, texts are compared pair by pair. */
  readonly prompts?: string;
  /** By measure, then by text. */
  readonly measures: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** Numbers of a run in the form of a file. Rounded to 9 digits: more is noise. */
export function measuresOf(values: Values): Baseline['measures'] {
  const rounded = (value: number) => Number(value.toPrecision(9));
  return Object.fromEntries(
    [...values].map(([id, byText]) => [
      id,
      Object.fromEntries([...byText].map(([text, value]) => [text, rounded(value)])),
    ]),
  );
}

/**
 * Reads a baseline. Throws TypeError for what is none, RangeError for a baseline of another mark: nothing of it could be compared.
 *
 * @example
 * const baseline = parseBaseline(await readFile('baseline.json', 'utf8'), mark);
 */
export function parseBaseline(text: string, mark: Mark): Baseline {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new TypeError('baseline expected JSON, got something else');
  }
  if (typeof value !== 'object' || value === null || (value as Baseline).baseline !== 'taggant/1') {
    throw new TypeError('baseline expected "baseline": "taggant/1", as verify --save-baseline writes it');
  }
  const baseline = value as Baseline;
  if (!isRecord(baseline.mark)) throw new TypeError('"baseline.mark" expected a mark');
  const [was, is] = [settingsOf(baseline.mark), settingsOf(mark.descriptor)];
  if (was !== is) throw new RangeError(`baseline expected of ${is}, got one of ${was}`);
  const measures = isRecord(baseline.measures) ? Object.entries(baseline.measures) : [];
  if (measures.length === 0) throw new TypeError('"baseline.measures" expected the numbers of at least one measure');
  for (const [id, texts] of measures) {
    if (!isRecord(texts) || !Object.values(texts).every(Number.isFinite)) {
      throw new TypeError(`baseline.measures[${JSON.stringify(id)}] expected finite numbers by text`);
    }
  }
  return baseline;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** With the key's id: texts of one key share its luck where they share contexts, so that another key is another deployment. */
const settingsOf = (descriptor: MarkDescriptor): string => JSON.stringify(descriptor);
