/**
 * Evidence over a stream of documents that may be looked at after each of them and stopped whenever one likes. @module
 */
import { type DedupMode, type Mark, PairCollector, type Pairs, show, TOKEN_LIMIT } from '@taggant/core';
import { EProcess } from '@taggant/stats';
import { DEFAULT_ALPHA, type Detection, detectPairs } from './detect.ts';
import { cumulantOf, tiltsOf } from './evidence.ts';

export interface StreamOptions {
  /** The chance that `crossed` ever becomes true for texts written without the key. Default 1e-6. */
  readonly alpha?: number;
  /**
   * `pair` (default of native marks) or `context`, each once over the whole stream. Marks of other engines take `context` only:
   * the tokens of one of their contexts may be drawn from one list of a fixed number of green ones, and what was seen of it
   * tells of the rest, which a sum allows for and a stopping rule could use.
   */
  readonly dedup?: DedupMode;
}

/** Where a stream stands. */
export interface StreamEvidence {
  /** ln of the e-value now. */
  readonly lnE: number;
  /** Its largest value so far; at least 0. */
  readonly lnSup: number;
  /** -lnSup: ln of a p-value that holds at whatever moment it is read. */
  readonly lnP: number;
  /** E has reached 1/alpha at some moment. Once true, always true. */
  readonly crossed: boolean;
  /** Distinct pairs scored. */
  readonly n: number;
}

/**
 * Tests documents one after the other, each distinct pair or context once over all of them. Over random keys, `crossed`
 * becomes true with probability at most alpha for any texts written without the key, whatever rule stops the stream, and
 * also where each next document was chosen by what the earlier ones gave (docs/statistics.md, "Any stopping rule").
 *
 * @example
 * const stream = new EvidenceStream(mark, { alpha: 1e-6 });
 * for (const ids of documents) if (stream.add(ids).crossed) break;
 */
export class EvidenceStream {
  readonly alpha: number;
  readonly dedup: DedupMode;
  readonly #mark: Mark;
  readonly #collector: PairCollector;
  readonly #evidence: EProcess;
  readonly #takesPrompt: boolean;
  #documents = 0;

  /** @throws RangeError for alpha outside (0, 1), and for marks of other engines that count pairs or have no context. */
  constructor(mark: Mark, { alpha = DEFAULT_ALPHA, dedup = isNative(mark) ? 'pair' : 'context' }: StreamOptions = {}) {
    if (!(alpha > 0 && alpha < 1)) throw new RangeError(`"alpha" expected a number in (0, 1), got ${show(alpha)}`);
    if (!isNative(mark) && mark.contextWidth === 0) {
      throw new RangeError(
        `"mark" expected one with a context for a stream, got ${mark.title}: one list for all tokens`,
      );
    }
    if (!isNative(mark) && dedup === 'pair') {
      throw new RangeError(`"dedup" expected context for a stream of ${show(mark.descriptor.mark)}, got pair`);
    }
    const { contextWidth, start, descriptor, law } = mark;
    this.alpha = alpha;
    this.dedup = dedup;
    this.#mark = mark;
    this.#takesPrompt = start?.prompt !== false;
    this.#collector = new PairCollector({
      contextWidth,
      dedup,
      vocabSize: descriptor.vocabSize ?? descriptor.tokenizer?.vocabSize ?? TOKEN_LIMIT,
      padding: start?.scores ? start.padding : undefined,
    });
    this.#evidence = new EProcess(cumulantOf(law), tiltsOf(law));
  }

  /** Takes in a document. `prompt`: tokens before it that give context and are not scored. */
  add(tokens: ArrayLike<number>, prompt?: ArrayLike<number>): StreamEvidence {
    this.#collector.add(tokens, this.#takesPrompt ? prompt : undefined);
    this.#documents++;
    const fresh = after(this.#pairs({ copy: false }), this.#evidence.n);
    const scores = new Float64Array(fresh.n);
    this.#mark.score(fresh, scores);
    for (let i = 0; i < fresh.n; i++) this.#evidence.add(scores[i]);
    return this.evidence;
  }

  get evidence(): StreamEvidence {
    const { lnE, lnSup, n } = this.#evidence;
    return { lnE, lnSup, lnP: 0 - lnSup, crossed: lnSup >= -Math.log(this.alpha), n };
  }

  /** How many documents were taken in. */
  get documents(): number {
    return this.#documents;
  }

  /**
   * The test of all documents as one text, by the exact law: sharper than the e-value, and valid only if it was fixed beforehand
   * which documents there would be.
   */
  fixed(): Detection {
    return detectPairs(this.#pairs({ copy: true }), this.#mark, { alpha: this.alpha });
  }

  /** What a mark leaves out rests on earlier pairs alone, so that those which were scored stay in front. */
  #pairs(options: { copy: boolean }): Pairs {
    const pairs = this.#collector.pairs(options);
    return this.#mark.distinct?.(pairs) ?? pairs;
  }
}

const isNative = ({ descriptor }: Mark) => descriptor.mark === 'taggant/1';

/** The pairs behind the first `from`. */
function after(pairs: Pairs, from: number): Pairs {
  const { n, contextWidth, contexts, tokens, positions, first } = pairs;
  return {
    ...pairs,
    n: n - from,
    contexts: contexts.subarray(from * contextWidth, n * contextWidth),
    tokens: tokens.subarray(from, n),
    positions: positions.subarray(from, n),
    first: first?.subarray(from, n),
  };
}
