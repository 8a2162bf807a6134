/**
 * Distinct (context, token) pairs of a text: what every detector scores (statistics.md, "Null hypothesis").
 *
 * Over a random key the scores of distinct pairs are independent draws of the null law whatever the text; the scores of
 * repeated pairs are copies. So each pair counts once (`pair`), or, stricter, each context once (`context`).
 * @module
 */
import { checkInteger, checkOneOf, checkTokens, TOKEN_LIMIT } from './check.ts';
import { finish, mix } from './tuple-set.ts';

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
  /** n flags: 1 where a pair is the first of its context. Absent when nobody looked. */
  readonly first?: Uint8Array;
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
  /**
   * Stands in contexts where there is no token yet: 0 to 2^32 - 1. Absent: a token without its whole context is no pair.
   */
  readonly padding?: number;
}

/** Whether the pair counts whose context begins at `start`. */
export type Accept = (text: Uint32Array, start: number) => boolean;

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
  return collector.pairs({ copy: false });
}

/**
 * Collects distinct pairs over many texts, so that a pair counts once in a whole run.
 *
 * Two hash tables hold numbers of pairs, counted from 1, one by (context, token), one by context. What is compared are the pairs
 * themselves, in full, so that no collision can ever drop or double one.
 */
export class PairCollector {
  readonly #dedup: DedupMode;
  readonly #width: number;
  readonly #limit: number;
  readonly #padding: number | undefined;
  #contexts = new Uint32Array(0);
  #tokens = new Uint32Array(0);
  #positions = new Uint32Array(0);
  #first = new Uint8Array(0);
  #byPair = new Int32Array(0);
  #byContext = new Int32Array(0);
  #n = 0;
  #positionsSeen = 0;
  #repeated = 0;
  #withoutContext = 0;

  constructor({ contextWidth, dedup = 'pair', vocabSize = TOKEN_LIMIT, padding }: PairsOptions) {
    this.#width = checkInteger(contextWidth, 'contextWidth', 0, 64);
    this.#dedup = checkOneOf(dedup, 'dedup', ['pair', 'context']);
    this.#limit = checkInteger(vocabSize, 'vocabSize', 1, TOKEN_LIMIT);
    this.#padding = padding === undefined ? undefined : checkInteger(padding, 'padding', 0, 2 ** 32 - 1);
  }

