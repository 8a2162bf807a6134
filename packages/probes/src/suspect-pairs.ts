/**
 * The pairs that a suspect's answers are scored on: each once in the whole run, and none whose context we put in front of it.
 *
 * A suspect that copies what it was shown repeats our choices without having learned anything: a copied window with its
 * token is as green as we made it. So a context that stands in what was shown is never scored in that exchange. Elsewhere
 * it may be, as long as what is shown was written without the key; where it was not, the suspect may remember, and a context that
 * was shown is never scored again (`keepsShown`). Nor is a token whose context reaches out of the reply (Sander et al. 2024, "Watermarking makes language models
 * radioactive", section 4, for text that was shown; ours is the rule for everything shown).
 * @module
 */
import {
  type Accept,
  checkTokens,
  type DedupMode,
  PairCollector,
  type Pairs,
  show,
  TOKEN_LIMIT,
  TupleSet,
} from '@taggant/core';
import type { Exchange } from './exchange.ts';
import { type Distinct, type Place, remaining } from './pairs.ts';
import type { ServedContexts } from './served/contexts.ts';
import { weightsOf } from './served/weights.ts';

export interface SuspectPairsOptions {
  readonly contextWidth: number;
  /** Token ids must be below this; default 2^24 - 1. */
  readonly vocabSize?: number;
  /** Default `pair`; its `first` flags hold the pairs of mode `context`. */
  readonly dedup?: DedupMode;
  /** Only contexts of this set count. */
  readonly served?: ServedContexts;
  /** What was shown stays excluded for the rest of the run: for prompts that carry marked text. Default false. */
  readonly keepsShown?: boolean;
  /**
   * The mark's own hook, for marks whose seed forgets part of the context: contexts whose seed a shown one has are excluded,
   * too, and each seed counts once an exchange.
   */
  readonly distinct?: Distinct;
}

/** How many positions were not scored because of what stands in front of them. */
export interface Excluded {
  /** Their context stands in what the suspect was shown. */
  readonly shown: number;
  /** Their context was never served. */
  readonly notServed: number;
}

/**
 * Collects the pairs of one run. Over a random key their scores are independent draws of the mark's null law, for replies
 * written without the key to prompts written without the key; where marked text was shown, its contexts are left out.
 *
 * @example
 * const pairs = new SuspectPairs({ contextWidth: 1 });
 * pairs.add({ shown: [[5, 6]], reply: [5, 6, 7, 8] }); // 1: only 7 -> 8, for 5 and 6 were shown
 */
export class SuspectPairs {
  readonly #collector: PairCollector;
  readonly #width: number;
  readonly #limit: number;
  readonly #served: ServedContexts | undefined;
  readonly #distinct: Distinct | undefined;
  readonly #keepsShown: boolean;
  #windows: TupleSet;
  #places: Place[] = [];
  readonly #excluded = { shown: 0, notServed: 0 };
  #exchanges = 0;
  #tokens = 0;

  constructor(options: SuspectPairsOptions) {
    const { contextWidth, vocabSize = TOKEN_LIMIT, dedup, served, distinct, keepsShown = false } = options;
    this.#collector = new PairCollector({ contextWidth, vocabSize, dedup });
    served?.checkFits({ contextWidth });
    this.#width = contextWidth;
    this.#limit = vocabSize;
    this.#served = served;
    this.#distinct = distinct;
    this.#keepsShown = keepsShown;
    this.#windows = new TupleSet(contextWidth);
  }

  /** Adds an exchange and returns how many new pairs it brought. A bad one is refused as a whole. */
  add({ shown, reply }: Exchange): number {
    if (!Array.isArray(shown)) throw new TypeError(`"shown" expected an array of texts, got ${show(shown)}`);
    const texts = shown.map((text, i) => checkTokens(text, `shown[${i}]`, this.#limit));
    const ids = checkTokens(reply, 'reply', this.#limit);
    const fresh = this.#freshContexts(joined(texts), ids);
    const brought = this.#collector.add(ids, undefined, (text, start) => {
      if (!fresh(text, start)) this.#excluded.shown++;
      else if (this.#served?.count(text, start) === 0) this.#excluded.notServed++;
      else return true;
      return false;
    });
    this.#exchanges++;
    this.#tokens += ids.length;
    return brought;
  }

  /** As `PairCollector.pairs`; `positions` count the tokens of all replies. */
  pairs(options?: { copy?: boolean }): Pairs {
    return this.#collector.pairs(options);
  }

  /** The weight of every pair by how often its context was served (`weightOf`); undefined without `served`. */
  weights(): Uint8Array | undefined {
    return this.#served && weightsOf(this.pairs({ copy: false }), this.#served);
  }

  get excluded(): Excluded {
    return { ...this.#excluded };
  }

  get exchanges(): number {
    return this.#exchanges;
  }

  /** Tokens of all replies so far: what was asked. */
  get tokens(): number {
    return this.#tokens;
  }

  /** Whether a context of the reply is free of what was shown. */
  #freshContexts(before: Uint32Array, reply: Uint32Array): Accept {
    const width = this.#width;
    if (!this.#keepsShown) [this.#windows, this.#places] = [new TupleSet(width), []];
    const windows = this.#windows;
    for (let start = 0; start + Math.max(width, 1) <= before.length; start++) {
      if (windows.add(before, start)) this.#places.push({ text: before, start, token: before[start + width] ?? 0 });
    }
    if (this.#distinct === undefined) return (text, start) => !windows.has(text, start);
    const places = [...this.#places];
    for (let start = 0; start + width < reply.length; start++) {
      if (!windows.has(reply, start)) places.push({ text: reply, start, token: reply[start + width] });
    }
    // The hook keeps the first pair of each seed: a reply's pair falls out where a shown one has its seed.
    const kept = remaining(places, width, 'context', this.#distinct);
    const fresh = new Set(places.filter(({ text }, i) => text === reply && kept[i]).map(({ start }) => start));
    return (_, start) => fresh.has(start);
  }
}

/** All that was shown, one text after the other: a copy may run across the seam. */
function joined(texts: readonly Uint32Array[]): Uint32Array {
  const all = new Uint32Array(texts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const text of texts) {
    all.set(text, at);
    at += text.length;
  }
  return all;
}
