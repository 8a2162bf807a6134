/** What the hook remembers of one sequence: its last tokens as each mark sees them, and which contexts are used up. @module */
import { checkTokens, type Mark, TOKEN_LIMIT, TupleSet } from '@taggant/core';

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

/** @internal How a mark looks back: over how many tokens, and what it sees where there is none. */
export type View = Pick<Mark, 'contextWidth' | 'start'>;

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
  readonly #trails: readonly Trail[];
  readonly #vocabSize: number;
  #length = 0;

  /** @internal Use {@link MarkHook.start}. `views`: the ways of looking back to keep track of. */
  constructor(
    prompt: ArrayLike<number>,
    { views, dedup, vocabSize = TOKEN_LIMIT }: { views: readonly View[]; dedup: GenerationDedup; vocabSize?: number },
  ) {
    this.#vocabSize = vocabSize;
    this.#trails = views.map((view) => new Trail(view, dedup !== 'none'));
    const ids = checkTokens(prompt, 'prompt', vocabSize);
    this.#length = ids.length;
    for (const trail of this.#trails) trail.begin(ids, dedup === 'all');
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
    for (let i = 0; i < this.#trails.length; i++) this.#trails[i].push(token);
    this.#length++;
  }

  /** @internal The context of the next step in the i-th view, or why there is none. */
  context(i: number): Context {
    return this.#trails[i].context();
  }

  /**
   * @internal The contexts of the step that comes if the first `count` drafts are chosen, by view; nothing changes. A context
   * that an earlier draft position has is used up, as it would be if the drafts had been pushed.
   */
  ahead(drafts: Uint32Array, count: number): (i: number) => Context {
    return (i) => this.#trails[i].contextAfter(drafts.subarray(0, count));
  }
}

/** The last tokens in one view, and the contexts in it that are used up. */
class Trail {
  readonly #view: View;
  readonly #recent: Uint32Array;
  /** A width of 0 has one context only, which every step shares: there is nothing to deduplicate. */
  readonly #used: TupleSet | undefined;
  #seen = 0;

  constructor(view: View, dedup: boolean) {
    const { contextWidth, start } = view;
    this.#view = view;
    this.#recent = new Uint32Array(contextWidth).fill(start?.padding ?? 0);
    this.#used = dedup && contextWidth > 0 ? new TupleSet(contextWidth) : undefined;
  }

  begin(prompt: Uint32Array, usesUp: boolean): void {
    if (this.#view.start?.prompt === false) return;
    for (const token of prompt) usesUp ? this.push(token) : this.#append(token);
  }

  push(token: number): void {
    if (this.#isWhole(0)) this.#used?.add(this.#recent, 0);
    this.#append(token);
  }

  context(): Context {
    if (!this.#isWhole(0)) return 'shortContext';
    return this.#used?.has(this.#recent, 0) ? 'repeatedContext' : this.#recent;
  }

  contextAfter(drafts: Uint32Array): Context {
    if (!this.#isWhole(drafts.length)) return 'shortContext';
    const { contextWidth } = this.#view;
    const tokens = new Uint32Array(contextWidth + drafts.length);
    tokens.set(this.#recent);
    tokens.set(drafts, contextWidth);
    const start = drafts.length;
    if (this.#used?.has(tokens, start)) return 'repeatedContext';
    for (let before = 0; this.#used && before < start; before++) {
      if (this.#isWhole(before) && sameTuple(tokens, start, before, contextWidth)) return 'repeatedContext';
    }
    return tokens.subarray(start);
  }

  /** Whether the step after `more` further tokens has a context to be marked in. */
  #isWhole(more: number): boolean {
    return this.#seen + more >= this.#view.contextWidth || this.#view.start?.marks === true;
  }

  #append(token: number): void {
    const recent = this.#recent;
    recent.copyWithin(0, 1);
    if (recent.length > 0) recent[recent.length - 1] = token;
    this.#seen++;
  }
}

/** A context (at least as long as the width asked for, newest token last), or why a step has none. */
export type Context = Uint32Array | 'shortContext' | 'repeatedContext';

function sameTuple(tokens: Uint32Array, a: number, b: number, width: number): boolean {
  for (let i = 0; i < width; i++) if (tokens[a + i] !== tokens[b + i]) return false;
  return true;
}