  /**
   * Adds a text; contexts never reach across texts. Returns how many new pairs it brought. `accept` is asked for every token
   * that has its whole context, which stands at `start` of a text that must not be changed; what it refuses is no pair, and
   * counts in no number but `positionsSeen`.
   */
  add(tokens: ArrayLike<number>, prompt: ArrayLike<number> = NO_TOKENS, accept?: Accept): number {
    const ids = checkTokens(tokens, 'tokens', this.#limit);
    const text = joined(checkTokens(prompt, 'prompt', this.#limit), ids, this.#width, this.#padding);
    const begin = text.length - ids.length;
    const scored = Math.max(begin, this.#width);
    const candidates = Math.max(0, text.length - scored);
    this.#reserve(candidates);
    let [brought, accepted] = [0, 0];
    for (const [from, to] of runsOf(text, scored, this.#width, accept)) {
      brought += this.#collect(text, from, to, this.#positionsSeen - begin);
      accepted += to - from;
    }
    this.#positionsSeen += ids.length;
    this.#withoutContext += ids.length - candidates;
    this.#repeated += accepted - brought;
    return brought;
  }

  /**
   * What was collected so far; later calls of `add` do not change it. With `copy: false` the arrays are views of the
   * collector's own memory, to be read only.
   */
  pairs({ copy = true } = {}): Pairs {
    const taken = <T extends Uint32Array | Uint8Array>(array: T, length: number) =>
      (copy ? array.slice(0, length) : array.subarray(0, length)) as T;
    return {
      n: this.#n,
      dedup: this.#dedup,
      contextWidth: this.#width,
      contexts: taken(this.#contexts, this.#n * this.#width),
      tokens: taken(this.#tokens, this.#n),
      positions: taken(this.#positions, this.#n),
      first: taken(this.#first, this.#n),
      positionsSeen: this.#positionsSeen,
      repeated: this.#repeated,
      withoutContext: this.#withoutContext,
    };
  }

  /** Appends the pairs of the tokens `begin` to `end` that are no copies. Everything is local: this is the hot loop. */
  #collect(text: Uint32Array, begin: number, end: number, offset: number): number {
    const [width, byContext, byPair] = [this.#width, this.#byContext, this.#byPair];
    const [contexts, tokens, positions, first] = [this.#contexts, this.#tokens, this.#positions, this.#first];
    const perPair = this.#dedup === 'pair';
    const mask = byContext.length - 1;
    let n = this.#n;
    for (let i = begin; i < end; i++) {
      const start = i - width;
      const token = text[i];
      const hash = mix(text, start, width);
      let place = 0;
      if (perPair) {
        place = finish(mix(text, i, 1, hash)) & mask;
        let pair = byPair[place] - 1;
        while (pair >= 0 && !(tokens[pair] === token && isAt(contexts, pair * width, text, start, width))) {
          place = (place + 1) & mask;
          pair = byPair[place] - 1;
        }
        if (pair >= 0) continue;
        byPair[place] = n + 1;
      }
      place = finish(hash) & mask;
      let pair = byContext[place] - 1;
      while (pair >= 0 && !isAt(contexts, pair * width, text, start, width)) {
        place = (place + 1) & mask;
        pair = byContext[place] - 1;
      }
      if (pair < 0) byContext[place] = n + 1;
      else if (!perPair) continue;
      for (let j = 0; j < width; j++) contexts[n * width + j] = text[start + j];
      tokens[n] = token;
      positions[n] = offset + i;
      first[n++] = pair < 0 ? 1 : 0;
    }
    const brought = n - this.#n;
    this.#n = n;
    return brought;
  }

  #reserve(more: number): void {
    if (this.#n + more <= this.#tokens.length) return;
    const capacity = Math.max(this.#n + more, 2 * this.#tokens.length);
    this.#contexts = resized(this.#contexts, new Uint32Array(capacity * this.#width));
    this.#tokens = resized(this.#tokens, new Uint32Array(capacity));
    this.#positions = resized(this.#positions, new Uint32Array(capacity));
    this.#first = resized(this.#first, new Uint8Array(capacity));
    this.#index(2 ** Math.ceil(Math.log2(2 * capacity)));
  }

  /** Tables of `size` places, a power of two and at least twice the pairs that there may be. */
  #index(size: number): void {
    const width = this.#width;
    this.#byContext = new Int32Array(size);
    if (this.#dedup === 'pair') this.#byPair = new Int32Array(size);
    const free = (table: Int32Array, hash: number) => {
      let place = hash & (size - 1);
      while (table[place] > 0) place = (place + 1) & (size - 1);
      return place;
    };
    for (let pair = 0; pair < this.#n; pair++) {
      const context = mix(this.#contexts, pair * width, width);
      if (this.#first[pair] === 1) this.#byContext[free(this.#byContext, finish(context))] = pair + 1;
      if (this.#dedup === 'pair')
        this.#byPair[free(this.#byPair, finish(mix(this.#tokens, pair, 1, context)))] = pair + 1;
    }
  }
}

/** Where the pairs that are taken stand, from `begin` on: first and past the last of each run of them. */
function runsOf(text: Uint32Array, begin: number, width: number, accept: Accept | undefined): [number, number][] {
  if (accept === undefined) return begin < text.length ? [[begin, text.length]] : [];
  const runs: [number, number][] = [];
  let from = begin;
  for (let i = begin; i <= text.length; i++) {
    if (i < text.length && accept(text, i - width)) continue;
    if (from < i) runs.push([from, i]);
    from = i + 1;
  }
  return runs;
}

/** The last `width` prompt tokens followed by the text; in front of them, padding for those that are missing. */
function joined(prompt: Uint32Array, tokens: Uint32Array, width: number, padding: number | undefined): Uint32Array {
  const tail = Math.min(prompt.length, width);
  const front = padding === undefined ? tail : width;
  if (front === 0) return tokens;
  const text = new Uint32Array(front + tokens.length);
  if (padding !== undefined) text.fill(padding, 0, front - tail);
  text.set(prompt.subarray(prompt.length - tail), front - tail);
  text.set(tokens, front);
  return text;
}

function isAt(contexts: Uint32Array, at: number, text: Uint32Array, start: number, width: number): boolean {
  let i = 0;
  while (i < width && contexts[at + i] === text[start + i]) i++;
  return i === width;
}

function resized<T extends Uint32Array | Uint8Array>(array: T, larger: T): T {
  larger.set(array);
  return larger;
}

const NO_TOKENS = new Uint32Array(0);
