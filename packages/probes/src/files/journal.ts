/**
 * The journal of a run: every answer in order of arrival, on disk before it counts.
 *
 * The first line names the plan by its commitment; each other holds one prompt's outcome with what it cost, or what attempts
 * cost that came to nothing, and is written in one go and flushed. A process may die at any moment: a line that it was writing
 * is cut off by the next one. What cannot be promised: a request in flight at that moment is asked again, and its cost is
 * forgotten.
 * @module
 */
import { closeSync, fsyncSync, openSync, readFileSync, statSync, truncateSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { Fields, hash, integer, oneOf } from '@taggant/core/fields';
import { flushFolder } from '@taggant/core/whole-file';
import { linesOf, parseJson } from '../json-lines.ts';
import { OUTCOME_FIELDS, type Outcome, ordered, outcomeOf } from './transcript.ts';

/** What an answer cost: requests with retries, tokens of prompts and answers. */
export interface Cost {
  readonly requests: number;
  readonly tokens: number;
}

/** Why a run ended: every prompt was asked, the stopping rule said so, or the budget was spent. */
export type RunEnd = 'complete' | 'stopped' | 'budget';

export interface RunSummary extends Cost {
  readonly end: RunEnd;
  /** Lines of the transcript; answers behind them in the journal are unused. */
  readonly used: number;
}

export interface Journal {
  /** The outcome of the prompt that the plan asks i-th, by i. */
  readonly outcomes: ReadonlyMap<number, Outcome>;
  readonly spent: Cost;
  /** Of a run that has ended. */
  readonly summary?: RunSummary;
  /** Returns when the line is on disk. */
  append(i: number, outcome: Outcome, cost: Cost): void;
  /** What was spent on prompts that have no outcome yet. */
  charge(cost: Cost): void;
  /** The last line of all. */
  end(summary: RunSummary): void;
  close(): void;
}

/**
 * Opens the journal of a run, or begins one. Throws when it belongs to another plan, or is damaged elsewhere than at its end.
 * `count`: how many prompts the plan has.
 */
export function openJournal(path: string, commitment: string, count: number): Journal {
  const header = { journal: 'taggant/1', plan: commitment };
  const known = readJournal(path, commitment, count);
  if (known.bytes < (statSync(path, { throwIfNoEntry: false })?.size ?? 0)) truncateSync(path, known.bytes);
  const file = openSync(path, 'a', 0o600);
  const write = (text: string) => {
    const bytes = Buffer.from(`${text}\n`);
    if (writeSync(file, bytes) !== bytes.length) throw new Error(`${path}: no room for a whole line`);
    fsyncSync(file);
  };
  // What could not be read again must not get there: it would end the run for good.
  const writeEntry = (value: object) => {
    const text = JSON.stringify(value);
    parseEntry(parseJson(text, path), path, count);
    write(text);
  };
  if (known.bytes === 0) {
    write(JSON.stringify(header));
    flushFolder(dirname(path));
  }
  return {
    ...known,
    append: (i, outcome, cost) => writeEntry({ i, ...ordered(outcome), requests: cost.requests, tokens: cost.tokens }),
    charge: ({ requests, tokens }) => writeEntry({ requests, tokens }),
    end: ({ end, used, requests, tokens }) => writeEntry({ end, used, requests, tokens }),
    close: () => closeSync(file),
  };
}

interface Answered extends Cost {
  readonly i: number;
  readonly outcome: Outcome;
}

interface Known {
  readonly outcomes: Map<number, Outcome>;
  readonly spent: Cost;
  readonly summary?: RunSummary;
  /** Up to the end of the last whole line. */
  readonly bytes: number;
}

function readJournal(path: string, commitment: string, count: number): Known {
  const contents = statSync(path, { throwIfNoEntry: false }) === undefined ? Buffer.alloc(0) : readFileSync(path);
  const bytes = contents.lastIndexOf(0x0a) + 1;
  const outcomes = new Map<number, Outcome>();
  let spent = { requests: 0, tokens: 0 };
  let summary: RunSummary | undefined;
  let isHeader = true;
  for (const { text, name } of linesOf(contents.subarray(0, bytes), path)) {
    const value = parseJson(text, name);
    if (isHeader) {
      checkHeader(value, path, commitment);
      isHeader = false;
      continue;
    }
    if (summary !== undefined) throw new RangeError(`"${name}" expected nothing behind the end of a run`);
    const entry = parseEntry(value, name, count);
    if ('end' in entry) {
      summary = entry;
      continue;
    }
    spent = { requests: spent.requests + entry.requests, tokens: spent.tokens + entry.tokens };
    if (!('i' in entry)) continue;
    const { i, outcome } = entry;
    if (outcomes.has(i)) throw new RangeError(`"${name}.i" expected a number that is new, got ${i}`);
    outcomes.set(i, outcome);
  }
  return { outcomes, spent, summary, bytes };
}

/** Any line but the first. */
function parseEntry(value: unknown, name: string, count: number): RunSummary | Cost | Answered {
  if (has(value, 'end')) return parseRunSummary(value, name);
  if (!has(value, 'i')) return costOf(new Fields(value, name, ['requests', 'tokens']));
  const fields = new Fields(value, name, ['i', ...OUTCOME_FIELDS, 'requests', 'tokens']);
  return { i: fields.get('i', integer(0, count - 1)), outcome: outcomeOf(fields, name), ...costOf(fields) };
}

function checkHeader(value: unknown, path: string, commitment: string): void {
  const fields = new Fields(value, `${path}:1`, ['journal', 'plan']);
  fields.get('journal', oneOf('taggant/1'));
  const plan = fields.get('plan', hash);
  if (plan !== commitment) {
    throw new RangeError(
      `${path} belongs to another plan: its commitment is ${plan.slice(0, 16)}..., this plan's ${commitment.slice(0, 16)}...`,
    );
  }
}

/** How a run ended. */
export function parseRunSummary(value: unknown, name: string): RunSummary {
  const fields = new Fields(value, name, ['end', 'used', 'requests', 'tokens']);
  return {
    end: fields.get('end', oneOf('complete', 'stopped', 'budget')),
    used: fields.get('used', AMOUNT),
    ...costOf(fields),
  };
}

const has = (value: unknown, field: string) => typeof value === 'object' && value !== null && field in value;
const costOf = (fields: Fields): Cost => ({
  requests: fields.get('requests', AMOUNT),
  tokens: fields.get('tokens', AMOUNT),
});
const AMOUNT = integer(0, Number.MAX_SAFE_INTEGER);
