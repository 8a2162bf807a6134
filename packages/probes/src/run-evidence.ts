/**
 * The evidence of a run as it comes in: two numbers and an e-value from one collection of pairs.
 *
 * The audit number counts each context once, at its first pair. The power number counts each (context, token) once: more
 * pairs, and a claim that rests on the mark's scores of several tokens in one context being independent, as its law says.
 * The e-value goes through the pairs of the number that decides, in order, and may be read, and the run stopped, at any
 * moment. For marks of other engines it goes through the audit pairs always: their lists hold a fixed number of green tokens, so
 * that tokens of one context are not independent.
 * @module
 */
import type { DedupMode, Mark, Pairs } from '@taggant/core';
import { cumulantOf, tiltsOf } from '@taggant/detector';
import { EProcess } from '@taggant/stats';
import { firstOfContexts, pairsFrom } from './pairs.ts';
import type { ServedContexts } from './served/contexts.ts';
import { MAX_WEIGHT, weightsOf } from './served/weights.ts';
import { type EvidenceNumber, Tally } from './tally.ts';

/** An e-value over pairs in the order in which they came. */
export interface AnytimeEvidence {
  /** ln of the e-value now, and the largest that it ever was: exp(-lnSup) is a p-value at whatever moment one stops. */
  readonly lnE: number;
  readonly lnSup: number;
}

export interface RunNumbers {
  /** Each context once. */
  readonly audit: EvidenceNumber;
  /** Each (context, token) once. */
  readonly power: EvidenceNumber;
  readonly anytime: AnytimeEvidence & {
    /** Scores that were bet on: of the number that decides, or, for marks of other engines, of the audit number. */
    readonly n: number;
    readonly weighted?: AnytimeEvidence;
  };
  readonly curve: readonly CurvePoint[];
}

/** The evidence after so many tokens. */
export interface CurvePoint {
  readonly tokens: number;
  /** Of the audit number. */
  readonly n: number;
  readonly lnP: number;
  /** The weighted one where weights are on. */
  readonly lnE: number;
  readonly power: { readonly n: number; readonly lnP: number };
}

/** The pairs that a collector has so far, and how many tokens the suspect wrote for them. */
export interface PairSource {
  pairs(options?: { copy?: boolean }): Pairs;
  readonly tokens: number;
  /** Pairs that count in both numbers without having a score. */
  readonly missed?: number;
}

export class RunEvidence {
  readonly #source: PairSource;
  readonly #mark: Mark;
  readonly #weights: ServedContexts | undefined;
  readonly #audit: Tally;
  readonly #power: Tally;
  readonly #plain: EProcess;
  readonly #weighted: EProcess | undefined;
  readonly #curve: CurvePoint[] = [];
  /** Which pairs are bet on. */
  readonly #bets: DedupMode;
  #taken = 0;
  /** Pairs of each number that have a score. */
  readonly #scored: Record<DedupMode, number> = { context: 0, pair: 0 };
  #missed = 0;
  #nextPoint = FIRST_POINT;

  /**
   * `decides`: the number that the e-value goes through. `weights`: the served contexts that pairs are weighted by. The source
   * collects in mode `pair`.
   */
  constructor(source: PairSource, mark: Mark, decides: DedupMode = 'context', weights?: ServedContexts) {
    this.#bets = mark.descriptor.mark === 'taggant/1' ? decides : 'context';
    this.#source = source;
    this.#mark = mark;
    this.#weights = weights;
    [this.#audit, this.#power] = [new Tally(mark.law), new Tally(mark.law)];
    this.#plain = new EProcess(cumulantOf(mark.law), tiltsOf(mark.law));
    if (weights) this.#weighted = new EProcess(cumulantOf(mark.law), tiltsOf(mark.law, MAX_WEIGHT));
  }

  /** To be called after every text: notes a point of the curve, every 5 % more tokens. */
  note(): void {
    // So that the largest e-value does not hang on who looked when. Marks that look back at all pairs take them at points only.
    if (this.#mark.distinct === undefined) this.#takeNew();
    const { tokens } = this.#source;
    if (tokens < this.#nextPoint) return;
    this.#curve.push(this.#point());
    this.#nextPoint = Math.max(this.#nextPoint, tokens) * POINT_RATIO;
  }

  get lnE(): number {
    return this.#decisive().lnE;
  }

  get lnSup(): number {
    return this.#decisive().lnSup;
  }

  numbers(): RunNumbers {
    const point = this.#point();
    const isWeighted = this.#weights !== undefined;
    const last = this.#curve.at(-1)?.tokens;
    return {
      audit: this.#audit.number(isWeighted),
      power: this.#power.number(isWeighted),
      anytime: {
        n: this.#plain.n,
        ...anytime(this.#plain),
        ...(this.#weighted && { weighted: anytime(this.#weighted) }),
      },
      curve: last === point.tokens ? [...this.#curve] : [...this.#curve, point],
    };
  }

  /** The pairs of one of the two numbers: what decoys are ranked on. */
  pairs(dedup: DedupMode): Pairs {
    return this.#distinct(this.#source.pairs(), dedup);
  }

  #point(): CurvePoint {
    const { lnE } = this.#decisive();
    const [{ n, lnP }, power] = [this.#audit, this.#power];
    return { tokens: this.#source.tokens, n, lnP, lnE, power: { n: power.n, lnP: power.lnP } };
  }

  /** The weighted e-value where weights are on. */
  #decisive(): EProcess {
    this.#takeNew();
    return this.#weighted ?? this.#plain;
  }

  /** Scores the pairs that came since. A mark whose seed forgets part of the context has to look at all pairs again. */
  #takeNew(): void {
    this.#takeMissed();
    const all = this.#source.pairs({ copy: false });
    if (all.n === this.#taken) return;
    const looksBack = this.#mark.distinct !== undefined;
    const fresh = pairsFrom(all, looksBack ? 0 : this.#taken);
    this.#taken = all.n;
    for (const [dedup, tally] of [['context', this.#audit] as const, ['pair', this.#power] as const]) {
      const bets = dedup === this.#bets;
      this.#score(pairsFrom(this.#distinct(fresh, dedup), looksBack ? this.#scored[dedup] : 0), (score, weight) => {
        this.#scored[dedup]++;
        tally.add(score, weight);
        if (!bets) return;
        this.#plain.add(score);
        this.#weighted?.add(score, weight);
      });
    }
  }

  /** Before the scores that came with them, so that the largest e-value is none that there never was. */
  #takeMissed(): void {
    const { missed = 0 } = this.#source;
    for (; this.#missed < missed; this.#missed++) {
      this.#audit.add(0, 1);
      this.#power.add(0, 1);
      this.#plain.add(0);
    }
  }

  #distinct(pairs: Pairs, dedup: DedupMode): Pairs {
    const chosen = dedup === 'context' ? firstOfContexts(pairs) : pairs;
    return this.#mark.distinct?.(chosen) ?? chosen;
  }

  #score(pairs: Pairs, take: (score: number, weight: number) => void): void {
    const scores = new Float64Array(pairs.n);
    this.#mark.score(pairs, scores);
    const weights = this.#weights && weightsOf(pairs, this.#weights);
    for (let i = 0; i < pairs.n; i++) take(scores[i], weights?.[i] ?? 1);
  }
}

const anytime = ({ lnE, lnSup }: EProcess): AnytimeEvidence => ({ lnE, lnSup });

const FIRST_POINT = 100;
/** A curve has a point every 5 %. */
export const POINT_RATIO = 1.05;
