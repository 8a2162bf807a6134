/**
 * Pairs of an open model that reads: windows from a text that it is made to read, tokens from its predictions.
 *
 * The text may be our own marked text: what we wrote after a window is not yet there when the model predicts, so its
 * prediction tells nothing of the key in that window, unless the window stood earlier: from there on what it reads depends on that
 * window's scores, whether or not it sees the place. So a window counts at the first place of the whole run at which it was read,
 * or nowhere, whatever the model said there. The power number is then the audit number: a second token in a window that was read
 * before is no fresh draw. (Each alone would be one where texts are independent; but of two windows that two texts
 * reach in turn, each prediction can hang on the other's scores, and both then score or fail together.)
 *
 * A place where the model could not be asked counts as a pair without score (`MISSED` says why).
 *
 * Where the text depends on the key, so does, a little, how many of its windows repeat, and with it the number of pairs. The p-value is
 * then exact for a number of pairs that was fixed beforehand (`most`); the e-value needs no such thing.
 * @module
 */
import {
  checkInteger,
  checkTokens,
  type DedupMode,
  PairCollector,
  type Pairs,
  TOKEN_LIMIT,
  TupleSet,
} from '@taggant/core';
import { type Distinct, type Place, remaining } from '../pairs.ts';
import { MISSED, NO_PREDICTION } from './model.ts';

export interface ReadingPairsOptions {
  readonly contextWidth: number;
  /** Token ids must be below this; default 2^24 - 1. */
  readonly vocabSize?: number;
  /** Ends the collection with this number of contexts: fix it beforehand. Default: no end. */
  readonly most?: number;
  /** The mark's own hook, for marks whose seed forgets part of the context: a window whose seed was read before is dropped. */
  readonly distinct?: Distinct;
}

/**
 * Collects the pairs of one run of reading: each context once.
 *
 * @example
 * const pairs = new ReadingPairs({ contextWidth: 1 });
 * pairs.add(Uint32Array.of(5, 6, 5), Uint32Array.of(9, 7, 9)); // 2: 5 -> 9 and 6 -> 7; the second 5 was read before
 */
export class ReadingPairs {
  readonly #collector: PairCollector;
  readonly #width: number;
  readonly #limit: number;
  readonly #most: number;
  readonly #distinct: Distinct | undefined;
  readonly #excluded = { readBefore: 0, noPrediction: 0 };
  readonly #seen: TupleSet;
  /** Places read and pairs read or predicted so far, the first of each seed; only for marks with `distinct`. */
  #firsts: Record<DedupMode, readonly Place[]> = { context: [], pair: [] };
  #contexts = 0;
  #missed = 0;
  #tokens = 0;

  constructor({
    contextWidth,
    vocabSize = TOKEN_LIMIT,
    most = Number.MAX_SAFE_INTEGER,
    distinct,
  }: ReadingPairsOptions) {
    this.#collector = new PairCollector({ contextWidth, vocabSize, dedup: 'pair' });
    this.#seen = new TupleSet(contextWidth);
    this.#width = contextWidth;
    this.#limit = vocabSize;
    this.#most = checkInteger(most, 'most', 1, Number.MAX_SAFE_INTEGER);
    this.#distinct = distinct;
  }

  /**
   * Adds a text with the prediction after each of its tokens. `before`: what stood in front of it and was not shown to the model (its
   * prompt, or the part before this one); windows that reach into the text from there count as read. Returns how many new
   * pairs it brought.
   */
  add(tokens: ArrayLike<number>, predictions: Uint32Array, before: ArrayLike<number> = []): number {
    const text = checkTokens(tokens, 'tokens', this.#limit);
    const tail = checkTokens(before, 'before', this.#limit).slice(Math.max(0, before.length - this.#width));
    if (predictions.length !== text.length) {
      throw new RangeError(`"predictions" expected one for each of ${text.length} tokens, got ${predictions.length}`);
    }
    checkTokens(
      predictions.filter((id) => id < MISSED),
      'predictions',
      this.#limit,
    );
    const fresh = this.#freshWindows(Uint32Array.from([...tail, ...text]), tail.length, predictions);
    let brought = 0;
    for (let start = 0; start + this.#width <= text.length && !this.isFull; start++) {
      const prediction = predictions[start + this.#width - 1];
      if (!fresh[start]) this.#excluded.readBefore++;
      else if (prediction === NO_PREDICTION) this.#excluded.noPrediction++;
      else {
        this.#contexts++;
        if (prediction === MISSED) this.#missed++;
        else brought += this.#collector.add([prediction], text.subarray(start, start + this.#width));
      }
    }
    this.#tokens += text.length;
    return brought;
  }

  /** As `PairCollector.pairs`; `positions` count the predictions that were taken up. */
  pairs(options?: { copy?: boolean }): Pairs {
    return this.#collector.pairs(options);
  }

  /** Whether `most` is reached; missed contexts count. */
  get isFull(): boolean {
    return this.#contexts >= this.#most;
  }

  /** Positions whose window was read before in the run, and such as the model gave no prediction for. */
  get excluded(): { readonly readBefore: number; readonly noPrediction: number } {
    return { ...this.#excluded };
  }

  /** Pairs without score beside those of `pairs`: contexts that were missed when they first came. */
  get missed(): number {
    return this.#missed;
  }

  /** Tokens read. */
  get tokens(): number {
    return this.#tokens;
  }

  /** For each window that begins at `from` or later whether it is the first of its kind in the run. */
  #freshWindows(text: Uint32Array, from: number, predictions: Uint32Array): boolean[] {
    const width = this.#width;
    const read: Place[] = [];
    for (let start = 0; start + width <= text.length; start++) {
      read.push({ text, start, token: text[start + width] ?? 0 });
    }
    const fresh = read.map(({ start }) => this.#seen.add(text, start));
    if (this.#distinct === undefined) return fresh.slice(from);
    const newSeed = this.#first('context', read, this.#distinct);
    // Some seeds take in the token: then what counts is whether the predicted pair shares its own with one that was read.
    const turns = read.flatMap((place) => {
      const { start, token } = place;
      return [{ text, start, token: start < from ? token : predictions[start - from + width - 1] }, place];
    });
    const newPair = this.#first('pair', turns, this.#distinct);
    return fresh.map((isFresh, i) => isFresh && newSeed[i] && newPair[2 * i]).slice(from);
  }

  /** For each place whether it is the first of the run with its seed. */
  #first(dedup: DedupMode, places: readonly Place[], distinct: Distinct): boolean[] {
    const firsts = this.#firsts[dedup];
    const isFirst = remaining([...firsts, ...places], this.#width, dedup, distinct).slice(firsts.length);
    this.#firsts[dedup] = [...firsts, ...places.filter((_, i) => isFirst[i])];
    return isFirst;
  }
}
