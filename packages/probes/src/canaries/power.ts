/** How many triggers, variants and hits a deck needs: exact tables, to plan with. @module */
import { lnSumTail, type ScoreLaw } from './score-law.ts';

/** What a deck can show. */
export interface Power {
  /** The fewest hits with a family-wise p of at most alpha; undefined when not even a hit at every trigger is enough. */
  readonly hitsNeeded?: number;
  /** ln of that p. */
  readonly lnP?: number;
  /** The probability that a student has that many, for each hit rate. */
  readonly power: readonly number[];
}

/** Triggers asked, M, and variants of each, K. */
export interface CanaryPower extends Power {
  readonly triggers: number;
  readonly variants: number;
}

export interface PowerOptions {
  /** How often a student repeats what it learned; otherwise it names one of the K by chance. 0 to 1. */
  readonly hitRates: readonly number[];
  readonly alpha: number;
  /** Accounts that are searched. Default 1. */
  readonly accounts?: number;
}

/**
 * A row for each M and K: the hits needed, and the power of the statistic `hits` at each hit rate.
 *
 * @throws RangeError for an alpha outside (0, 1) and counts or rates out of range.
 * @example
 * powerTable({ triggers: [100], variants: [64], hitRates: [0.1], alpha: 1e-6 });
 * // [ { triggers: 100, variants: 64, hitsNeeded: 11, lnP: -14.44, power: [ 0.597 ] } ]
 */
export function powerTable({
  triggers,
  variants,
  ...options
}: PowerOptions & { readonly triggers: readonly number[]; readonly variants: readonly number[] }): CanaryPower[] {
  return triggers.flatMap((m) =>
    variants.map((k) => {
      check('triggers', m, Number.isInteger(m) && m >= 1, 'integers >= 1');
      return { triggers: m, variants: k, ...powerOf(new Array<number>(m).fill(k), options) };
    }),
  );
}

/**
 * The same for triggers with these numbers of variants.
 *
 * @example
 * powerOf(exampleDeck().sizes, { hitRates: [0.1], alpha: 1e-6 }).hitsNeeded; // 17
 */
export function powerOf(sizes: readonly number[], { hitRates, alpha, accounts = 1 }: PowerOptions): Power {
  check('alpha', alpha, alpha > 0 && alpha < 1, 'a number in (0, 1)');
  check('accounts', accounts, Number.isInteger(accounts) && accounts >= 1, 'an integer >= 1');
  for (const rate of hitRates) check('hitRates', rate, rate >= 0 && rate <= 1, 'numbers in [0, 1]');
  for (const k of sizes) check('variants', k, Number.isInteger(k) && k >= 2, 'integers >= 2');
  const needed = hitsNeeded(sizes, alpha / accounts);
  if (needed === undefined) return { power: hitRates.map(() => 0) };
  return {
    hitsNeeded: needed,
    lnP: Math.min(0, lnHitsTail(sizes, needed) + Math.log(accounts)),
    power: hitRates.map((rate) => Math.exp(lnHitsTail(sizes, needed, rate))),
  };
}

/**
 * The fewest hits whose p is at most alpha, for triggers with these numbers of variants; undefined when there are none.
 *
 * @example
 * hitsNeeded(new Array(100).fill(1000), 1e-6); // 5
 */
export function hitsNeeded(sizes: readonly number[], alpha: number): number | undefined {
  let [enough, tooFew] = [sizes.length + 1, 0];
  while (enough - tooFew > 1) {
    const middle = (enough + tooFew) >>> 1;
    if (lnHitsTail(sizes, middle) <= Math.log(alpha)) enough = middle;
    else tooFew = middle;
  }
  return enough > sizes.length ? undefined : enough;
}

/**
 * ln P[hits or more] over triggers with these numbers of variants: the p of the statistic `hits`, and with a `rate` above 0
 * the power against a student that repeats what it learned at that rate and otherwise names a variant by chance.
 *
 * @example
 * Math.exp(lnHitsTail(new Array(100).fill(1000), 5)); // 7.0e-8
 */
export const lnHitsTail = (sizes: readonly number[], hits: number, rate = 0): number =>
  lnSumTail(
    sizes.map((k) => hitAtRate(rate + (1 - rate) / k)),
    hits,
  );

const hitAtRate = (p: number): ScoreLaw =>
  p < 1 ? { scores: [0, 1], probabilities: [1 - p, p] } : { scores: [1], probabilities: [1] };

function check(name: string, value: number, ok: boolean, expected: string): void {
  if (!ok) throw new RangeError(`"${name}" expected ${expected}, got ${String(value)}`);
}
