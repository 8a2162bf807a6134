/**
 * The file of a set of served contexts: `taggant-served/1`, a line feed, the length of the head (u32), the head in JSON, 256
 * shards of their number of entries (u32) and the entries, 8 bytes each in rising order, and the SHA-256 of all that.
 * Numbers are little-endian, as every machine that we know of has them in memory.
 * @module
 */
import { checkInteger, parseTokenizerId, show, type TokenizerId } from '@taggant/core';
import { HASH } from './hash.ts';
import { CountTable, SHARDS } from './table.ts';

export interface Head {
  readonly contextWidth: number;
  readonly tokenizer?: TokenizerId;
  readonly texts: number;
  readonly tokens: number;
  readonly contexts: number;
  /** How many of the texts came as text, and were tokenized again. */
  readonly retokenized: number;
}

/** The next so many bytes; fewer where the file ends. */
export type Take = (length: number) => Uint8Array;

/** SHA-256, ours or the platform's. */
export interface Hash {
  update(bytes: Uint8Array): unknown;
  digest(): Uint8Array;
}

/** All but the trailer. */
export function* piecesOf(head: Head, table: CountTable): Generator<Uint8Array> {
  const { contextWidth, tokenizer = null, texts, tokens, contexts, retokenized } = head;
  const json = utf8.encode(
    JSON.stringify({ hash: HASH, contextWidth, tokenizer, texts, tokens, contexts, retokenized }),
  );
  yield utf8.encode(MAGIC);
  yield u32(json.length);
  yield json;
  for (let shard = 0; shard < SHARDS; shard++) {
    const words = table.entries(shard);
    yield u32(words.length / 2);
    yield new Uint8Array(words.buffer);
  }
}

/** The pieces, and at the end their hash. */
export function* withTrailer(pieces: Iterable<Uint8Array>, hash: Hash): Generator<Uint8Array> {
  for (const piece of pieces) {
    hash.update(piece);
    yield piece;
  }
  yield hash.digest();
}

/** Reads a file of `length` bytes. Throws RangeError for one that is no such file, was cut short or changed. */
export function readServed(take: Take, length: number, hash: Hash): { head: Head; table: CountTable } {
  let left = length - TRAILER;
  const next = (wanted: number): Uint8Array => {
    const bytes = wanted <= left ? take(wanted) : new Uint8Array(0);
    if (bytes.length < wanted) throw broken('whole');
    left -= wanted;
    hash.update(bytes);
    return bytes;
  };
  const size = () => new DataView(Uint8Array.from(next(4)).buffer).getUint32(0, true);
  if (length < MAGIC.length + TRAILER || latin1.decode(next(MAGIC.length)) !== MAGIC) {
    throw new RangeError(`"served" expected a file that begins with ${MAGIC.trim()}, got another`);
  }
  const json = next(size());
  const table = new CountTable();
  for (let shard = 0; shard < SHARDS; shard++) {
    const words = new Uint32Array(2 * size());
    new Uint8Array(words.buffer).set(next(words.byteLength));
    table.fill(shard, words);
  }
  const [found, stated] = [hash.digest(), take(TRAILER)];
  if (left !== 0 || stated.length !== TRAILER || found.some((byte, i) => byte !== stated[i])) throw broken('unchanged');
  return { head: headOf(JSON.parse(utf8Decoder.decode(json)), table.size), table };
}

function headOf(
  { hash, contextWidth, tokenizer, texts, tokens, contexts, retokenized = 0 }: Record<string, unknown>,
  size: number,
): Head {
  if (hash !== HASH) throw new RangeError(`"served.hash" expected ${HASH}, got ${show(hash)}`);
  return {
    contextWidth: checkInteger(contextWidth, 'served.contextWidth', 0, 64),
    tokenizer: tokenizer === null ? undefined : parseTokenizerId(tokenizer),
    texts: checkInteger(texts, 'served.texts', 0, Number.MAX_SAFE_INTEGER),
    tokens: checkInteger(tokens, 'served.tokens', 0, Number.MAX_SAFE_INTEGER),
    contexts: checkInteger(contexts, 'served.contexts', size, size),
    retokenized: checkInteger(retokenized, 'served.retokenized', 0, Number.MAX_SAFE_INTEGER),
  };
}

const broken = (what: string) => new RangeError(`"served" expected a ${what} file, got one that is damaged`);

function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

const MAGIC = 'taggant-served/1\n';
const TRAILER = 32;
const utf8 = new TextEncoder();
const utf8Decoder = new TextDecoder('utf-8', { fatal: true });
const latin1 = new TextDecoder('latin1');
