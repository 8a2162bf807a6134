/** JSON lines (jsonlines.org) from bytes, without forgiving anything. @module */

export interface JsonLine {
  readonly value: unknown;
  /** `prompts:3`, for errors. */
  readonly name: string;
}

/** The values of a whole file. Throws for bytes that are no UTF-8, lines that are no JSON, and empty lines but the last. */
export function jsonLines(bytes: Uint8Array, name: string): JsonLine[] {
  const lines = decodeUtf8(bytes, name).split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line, i) => ({ value: parseJson(line, `${name}:${i + 1}`), name: `${name}:${i + 1}` }));
}

/** Text of UTF-8 bytes; a byte order mark is an error as well. */
export function decodeUtf8(bytes: Uint8Array, name: string): string {
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

const STRICT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
