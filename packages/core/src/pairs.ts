/**
 * Distinct (context, token) pairs of a text: what every detector scores (statistics.md, "Null hypothesis").
 *
 * Over a random key the scores of distinct pairs are independent draws of the null law whatever the text; the scores of
 * repeated pairs are copies. So each pair counts once (`pair`), or, stricter, each context once (`context`).
 * @module
 */
import { checkInteger, checkOneOf, checkTokens, TOKEN_LIMIT } from './check.ts';
import { TupleSet } from './tuple-set.ts';

/** `pair`: each distinct (context, token) once. `context`: each distinct context once, the audit number. */
export type DedupMode = 'pair' | 'context';

export interface Pairs {
  readonly n: number;
  /** How copies were dropped; absent when nobody did, and then no exact p-value holds. */
  readonly dedup?: DedupMode;
  readonly contextWidth: number;
  /** n * contextWidth token ids; each context runs from its oldest to its newest token. */
  readonly contexts: Uint32Array;
  /** n token ids. */
  readonly tokens: Uint32Array;
  /** n positions in the text (for several texts: in their concatenation). */
  readonly positions: Uint32Array;
  /** How many positions were seen, how many were copies, how many lacked context. */
  readonly positionsSeen: number;
  readonly repeated: number;
  readonly withoutContext: number;
}

export interface PairsOptions {
  readonly contextWidth: number;
  readonly dedup?: DedupMode;
  /** Token ids must be below this; default 2^24 - 1. */
  readonly vocabSize?: number;
}

/**
 * The distinct pairs of one text. `prompt` gives the first tokens their context and is not scored.
 *
 * @example
 * distinctPairs([5, 6, 7, 6, 7], { contextWidth: 1 }).n; // 3: (5,6) (6,7) (7,6); the second (6,7) is a copy
 */
export function distinctPairs(
  tokens: ArrayLike<number>,
  options: PairsOptions & { readonly prompt?: ArrayLike<number> },
): Pairs {
  const collector = new PairCollector(options);
  collector.add(tokens, options.prompt);
  return collector.pairs();
}

/** Collects distinct pairs over many texts, so that a pair counts once in a whole run. */
export class PairCollector {
  readonly #dedup: DedupMode;
  readonly #width: number;
  readonly #limit: number;
  readonly #seen: TupleSet;
  #contexts = new Uint32Array(0);
  #tokens = new Uint32Array(0);
  #positions = new Uint32Array(0);
  #n = 0;
  #positionsSeen = 0;
  #repeated = 0;
  #withoutContext = 0;

  constructor({ contextWidth, dedup = 'pair', vocabSize = TOKEN_LIMIT }: PairsOptions) {
    this.#width = checkInteger(contextWidth, 'contextWidth', 0, 64);
    this.#dedup = checkOneOf(dedup, 'dedup', ['pair', 'context']);
    this.#limit = checkInteger(vocabSize, 'vocabSize', 1, TOKEN_LIMIT);
    this.#seen = new TupleSet(dedup === 'pair' ? contextWidth + 1 : contextWidth);
  }

  /** Adds a text; contexts never reach across texts. Returns how many new pairs it brought. */
  add(tokens: ArrayLike<number>, prompt: ArrayLike<number> = NO_TOKENS): number {
    const width = this.#width;
    const ids = checkTokens(tokens, 'tokens', this.#limit);
    const text = joined(checkTokens(prompt, 'prompt', this.#limit), ids, width);
    const begin = text.length - ids.length;
    const before = this.#n;
    this.#reserve(ids.length);
    for (let i = begin; i < text.length; i++) {
      if (i < width) this.#withoutContext++;
      else if (this.#seen.add(text, i - width)) this.#append(text, i, this.#positionsSeen + i - begin);
      else this.#repeated++;
    }
    this.#positionsSeen += ids.length;
    return this.#n - before;
  }

  /** What was collected so far; later calls of `add` do not change it. */
  pairs(): Pairs {
    return {
      n: this.#n,
      dedup: this.#dedup,
      contextWidth: this.#width,
      contexts: this.#contexts.slice(0, this.#n * this.#width),
      tokens: this.#tokens.slice(0, this.#n),
      positions: this.#positions.slice(0, this.#n),
      positionsSeen: this.#positionsSeen,
      repeated: this.#repeated,
      withoutContext: this.#withoutContext,
    };
  }

  #append(text: Uint32Array, i: number, position: number): void {
    const width = this.#width;
    const at = this.#n * width;
    for (let j = 0; j < width; j++) this.#contexts[at + j] = text[i - width + j];
    this.#tokens[this.#n] = text[i];
    this.#positions[this.#n++] = position;
  }

  #reserve(more: number): void {
    if (this.#n + more <= this.#tokens.length) return;
    const capacity = Math.max(this.#n + more, 2 * this.#tokens.length);
    this.#contexts = resized(this.#contexts, capacity * this.#width);
    this.#tokens = resized(this.#tokens, capacity);
    this.#positions = resized(this.#positions, capacity);
  }
}

/** The last `width` prompt tokens followed by the text. */
function joined(prompt: Uint32Array, tokens: Uint32Array, width: number): Uint32Array {
  const tail = Math.min(prompt.length, width);
  if (tail === 0) return tokens;
  const text = new Uint32Array(tail + tokens.length);
  text.set(prompt.subarray(prompt.length - tail));
  text.set(tokens, tail);
  return text;
}

function resized(array: Uint32Array, length: number): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(length);
  larger.set(array);
  return larger;
}

const NO_TOKENS = new Uint32Array(0);
