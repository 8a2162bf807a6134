/**
 * Was the suspect trained on our marked text? Its answers, scored under our mark.
 *
 * A student that learned from marked text has learned part of the marking: where it meets a context that it saw, it leans
 * to the token that our key chose (Sander et al. 2024, "Watermarking makes language models radioactive"). The null is
 * that what it wrote is independent of our key. The verdict is about the model or a descendant of it; a model whose text
 * shows nothing may still have been trained on ours.
 * @module
 */
import {
  checkOneOf,
  type DedupMode,
  type Mark,
  type MarkDescriptor,
  type NullLaw,
  type Pairs,
  TOKEN_LIMIT,
} from '@taggant/core';
import type { Exchange } from './exchange.ts';
import { RunEvidence, type RunNumbers } from './run-evidence.ts';
import type { ServedContexts, ServedCounts } from './served/contexts.ts';
import { type Excluded, SuspectPairs } from './suspect-pairs.ts';

export interface RadioactivityOptions {
  /** Which number decides: `context` (default), the audit number, or `pair`, the power number. Both are reported. */
  readonly dedup?: DedupMode;
  /**
   * Only contexts that we served count: needs our logs, and finds weaker traces. All figures are exact where the logs do
   * not depend on the key that is tested (`ServedContexts`); else only the unweighted e-value at the end of the run is.
   */
  readonly served?: ServedContexts;
  /** Also weighs pairs by how often their contexts were served; for logs that do not depend on the key. Default false. */
  readonly weights?: boolean;
  /**
   * What the suspect is shown may carry the mark: its contexts are then excluded for the rest of the run, since the suspect may
   * remember them, and only the e-value is exact. Default false: prompts are written without the key.
   */
  readonly markedPrompts?: boolean;
}

/** Plain JSON. */
export interface RadioactivityResult extends RunNumbers {
  readonly test: 'radioactivity';
  readonly title: string;
  readonly mark: MarkDescriptor;
  readonly law: NullLaw;
  /** The number that decides, and its ln p. */
  readonly dedup: DedupMode;
  readonly lnP: number;
  readonly exchanges: number;
  /** Tokens of all replies. */
  readonly tokens: number;
  /** Every position of the replies is scored, or counted in one of the others. */
  readonly positions: {
    readonly scored: number;
    readonly repeated: number;
    readonly withoutContext: number;
    readonly excluded: Excluded;
  };
  /** What the filter holds; absent without it. */
  readonly served?: ServedCounts;
}

/**
 * Takes in exchanges in the order in which they were asked; the order has to be fixed beforehand.
 *
 * @example
 * const test = new Radioactivity(mark);
 * for (const { prompt, reply } of answers) test.add(exchangeOf({ shown: [prompt], reply }, tokenizer));
 * const { lnP, audit } = test.result();
 */
export class Radioactivity {
  readonly #mark: Mark;
  readonly #dedup: DedupMode;
  readonly #served: ServedContexts | undefined;
  readonly #suspect: SuspectPairs;
  readonly #evidence: RunEvidence;

  /** Throws RangeError for a mark without context, whose one context stands in every prompt. */
  constructor(mark: Mark, options: RadioactivityOptions = {}) {
    const { dedup = 'context', served, weights = false, markedPrompts } = options;
    const { contextWidth, descriptor, distinct } = mark;
    if (contextWidth === 0) throw new RangeError('"mark" expected contextWidth of at least 1, got 0');
    if (weights && served === undefined) throw new RangeError('"served" expected the contexts that weights come from');
    served?.checkFits({ contextWidth, tokenizer: descriptor.tokenizer });
    const vocabSize = descriptor.vocabSize ?? descriptor.tokenizer?.vocabSize ?? TOKEN_LIMIT;
    this.#mark = mark;
    this.#dedup = checkOneOf(dedup, 'dedup', ['pair', 'context']);
    this.#served = served;
    this.#suspect = new SuspectPairs({
      contextWidth,
      vocabSize,
      dedup: 'pair',
      served,
      distinct,
      keepsShown: markedPrompts,
    });
    this.#evidence = new RunEvidence(this.#suspect, mark, dedup, weights ? served : undefined);
  }

  add(exchange: Exchange): void {
    this.#suspect.add(exchange);
    this.#evidence.note();
  }

  /** ln of the e-value now; of the weighted one where weights are on. */
  get lnE(): number {
    return this.#evidence.lnE;
  }

  /** The largest that it ever was: the run may stop when it reaches ln(1 / alpha), or at any other moment. */
  get lnSup(): number {
    return this.#evidence.lnSup;
  }

  /** The pairs of one of the numbers; default: of the one that decides. */
  pairs(dedup: DedupMode = this.#dedup): Pairs {
    return this.#evidence.pairs(dedup);
  }

  result(): RadioactivityResult {
    const { title, descriptor, law } = this.#mark;
    const numbers = this.#evidence.numbers();
    const { withoutContext } = this.#suspect.pairs({ copy: false });
    const { exchanges, tokens, excluded } = this.#suspect;
    const scored = numbers.power.n;
    const repeated = tokens - withoutContext - excluded.shown - excluded.notServed - scored;
    return {
      test: 'radioactivity',
      title,
      mark: descriptor,
      law,
      dedup: this.#dedup,
      lnP: (this.#dedup === 'context' ? numbers.audit : numbers.power).lnP,
      ...numbers,
      exchanges,
      tokens,
      positions: { scored, repeated, withoutContext, excluded },
      ...(this.#served && { served: this.#served.counts }),
    };
  }
}
