/** Radioactivity of an open model: it reads, and its predictions are scored. @module */
import { type Mark, type MarkDescriptor, type NullLaw, type Pairs, TOKEN_LIMIT } from '@taggant/core';
import { RunEvidence, type RunNumbers } from '../run-evidence.ts';
import type { NextTokenModel } from './model.ts';
import { ReadingPairs } from './reading-pairs.ts';

export interface ReadingTestOptions {
  /** Ends the run with this number of contexts. Fix it beforehand where the texts are marked. */
  readonly most?: number;
}

/** Plain JSON. */
export interface ReadingResult extends RunNumbers {
  readonly test: 'reading';
  readonly title: string;
  readonly mark: MarkDescriptor;
  readonly law: NullLaw;
  /** Of the audit number, which the power number equals here. */
  readonly lnP: number;
  /** Tokens read. */
  readonly tokens: number;
  /** `isFull`: as many contexts as were asked for. */
  readonly isFull: boolean;
  readonly excluded: { readonly readBefore: number; readonly noPrediction: number };
  /** Pairs among the numbers' n that scored nothing because the model could not be asked there. */
  readonly missed: number;
}

/**
 * Reads text after text with a model and scores its predictions under the mark.
 *
 * @example
 * const test = new ReadingTest(mark, model);
 * for (const ids of ourMarkedTexts) await test.read(ids);
 * test.result().lnP;
 */
export class ReadingTest {
  readonly #mark: Mark;
  readonly #model: NextTokenModel;
  readonly #reading: ReadingPairs;
  readonly #evidence: RunEvidence;

  constructor(mark: Mark, model: NextTokenModel, { most }: ReadingTestOptions = {}) {
    const { contextWidth, descriptor, distinct } = mark;
    if (contextWidth === 0) throw new RangeError('"mark" expected contextWidth of at least 1, got 0');
    const vocabSize = descriptor.vocabSize ?? descriptor.tokenizer?.vocabSize ?? TOKEN_LIMIT;
    this.#mark = mark;
    this.#model = model;
    this.#reading = new ReadingPairs({ contextWidth, vocabSize, most, distinct });
    this.#evidence = new RunEvidence(this.#reading, mark);
  }

  /**
   * Reads one text; in parts, each on its own, where it is longer than the model takes. `prompt`: what stood in front of it
   * when it was written; the model does not see it.
   */
  async read(tokens: Uint32Array, prompt: ArrayLike<number> = []): Promise<void> {
    const { maxLength = Number.POSITIVE_INFINITY } = this.#model;
    for (let from = 0; from < tokens.length && !this.#reading.isFull; from += maxLength) {
      const part = tokens.subarray(from, Math.min(tokens.length, from + maxLength));
      const before = from === 0 ? prompt : tokens.subarray(0, from);
      this.#reading.add(part, await this.#model.predict(part), before);
      this.#evidence.note();
    }
  }

  /** ln of the e-value now. */
  get lnE(): number {
    return this.#evidence.lnE;
  }

  /** The largest that it ever was: the run may stop when it reaches ln(1 / alpha), or at any other moment. */
  get lnSup(): number {
    return this.#evidence.lnSup;
  }

  pairs(): Pairs {
    return this.#evidence.pairs('context');
  }

  result(): ReadingResult {
    const { title, descriptor, law } = this.#mark;
    const numbers = this.#evidence.numbers();
    const { tokens, isFull, excluded, missed } = this.#reading;
    return {
      test: 'reading',
      title,
      mark: descriptor,
      law,
      lnP: numbers.audit.lnP,
      ...numbers,
      tokens,
      isFull,
      excluded,
      missed,
    };
  }
}
