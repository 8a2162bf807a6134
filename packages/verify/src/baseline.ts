/** What a later run is compared with: the numbers of every text. @module */
import type { Mark, MarkDescriptor } from '@taggant/core';
import type { Values } from './measures/measure.ts';

/** A baseline file. It holds no text and no key. */
export interface Baseline {
  readonly baseline: 'taggant/1';
  readonly mark: MarkDescriptor;
  readonly deployment: string;
  readonly software: { readonly name: string; readonly version: string };
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
  const [was, is] = [settingsOf(baseline.mark), settingsOf(mark.descriptor)];
  if (was !== is) throw new RangeError(`baseline expected of ${is}, got one of ${was}`);
  for (const [id, texts] of Object.entries(baseline.measures ?? {})) {
    const isBad = typeof texts !== 'object' || texts === null || !Object.values(texts).every(Number.isFinite);
    if (isBad) throw new TypeError(`baseline.measures[${JSON.stringify(id)}] expected finite numbers by text`);
  }
  return { ...baseline, measures: baseline.measures ?? {} };
}

/** Without the key's id: another key of the same settings is as strong. */
function settingsOf({ kid: _, ...settings }: MarkDescriptor): string {
  return JSON.stringify(settings);
}
