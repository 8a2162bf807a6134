/**
 * Files and standard input (`-`) as strictly decoded UTF-8: whole, line by line, or as JSONL.
 *
 * Lines are cut from the bytes, so that memory holds one line at a time and no character is split between chunks.
 * Errors name the place, and never quote what was read: it may be a keyring given by mistake.
 * @module
 */
import { createReadStream } from 'node:fs';
import { at, CommandError } from './errors.ts';

export interface Line {
  /** `file:line`, for errors and for inputs without an id. */
  readonly place: string;
  readonly text: string;
}

export interface JsonLine {
  readonly place: string;
  readonly fields: Record<string, unknown>;
}

/** Called with the number of bytes read since the last call. */
export type OnBytes = (bytes: number) => void;

/** The JSON objects of a file, one a line; blank lines are skipped. */
export async function* readJsonLines(path: string, onBytes?: OnBytes): AsyncGenerator<JsonLine> {
  for await (const { place, text } of readLines(path, onBytes)) {
    if (text.trim() !== '') yield { place, fields: parseObject(text, place) };
  }
}

async function* readLines(path: string, onBytes: OnBytes = () => {}): AsyncGenerator<Line> {
  const name = nameOf(path);
  let parts: Buffer[] = [];
  let length = 0;
  let number = 0;
  let offset = 0;
  const take = (part: Buffer) => {
    length += part.length;
    if (length > MAX_BYTES) throw new CommandError(`${name}:${number + 1}: the line is longer than ${MAX_WORDS}`);
    if (part.length > 0) parts.push(part);
  };
  const line = (): Line => {
    const bytes = parts.length === 1 ? parts[0] : Buffer.concat(parts, length);
    const place = `${name}:${++number}`;
    const text = decode(bytes, { place, offset, first: number === 1 });
    offset += length + 1;
    parts = [];
    length = 0;
    return { place, text };
  };
  for await (const chunk of readChunks(path)) {
    onBytes(chunk.length);
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      take(chunk.subarray(from, end));
      yield line();
      from = end + 1;
    }
    take(chunk.subarray(from));
  }
  if (length > 0) yield line();
}

/** A whole file as text. */
export async function readText(path: string): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of readChunks(path)) {
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

async function* readChunks(path: string): AsyncGenerator<Buffer> {
  try {
    yield* path === '-' ? process.stdin : createReadStream(path, { highWaterMark: CHUNK_BYTES });
  } catch (error) {
    throw at(`cannot read ${nameOf(path)}`, error);
  }
}

function decode(bytes: Buffer, { place, offset, first }: { place: string; offset: number; first: boolean }): string {
  try {
    // A byte order mark is dropped where it may stand, at the start of a file, and nowhere else.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: !first }).decode(bytes);
  } catch {
    throw new CommandError(`${place}: expected UTF-8, got an invalid sequence at byte ${offset + invalidAt(bytes)}`);
  }
}

/** Index of the first byte that no UTF-8 text could have there; the length when the end cuts a character off. */
function invalidAt(bytes: Buffer): number {
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

const NEWLINE = 0x0a;
const CHUNK_BYTES = 1 << 18;
/** Below V8's longest string (2^29 - 24 characters). */
const MAX_BYTES = 1 << 28;
const MAX_WORDS = '256 MiB';
