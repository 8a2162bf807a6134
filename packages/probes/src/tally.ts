/** From the scores of a run's pairs to its numbers: exact p, effect size, weighted p. @module */
import type { NullLaw } from '@taggant/core';
import { lnTail, nullMoments } from '@taggant/detector';
import { binomialInterval, lnWeightedBinomialTail } from '@taggant/stats';

/** One of a run's two numbers. */
export interface EvidenceNumber {
  /** Distinct pairs scored. */
  readonly n: number;
  /** Sum of their scores. */
  readonly score: number;
  /** ln P[score >= observed] over random keys: exact. */
  readonly lnP: number;
  /** The effect: how much more a pair scored, on average, than without the key. */
  readonly excess: Excess;
  /** The same pairs, each times its weight; only where weights are on. */
  readonly weighted?: WeightedNumber;
}

export interface Excess {
  /** In units of a pair's score; 0 where there are no pairs. */
  readonly perPair: number;
  /**
   * Clopper and Pearson's interval at 95 % for binomial laws, exact where all pairs have the same excess. Too short a run gives a
   * wide one: see it before saying that there is no trace.
   */
  readonly interval?: readonly [number, number];
}

export interface WeightedNumber {
  /** Sum of weight times score. */
  readonly score: number;
  /** Exact, for binomial laws; other laws have the weighted e-value only. */
  readonly lnP?: number;
  /** How many pairs have each weight, and the plain sum of their scores. */
  readonly classes: readonly { readonly weight: number; readonly n: number; readonly score: number }[];
}

/** Adds up scores by weight. */
export class Tally {
  readonly #law: NullLaw;
  readonly #classes = new Map<number, { n: number; score: number }>();
  n = 0;
  #score = 0;

  constructor(law: NullLaw) {
    this.#law = law;
  }

  add(score: number, weight: number): void {
    this.n++;
    this.#score += score;
    const known = this.#classes.get(weight);
    if (known === undefined) this.#classes.set(weight, { n: 1, score });
    else {
      known.n++;
      known.score += score;
    }
  }

  get lnP(): number {
    return lnTail(this.#law, this.#score, this.n);
  }

  number(isWeighted: boolean): EvidenceNumber {
    const { n, lnP } = this;
    const weighted = isWeighted ? { weighted: this.#weighted() } : {};
    return { n, score: this.#score, lnP, excess: excessOf(this.#law, this.#score, n), ...weighted };
  }

  #weighted(): WeightedNumber {
    const classes = [...this.#classes].sort(([a], [b]) => a - b).map(([weight, sums]) => ({ weight, ...sums }));
    const score = classes.reduce((sum, one) => sum + one.weight * one.score, 0);
    if (this.#law.law !== 'binomial') return { score, classes };
    const { trials, p } = this.#law;
    const trialsOf = classes.map(({ weight, n }) => ({ weight, n: n * trials }));
    return { score, lnP: lnWeightedBinomialTail(trialsOf, p, score), classes };
  }
}

function excessOf(law: NullLaw, score: number, n: number): Excess {
  const { mean } = nullMoments(law);
  if (n === 0) return { perPair: 0 };
  const perPair = score / n - mean;
  if (law.law !== 'binomial') return { perPair };
  const [low, high] = binomialInterval(score, n * law.trials, CONFIDENCE);
  return { perPair, interval: [low * law.trials - mean, high * law.trials - mean] };
}

const CONFIDENCE = 0.95;
