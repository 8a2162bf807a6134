/**
 * Files and standard input (`-`) as strictly decoded UTF-8: whole, line by line, or as JSONL. Files named `.gz` and `.zst`
 * are decompressed on the way.
 *
 * Lines are cut from the bytes, so that memory holds a chunk of lines at a time and no character is split between chunks.
 * Errors name the place, and never quote what was read: it may be a keyring given by mistake.
 * @module
 */
import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { decompressed } from './compression.ts';
import { at, CommandError } from './errors.ts';

/** Whole lines of a file, as bytes. */
export interface Lines {
  /** How errors call the file. */
  readonly name: string;
  /** Number of the first line, from 1, and its offset in bytes. */
  readonly line: number;
  readonly offset: number;
  readonly bytes: Uint8Array;
}

export interface Line {
  /** `file:line`, for errors and for inputs without an id. */
  readonly place: string;
  readonly text: string;
}

export interface JsonLine {
  readonly place: string;
  readonly fields: Record<string, unknown>;
}

/** Called with the number of bytes read since the last call, as they are in the file. */
export type OnBytes = (bytes: number) => void;

/** The JSON objects of a file, one a line; blank lines are skipped. */
export async function* readJsonLines(path: string): AsyncGenerator<JsonLine> {
  for await (const lines of readLines(path)) yield* jsonLinesOf(lines);
}

/** A file in pieces of whole lines, each piece as soon as its bytes are there. */
export async function* readLines(path: string, onBytes?: OnBytes): AsyncGenerator<Lines> {
  const name = nameOf(path);
  let unfinished: Uint8Array[] = [];
  let length = 0;
  let [line, offset] = [1, 0];
  const take = (part: Uint8Array, ofFirstLine: number) => {
    if (length + ofFirstLine > MAX_BYTES)
      throw new CommandError(`${name}:${line}: the line is longer than ${MAX_WORDS}`);
    if (part.length > 0) unfinished.push(part);
    length += part.length;
  };
  const whole = (): Lines => {
    const lines = { name, line, offset, bytes: unfinished.length === 1 ? unfinished[0] : Buffer.concat(unfinished) };
    line += count(lines.bytes, NEWLINE);
    offset += length;
    [unfinished, length] = [[], 0];
    return lines;
  };
  for await (const chunk of readChunks(path, onBytes)) {
    const end = chunk.lastIndexOf(NEWLINE) + 1;
    if (end > 0) {
      take(chunk.subarray(0, end), chunk.indexOf(NEWLINE));
      yield whole();
    }
    take(chunk.subarray(end), chunk.length - end);
  }
  if (length > 0) yield whole();
}

/** The JSON objects of whole lines; throws at the first line that holds none. */
export function* jsonLinesOf(lines: Lines): Generator<JsonLine> {
  const { name, bytes } = lines;
  for (const { from, to, line } of rangesOf(lines)) {
    const place = `${name}:${line}`;
    const text = decode(bytes.subarray(from, to), { place, offset: lines.offset + from, first: line === 1 });
    yield { place, fields: parseObject(text, place) };
  }
}

/** How many lines are not blank. */
export function countLines(lines: Lines): number {
  let n = 0;
  for (const _ of rangesOf(lines)) n++;
  return n;
}

/** The lines after the first `skipped` that are not blank. */
export function linesAfter(lines: Lines, skipped: number): Lines {
  for (const { from, line } of rangesOf(lines)) {
    if (skipped-- === 0) return { ...lines, line, offset: lines.offset + from, bytes: lines.bytes.subarray(from) };
  }
  return { ...lines, bytes: new Uint8Array(0) };
}

/** Where the lines stand that are not blank, without their ends. */
function* rangesOf({ bytes, line }: Lines): Generator<{ from: number; to: number; line: number }> {
  for (let from = 0; from < bytes.length; line++) {
    const newline = bytes.indexOf(NEWLINE, from);
    const to = newline < 0 ? bytes.length : newline;
    // What begins with a brace is not blank; asking every line would cost as much as parsing it.
    if (bytes[from] === BRACE || utf8.decode(bytes.subarray(from, to)).trim() !== '') yield { from, to, line };
    from = to + 1;
  }
}

