/** What the students were served and what they said: files of the work folder, or of `data/`. @module */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type Exchange, exchangeOf } from '@taggant/probes';
import { tinyLmTokenizer } from '@taggant/tiny-lm';

export const OPENING = 16;
export const REPLY = 112;
export const WINDOW = OPENING + REPLY;

/** One line of a student's transcript: an answer after `shown`; or, without it, predictions on a served text. */
export interface Line {
  readonly ask: string;
  readonly shown?: readonly number[];
  /** Token ids; in reading mode `reply[i]` is what the student held likeliest after i tokens of the text. */
  readonly reply: readonly number[];
  /** Instead of the two, of a student with another tokenizer. */
  readonly shownText?: string;
  readonly replyText?: string;
}

/** A finished student, as run.py describes it. */
export interface Student {
  readonly id: string;
  readonly seed: number;
  readonly size: string;
  readonly from: string;
  readonly documents: number;
  readonly epochs: number;
  /** Share of each served mark; empty for a student of human text. */
  readonly mix: Readonly<Record<string, number>>;
  /** Which served texts of each mark it learned, or, if it learned none, is asked as if it had. */
  readonly served: Readonly<Record<string, readonly number[]>>;
  readonly loss: number;
  readonly seconds: number;
}

export interface Served {
  readonly opening: Uint32Array;
  readonly reply: Uint32Array;
}

export const linesOf = (path: string): Line[] =>
  gunzipSync(readFileSync(path))
    .toString()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

/** The finished students: of `data/manifest.json`, or of the lines that run.py appends in the work folder. */
export function studentsOf(folder: string): Student[] {
  const published = join(folder, 'manifest.json');
  if (existsSync(published)) return JSON.parse(readFileSync(published, 'utf8')).students;
  const file = join(folder, 'manifest.jsonl');
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
  return lines.map((line) => JSON.parse(line));
}

/** All served texts of a mark one after the other, `WINDOW` tokens each. */
export function servedRows(folder: string, mark: string): Uint16Array {
  const path = join(folder, 'served', `${mark}.u16`);
  const bytes = existsSync(path) ? readFileSync(path) : gunzipSync(readFileSync(`${path}.gz`));
  return Uint16Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readUInt16LE(2 * i));
}

/** The served texts of a mark with these numbers. */
export function servedTexts(folder: string, mark: string, numbers: readonly number[]): Served[] {
  const rows = servedRows(folder, mark);
  return numbers.map((i) => {
    const row = Uint32Array.from(rows.subarray(i * WINDOW, (i + 1) * WINDOW));
    return { opening: row.subarray(0, OPENING), reply: row.subarray(OPENING) };
  });
}

/** The exchanges of a text-only ask. */
export const exchangesOf = (lines: readonly Line[], ask: string): Exchange[] =>
  lines.filter((line) => line.ask === ask && isAnswer(line)).map(exchangeOfLine);

/** Whether the line is an answer, and no predictions. */
export const isAnswer = ({ shown, shownText }: Line): boolean => shown !== undefined || shownText !== undefined;

function exchangeOfLine({ shown, reply, shownText, replyText }: Line): Exchange {
  if (replyText === undefined) return { shown: [shown!], reply };
  return exchangeOf({ shown: [shownText!], reply: replyText, finish: 'length', continues: true }, TOKENIZER);
}

const TOKENIZER = tinyLmTokenizer();
