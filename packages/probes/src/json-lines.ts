/** JSON lines (jsonlines.org) from bytes, without forgiving anything. @module */

export interface JsonLine {
  readonly value: unknown;
  /** `prompts:3`, for errors. */
  readonly name: string;
}

/** The values of a whole file. Throws for bytes that are no UTF-8, lines that are no JSON, and empty lines but the last. */
export function jsonLines(bytes: Uint8Array, name: string): JsonLine[] {
  return Array.from(linesOf(bytes, name), ({ text, name }) => ({ value: parseJson(text, name), name }));
}

/** Line by line, since a file may be longer than any string; the last may lack its line feed. */
export function* linesOf(bytes: Uint8Array, name: string): Generator<{ readonly text: string; readonly name: string }> {
  for (let [from, i] = [0, 1]; from < bytes.length; i++) {
    const feed = bytes.indexOf(0x0a, from);
    const end = feed < 0 ? bytes.length : feed;
    yield { text: decodeUtf8(bytes.subarray(from, end), `${name}:${i}`), name: `${name}:${i}` };
    from = end + 1;
  }
}

/** Text of UTF-8 bytes; a byte order mark is an error as well. */
export function decodeUtf8(bytes: Uint8Array, name: string): string {
  if (bytes.length > MAX_TEXT)
    throw new RangeError(`"${name}" expected at most ${MAX_TEXT} bytes, got ${bytes.length}`);
  try {
    return STRICT.decode(bytes);
  } catch {
    throw new TypeError(`"${name}" expected UTF-8, got other bytes`);
  }
}

/** Without the parser's own message, which quotes: what stands there may be a secret in the wrong place. */
export function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new TypeError(`"${name}" expected JSON, got ${text === '' ? 'nothing' : 'other text'}`);
  }
}

/** What a string of V8 holds. */
const MAX_TEXT = 2 ** 29 - 24;
const STRICT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
