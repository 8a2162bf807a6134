/**
 * Served contexts on disk: built from logs without holding them, written whole or not at all, read back with every byte checked.
 * @module
 */
import { createHash } from 'node:crypto';
import { closeSync, createReadStream, fstatSync, openSync, readSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { checkTokens, show, type Tokenizer } from '@taggant/core';
import { writeWholeFile } from '@taggant/core/whole-file';
import { ServedContexts } from '../served/contexts.ts';
import { withTrailer } from '../served/format.ts';

export interface ServedLogOptions {
  /** For lines of text. */
  readonly tokenizer?: Tokenizer;
  /** Called for every line with the number of texts in the set. */
  readonly onText?: (texts: number) => void;
}

/**
 * Adds a log of what was served, line by line: JSON objects with `tokens` (or `text`, which needs a tokenizer) and, if it is
 * known, `prompt` of the same kind; other fields play no part. Throws TypeError or RangeError with file and line.
 *
 * @example
 * const served = new ServedContexts({ contextWidth: 2, tokenizer: tokenizer.id });
 * await addServedLog(served, 'served-2025-11.jsonl', { tokenizer });
 * writeServedFile('served.bin', served);
 */
export async function addServedLog(served: ServedContexts, path: string, options: ServedLogOptions = {}) {
  const { tokenizer, onText } = options;
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });
  let number = 0;
  for await (const line of lines) {
    number++;
    if (line.trim() === '') continue;
    try {
      const { text, tokens = text, prompt = [] } = recordOf(line);
      served.add(idsOf(tokens, 'tokens', tokenizer), idsOf(prompt, 'prompt', tokenizer), typeof tokens === 'string');
    } catch (error) {
      (error as Error).message = `${path}:${number}: ${(error as Error).message}`;
      throw error;
    }
    onText?.(served.counts.texts);
  }
}

/** Writes the set: the file appears whole or not at all, for its owner's eyes. */
export function writeServedFile(path: string, served: ServedContexts): void {
  writeWholeFile(path, withTrailer(served.pieces(), createHash('sha256')), 0o600);
}

/** Reads a set. Throws RangeError for a file that is none, was cut short or changed. */
export function readServedFile(path: string): ServedContexts {
  const file = openSync(path, 'r');
  try {
    const take = (length: number) => {
      const bytes = new Uint8Array(length);
      let at = 0;
      for (let read = -1; at < length && read !== 0; at += read) read = readSync(file, bytes, at, length - at, null);
      return bytes.subarray(0, at);
    };
    return ServedContexts.read(take, fstatSync(file).size, createHash('sha256'));
  } finally {
    closeSync(file);
  }
}

function recordOf(line: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {}
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError(`expected a JSON object, got ${line.length} characters that are none`);
  }
  return value as Record<string, unknown>;
}

function idsOf(value: unknown, name: string, tokenizer: Tokenizer | undefined): ArrayLike<number> {
  if (typeof value !== 'string') return checkTokens(value as ArrayLike<number>, name);
  if (tokenizer !== undefined) return tokenizer.encode(value);
  throw new TypeError(`"${name}" expected token ids, or a tokenizer for text, got ${show(value)}`);
}
