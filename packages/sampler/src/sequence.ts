/** What the hook remembers of one sequence: its last tokens, and which contexts are used up. @module */
import { checkTokens, TOKEN_LIMIT, TupleSet } from '@taggant/core';

/**
 * Generation-time deduplication. A context seen before in the sequence is left unmarked, because marking it again would
 * repeat its random choice: `single-turn` counts the contexts of generated tokens, `all` those of the prompt too.
 */
export type GenerationDedup = 'none' | 'single-turn' | 'all';

export class Sequence {
  /** How often a mark was applied at a step, and how often it was left out, by reason. Marks of a stack count one by one. */
  readonly steps = { marked: 0, shortContext: 0, repeatedContext: 0 };
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

  /** Tells the sequence which token was chosen. */
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
  context(i: number): Uint32Array | 'shortContext' | 'repeatedContext' {
    if (this.#length < this.#widths[i]) return 'shortContext';
    const used = this.#used[i]?.has(this.#recent, this.#recent.length - this.#widths[i]) ?? false;
    return used ? 'repeatedContext' : this.#recent;
  }

  #append(token: number): void {
    this.#recent.copyWithin(0, 1);
    this.#recent[this.#recent.length - 1] = token;
    this.#length++;
  }
}
