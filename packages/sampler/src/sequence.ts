/** What the hook remembers of one sequence: its last tokens, and which contexts are used up. @module */
import { checkTokens, TOKEN_LIMIT, TupleSet } from '@taggant/core';

/**
 * Generation-time deduplication. A context seen before in the sequence is left unmarked, because marking it again would
 * repeat its random choice: `single-turn` counts the contexts of generated tokens, `all` those of the prompt too.
 */
export type GenerationDedup = 'none' | 'single-turn' | 'all';

/** How often a mark was applied at a step, and how often it was left out, by reason. Marks of a stack count one by one. */
export interface Steps {
  /** Applied. */
  marked: number;
  /** Left out: fewer tokens before the step than the mark's context width. */
  shortContext: number;
  /** Left out: the context has been used up; see {@link GenerationDedup}. */
  repeatedContext: number;
}

/** @internal */
export const noSteps = (): Steps => ({ marked: 0, shortContext: 0, repeatedContext: 0 });

/**
 * One text as it grows; `MarkHook.start` makes it.
 *
 * @example
 * const sequence = hook.start([17, 4, 256]);
 * hook.processLogits(logits, [sequence]);
 * sequence.push(99);
 * sequence.length; // 4
 */
export class Sequence {
  /** What was done at its steps so far. */
  readonly steps: Steps = noSteps();
  readonly #widths: readonly number[];
  readonly #used: readonly (TupleSet | undefined)[];
  readonly #recent: Uint32Array;
  readonly #vocabSize: number;
  #length = 0;

  /** @internal Use {@link MarkHook.start}. `widths`: the context widths to keep track of. */
  constructor(
    prompt: ArrayLike<number>,
    {
      widths,
      dedup,
      vocabSize = TOKEN_LIMIT,
    }: { widths: readonly number[]; dedup: GenerationDedup; vocabSize?: number },
  ) {
    this.#widths = widths;
    this.#vocabSize = vocabSize;
    this.#recent = new Uint32Array(Math.max(1, ...widths));
    const ids = checkTokens(prompt, 'prompt', vocabSize);
    // A width of 0 has one context only, which every step shares: there is nothing to deduplicate.
    const fresh = () => widths.map((width) => (dedup === 'none' || width === 0 ? undefined : new TupleSet(width)));
    this.#used = fresh();
    for (const id of ids) dedup === 'all' ? this.push(id) : this.#append(id);
  }

  /** Tokens so far, prompt included. */
  get length(): number {
    return this.#length;
  }

  /** Tells the sequence which token was chosen. Throws RangeError for what is no token id of the vocabulary. */
  push(token: number): void {
    if (!(Number.isInteger(token) && token >= 0 && token < this.#vocabSize)) {
      throw new RangeError(`"token" expected a token id from 0 to ${this.#vocabSize - 1}, got ${token}`);
    }
    for (let i = 0; i < this.#widths.length; i++) {
      if (this.#length >= this.#widths[i]) this.#used[i]?.add(this.#recent, this.#recent.length - this.#widths[i]);
    }
    this.#append(token);
  }

  /** @internal The context of the next step for the i-th width, or why there is none. */
  context(i: number): Context {
    return this.#contextIn(this.#recent, i);
  }

  /**
   * @internal The contexts of the step that comes if the first `count` drafts are chosen, by width; nothing changes. A context
   * that an earlier draft position has is used up, as it would be if the drafts had been pushed.
   */
  ahead(drafts: Uint32Array, count: number): (i: number) => Context {
    const tokens = new Uint32Array(this.#recent.length + count);
    tokens.set(this.#recent);
    tokens.set(drafts.subarray(0, count), this.#recent.length);
    return (i) => this.#contextIn(tokens, i);
  }

  /** `tokens`: the recent ones, and drafts after them. */
  #contextIn(tokens: Uint32Array, i: number): Context {
    const width = this.#widths[i];
    const used = this.#used[i];
    const drafts = tokens.length - this.#recent.length;
    if (this.#length + drafts < width) return 'shortContext';
    const start = tokens.length - width;
    if (used?.has(tokens, start)) return 'repeatedContext';
    for (let back = 1; used && back <= drafts && this.#length + drafts - back >= width; back++) {
      if (sameTuple(tokens, start, start - back, width)) return 'repeatedContext';
    }
    return tokens;
  }

  #append(token: number): void {
    this.#recent.copyWithin(0, 1);
    this.#recent[this.#recent.length - 1] = token;
    this.#length++;
  }
}

/** A context (at least as long as the width asked for, newest token last), or why a step has none. */
export type Context = Uint32Array | 'shortContext' | 'repeatedContext';

function sameTuple(tokens: Uint32Array, a: number, b: number, width: number): boolean {
  for (let i = 0; i < width; i++) if (tokens[a + i] !== tokens[b + i]) return false;
  return true;
}
