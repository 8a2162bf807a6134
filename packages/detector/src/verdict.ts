/**
 * From evidence to one of three words, each with its reason.
 *
 * `marked` rests on the exact p alone. `not-marked` is a claim of power, and needs an alternative to rule out: a text
 * marked at a stated strength, by default one bit of choice per token (`Mark.oneBit`). It is given when such a text would
 * score as low as this one with probability at most `beta`, by a bound that holds at any n, over the first pair of each
 * context: later pairs in the same context need not be marked.
 * Everything else is `inconclusive`. Nothing here says that a person wrote the text.
 * @module
 */
import type { NullLaw, Strength } from '@taggant/core';
import { lnBinomialLowerTail } from '@taggant/stats';
import { lnTail } from './evidence.ts';

export type Verdict = 'marked' | 'not-marked' | 'inconclusive';

/**
 * - `evidence`: p is at most alpha.
 * - `ruled-out`: a mark of the stated strength would have scored higher.
 * - `weak-evidence`: p is below 1 % but above alpha; more text may decide.
 * - `too-short`: even a text marked at the stated strength would not reach alpha with so few contexts.
 * - `repetitive`: long enough, but too few distinct contexts.
 * - `no-evidence`: neither found nor ruled out.
 */
export type Reason = 'evidence' | 'ruled-out' | 'weak-evidence' | 'too-short' | 'repetitive' | 'no-evidence';

export interface Judged {
  readonly verdict: Verdict;
  readonly reason: Reason;
  /** Contexts at which a text of the stated strength would on average reach alpha. */
  readonly needed: number;
  /** Upper bound on ln P[a text of the stated strength scores this low]. */
  readonly lnMissed: number;
}

export interface Bar {
  readonly alpha: number;
  readonly beta: number;
  readonly strength: Strength;
}

/** What is judged: ln p over all pairs, and, for the claim of power, the first pair of each context. */
export interface Evidence {
  readonly lnP: number;
  readonly law: NullLaw;
  readonly first: { readonly n: number; readonly sum: number };
  readonly positionsSeen: number;
  /** How many tests lnP is corrected for: what alpha is divided by when asking how much text is needed. */
  readonly tests: number;
}

export function judge(
  { lnP, law, first: { n, sum }, positionsSeen, tests }: Evidence,
  { alpha, beta, strength }: Bar,
): Judged {
  const lnAlpha = Math.log(alpha);
  const needed = pairsNeeded(law, strength, lnAlpha - Math.log(tests));
  const lnMissed = lnLowerTail(law, strength, sum, n);
  const is = (verdict: Verdict, reason: Reason): Judged => ({ verdict, reason, needed, lnMissed });
  if (lnP <= lnAlpha) return is('marked', 'evidence');
  if (lnP <= LN_WEAK) return is('inconclusive', 'weak-evidence');
  if (lnMissed <= Math.log(beta)) return is('not-marked', 'ruled-out');
  if (n < needed) return is('inconclusive', positionsSeen >= needed ? 'repetitive' : 'too-short');
  return is('inconclusive', 'no-evidence');
}

/**
 * Upper bound on ln P[n independent scores of this strength sum to no more than this]. A count of green tokens: the
 * binomial tail, which bounds a sum of unequal chances of the same mean too (Hoeffding 1956, theorem 4; the sums in
 * question lie far below the mean). Other scores, none of them negative: Bernstein's inequality,
 * P[S <= n mean - t] <= exp(-t^2 / (2 (n variance + mean t / 3))) (Boucheron, Lugosi, Massart 2013, section 2.8).
 */
function lnLowerTail(law: NullLaw, { mean, variance }: Strength, sum: number, n: number): number {
  const shortfall = n * mean - sum;
  if (shortfall <= 0) return 0;
  if (law.law === 'binomial' && law.trials === 1) return lnBinomialLowerTail(sum, n, mean);
  return (-shortfall * shortfall) / (2 * (n * variance + (mean * shortfall) / 3));
}

/**
 * The smallest n whose mean score at this strength reaches alpha; Infinity when the strength is no more than the null's.
 * The last answers are kept: from text to text the question is the same, and it costs five times the scoring of 100 pairs.
 */
function pairsNeeded(law: NullLaw, { mean }: Strength, lnAlpha: number): number {
  const known = answers.find((one) => one.mean === mean && one.lnAlpha === lnAlpha && isSameLaw(one.law, law));
  if (known !== undefined) return known.needed;
  const needed = searchPairsNeeded(law, mean, lnAlpha);
  answers = [{ law: { ...law }, mean, lnAlpha, needed }, ...answers.slice(0, MAX_ANSWERS - 1)];
  return needed;
}

function isSameLaw(a: NullLaw, b: NullLaw): boolean {
  switch (a.law) {
    case 'binomial':
      return b.law === a.law && a.p === b.p && a.trials === b.trials;
    case 'gamma':
      return b.law === a.law && a.shape === b.shape;
    case 'gamma-sum':
      return b.law === a.law && a.scales.every((scale, i) => scale === b.scales[i]);
  }
}

function searchPairsNeeded(law: NullLaw, mean: number, lnAlpha: number): number {
  const reaches = (n: number) => lnTailAt(law, n * mean, n) <= lnAlpha;
  let high = 1;
  while (!reaches(high)) if ((high *= 2) > 2 ** 24) return Number.POSITIVE_INFINITY;
  let low = high / 2;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (reaches(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** ln p of a mean sum; between two counts on the line between their ln p, or it would rise and fall from n to n + 1. */
function lnTailAt(law: NullLaw, sum: number, n: number): number {
  const below = law.law === 'binomial' ? Math.floor(sum) : sum;
  const lnP = lnTail(law, below, n);
  return below === sum ? lnP : lnP + (sum - below) * (lnTail(law, below + 1, n) - lnP);
}

let answers: { readonly law: NullLaw; readonly mean: number; readonly lnAlpha: number; readonly needed: number }[] = [];
const MAX_ANSWERS = 16;
const LN_WEAK = Math.log(0.01);