/** A whole file as text. */
export async function readText(path: string, onBytes?: OnBytes): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of readChunks(path, onBytes)) {
    chunks.push(chunk);
    if ((length += chunk.length) > MAX_BYTES) throw new CommandError(`${nameOf(path)}: is longer than ${MAX_WORDS}`);
  }
  return decode(Buffer.concat(chunks, length), { place: nameOf(path), offset: 0, first: true });
}

/** A JSON value. The parser's own message quotes its input, which may hold secrets; so it is dropped. */
export function parseJson(text: string, place: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new CommandError(`${place}: expected JSON, got text that is none, or that was cut off`);
  }
}

/**
 * A JSON value whose integers of 16 digits and more are bigints: engines' keys go up to 2^64, and as numbers they would be
 * rounded in silence.
 */
export function parseJsonExactly(text: string, place: string): unknown {
  const mark = `bigint ${randomUUID()} `;
  const parts: string[] = [];
  let from = 0;
  const token = /"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
  for (let found = token.exec(text); found !== null; found = token.exec(text)) {
    const [part] = found;
    if (part === '"') token.lastIndex = endOfString(text, found.index);
    else if (/^-?\d{16,}$/.test(part)) {
      parts.push(text.slice(from, found.index), `"${mark}${part}"`);
      from = token.lastIndex;
    }
  }
  const value = parseJson([...parts, text.slice(from)].join(''), place);
  return parts.length === 0 ? value : withBigInts(value, mark);
}

/** Behind the string that begins at `start`, or the end of a text in which it has none. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

function withBigInts(value: unknown, mark: string): unknown {
  if (typeof value === 'string') return value.startsWith(mark) ? BigInt(value.slice(mark.length)) : value;
  if (Array.isArray(value)) return value.map((item) => withBigInts(item, mark));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withBigInts(item, mark)]));
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** How errors call a path. */
export const nameOf = (path: string) => (path === '-' ? 'stdin' : path);

function parseObject(text: string, place: string): Record<string, unknown> {
  const value = parseJson(text, place);
  if (isObject(value)) return value;
  const got = Array.isArray(value) ? 'an array' : value === null ? 'null' : `a ${typeof value}`;
  throw new CommandError(`${place}: expected a JSON object a line, got ${got}`);
}

async function* readChunks(path: string, onBytes?: OnBytes): AsyncGenerator<Buffer> {
  try {
    const file: AsyncIterable<Buffer> =
      path === '-' ? process.stdin : createReadStream(path, { highWaterMark: CHUNK_BYTES });
    yield* decompressed(path, onBytes === undefined ? file : counted(file, onBytes));
  } catch (error) {
    throw at(`cannot read ${nameOf(path)}`, error);
  }
}

async function* counted(chunks: AsyncIterable<Buffer>, onBytes: OnBytes): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    onBytes(chunk.length);
    yield chunk;
  }
}

function count(bytes: Uint8Array, value: number): number {
  let n = 0;
  for (let at = bytes.indexOf(value); at >= 0; at = bytes.indexOf(value, at + 1)) n++;
  return n;
}

function decode(
  bytes: Uint8Array,
  { place, offset, first }: { place: string; offset: number; first: boolean },
): string {
  try {
    // A byte order mark is dropped where it may stand, at the start of a file, and nowhere else.
    return (first ? strictAtStart : strict).decode(bytes);
  } catch {
    throw new CommandError(`${place}: expected UTF-8, got an invalid sequence at byte ${offset + invalidAt(bytes)}`);
  }
}

/** Index of the first byte that no UTF-8 text could have there; the length when the end cuts a character off. */
function invalidAt(bytes: Uint8Array): number {
  const isPrefix = (length: number) => {
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, length), { stream: true });
      return true;
    } catch {
      return false;
    }
  };
  let [good, bad] = [0, bytes.length + 1];
  while (bad - good > 1) {
    const middle = (good + bad) >>> 1;
    if (isPrefix(middle)) good = middle;
    else bad = middle;
  }
  return good;
}

const utf8 = new TextDecoder('utf-8');
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const strictAtStart = new TextDecoder('utf-8', { fatal: true });
const NEWLINE = 0x0a;
const BRACE = 0x7b;
const CHUNK_BYTES = 1 << 18;
/** Below V8's longest string (2^29 - 24 characters). */
const MAX_BYTES = 1 << 28;
const MAX_WORDS = '256 MiB';
