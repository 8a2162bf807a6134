/**
 * The contexts that we served, with how often: for a test that counts only what a student can have learned from us.
 *
 * Held are 64-bit fingerprints. Among 10^8 of them a context that was never served is taken for a served one with probability
 * 10^8 / 2^64. That lets a pair in which the filter should have left out, and breaks nothing: an accident of hashing is
 * independent of the key.
 *
 * Logs of text that was marked with the tested key depend on it: which contexts were served hangs on which tokens its mark chose
 * before. A context's own scores do not enter, for a text reaches the context before it uses them; so bets on served
 * contexts keep their mean of 1, taken in the order in which those were first served, and the plain e-value of all of them,
 * which no order changes, is exact. That needs every context that was reached, the last of each text too: where texts may end, a
 * context that counted only when another token than the end was chosen would have given its scores away. So logs hold whole
 * texts, empty ones included, and all of them: never filtered or cut by anything that read the scores (your own detector,
 * moderation after detection). The number of pairs, though, is no longer fixed, and weights, which count later texts
 * too, are no longer known before the scores: exact p-values, weighted figures and early stops are for logs that do not depend on the
 * key: text served under other labels, or the answers that the model gives to the same prompts without the mark.
 * @module
 */
import { sha256 } from '@noble/hashes/sha2.js';
import {
  checkInteger,
  checkSameTokenizer,
  checkTokens,
  parseTokenizerId,
  type TokenizerId,
  TupleSet,
} from '@taggant/core';
import { type Hash, piecesOf, readServed, type Take, withTrailer } from './format.ts';
import { hash64 } from './hash.ts';
import { CountTable } from './table.ts';

export interface ServedContextsOptions {
  /** The mark's: 0 to 64. */
  readonly contextWidth: number;
  /** Whose token ids these are. */
  readonly tokenizer?: TokenizerId;
  /** How many distinct contexts will come, if known: the tables begin at that size. */
  readonly expected?: number;
}

/** How much was added. */
export interface ServedCounts {
  readonly texts: number;
  readonly tokens: number;
  /** Distinct contexts. */
  readonly contexts: number;
  /**
   * Texts that were tokenized again. Where two tokens merge that were chosen one by one, the context between them is lost, and
   * which contexts are lost depends on what was chosen after them: on their own scores. So a test with logs that its key marked takes
   * ids as they were generated only.
   */
  readonly retokenized: number;
}

/**
 * A multiset of contexts. A context that a text reached, whether or not a token follows, counts once in every text: its copies
 * within a text are mostly one choice of ours, while a text that was served twice can be learned from twice.
 *
 * @example
 * const served = new ServedContexts({ contextWidth: 2 });
 * served.add([5, 6, 7, 8]);
 * served.count(Uint32Array.of(5, 6), 0); // 1
 */
export class ServedContexts {
  readonly contextWidth: number;
  readonly tokenizer: TokenizerId | undefined;
  #table: CountTable;
  readonly #words = new Uint32Array(2);
  #texts = 0;
  #tokens = 0;
  #retokenized = 0;

  constructor({ contextWidth, tokenizer, expected = 0 }: ServedContextsOptions) {
    this.contextWidth = checkInteger(contextWidth, 'contextWidth', 0, 64);
    this.tokenizer = tokenizer && parseTokenizerId(tokenizer);
    this.#table = new CountTable(checkInteger(expected, 'expected', 0, 2 ** 32));
  }

  /**
   * Adds a text that was served. `prompt` gives its first tokens their context; an empty text reaches one at the prompt's end.
   * `retokenized`: these are not the ids as they were generated; see {@link ServedCounts.retokenized}.
   */
  add(tokens: ArrayLike<number>, prompt: ArrayLike<number> = [], retokenized = false): void {
    const ids = checkTokens(tokens, 'tokens');
    const before = checkTokens(prompt, 'prompt');
    const width = this.contextWidth;
    const tail = Math.min(before.length, width);
    const text = new Uint32Array(tail + ids.length);
    text.set(before.subarray(before.length - tail));
    text.set(ids, tail);
    const seen = new TupleSet(width);
    for (let start = 0; start + width <= text.length; start++) {
      if (!seen.add(text, start)) continue;
      hash64(text, start, width, this.#words);
      this.#table.add(this.#words[0], this.#words[1]);
    }
    this.#texts++;
    this.#tokens += ids.length;
    if (retokenized) this.#retokenized++;
  }

  /** In how many texts the context at `start` was served: 0 to 255, where 255 says that or more. */
  count(source: Uint32Array, start: number): number {
    hash64(source, start, this.contextWidth, this.#words);
    return this.#table.count(this.#words[0], this.#words[1]);
  }

  /** Throws RangeError where a mark cannot have these contexts: of another width, or of another tokenizer's ids. */
  checkFits({ contextWidth, tokenizer }: Pick<ServedContextsOptions, 'contextWidth' | 'tokenizer'>): void {
    if (this.contextWidth !== contextWidth) {
      throw new RangeError(`"served" expected contexts of width ${contextWidth}, got ${this.contextWidth}`);
    }
    if (this.tokenizer !== undefined) checkSameTokenizer(tokenizer, this.tokenizer);
  }

  get counts(): ServedCounts {
    return { texts: this.#texts, tokens: this.#tokens, contexts: this.#table.size, retokenized: this.#retokenized };
  }

  /** Bytes that the table takes. */
  get bytes(): number {
    return this.#table.bytes;
  }

  /** The set as a file: the same bytes for the same texts, in whatever order they came. */
  toBytes(): Uint8Array {
    const pieces = [...withTrailer(this.pieces(), sha256.create())];
    const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const piece of pieces) {
      bytes.set(piece, at);
      at += piece.length;
    }
    return bytes;
  }

  /** Throws RangeError when a byte is missing or changed. */
  static fromBytes(bytes: Uint8Array): ServedContexts {
    let at = 0;
    const take: Take = (length) => bytes.subarray(at, (at += length));
    return ServedContexts.read(take, bytes.length, sha256.create());
  }

  /** @internal The file without its trailer, in pieces. */
  pieces(): Iterable<Uint8Array> {
    const { contextWidth, tokenizer, counts } = this;
    return piecesOf({ contextWidth, tokenizer, ...counts }, this.#table);
  }

  /** @internal Reads a file of so many bytes from front to back. */
  static read(take: Take, length: number, hash: Hash): ServedContexts {
    const { head, table } = readServed(take, length, hash);
    const served = new ServedContexts(head);
    [served.#table, served.#texts, served.#tokens] = [table, head.texts, head.tokens];
    served.#retokenized = head.retokenized;
    return served;
  }
}
