/**
 * From evidence to one of three words, each with its reason.
 *
 * `marked` rests on the exact p alone. `not-marked` is a claim of power, and needs an alternative to rule out: a text
 * marked at a stated strength, by default one bit of choice per token (`Mark.oneBit`). It is given when such a text would
 * score as low as this one with probability at most `beta`, by Bernstein's inequality, which holds at any n.
 * Everything else is `inconclusive`. Nothing here says that a person wrote the text.
 * @module
 */
import type { NullLaw, Strength } from '@taggant/core';
import { lnTail } from './evidence.ts';

export type Verdict = 'marked' | 'not-marked' | 'inconclusive';

/**
 * - `evidence`: p is at most alpha.
 * - `ruled-out`: a mark of the stated strength would have scored higher.
 * - `weak-evidence`: p is below 1 % but above alpha; more text may decide.
 * - `too-short`: even a text marked at the stated strength would not reach alpha with so few pairs.
 * - `repetitive`: long enough, but too few distinct pairs.
 * - `no-evidence`: neither found nor ruled out.
 */
export type Reason = 'evidence' | 'ruled-out' | 'weak-evidence' | 'too-short' | 'repetitive' | 'no-evidence';

export interface Judged {
  readonly verdict: Verdict;
  readonly reason: Reason;
  /** Pairs at which a text of the stated strength would on average reach alpha. */
  readonly needed: number;
  /** Upper bound on ln P[a text of the stated strength scores this low]. */
  readonly lnMissed: number;
}

export interface Bar {
  readonly alpha: number;
  readonly beta: number;
  readonly strength: Strength;
}

export function judge(
  { sum, n, positionsSeen, lnP, law }: { sum: number; n: number; positionsSeen: number; lnP: number; law: NullLaw },
  { alpha, beta, strength }: Bar,
): Judged {
  const lnAlpha = Math.log(alpha);
  const needed = pairsNeeded(law, strength, lnAlpha);
  const lnMissed = lnLowerTail(strength, sum, n);
  const is = (verdict: Verdict, reason: Reason): Judged => ({ verdict, reason, needed, lnMissed });
  if (lnP <= lnAlpha) return is('marked', 'evidence');
  if (lnP <= LN_WEAK) return is('inconclusive', 'weak-evidence');
  if (lnMissed <= Math.log(beta)) return is('not-marked', 'ruled-out');
  if (n < needed) return is('inconclusive', positionsSeen >= needed ? 'repetitive' : 'too-short');
  return is('inconclusive', 'no-evidence');
}

/**
 * Bernstein's inequality for n independent scores that are never negative:
 * P[S <= n mean - t] <= exp(-t^2 / (2 (n variance + mean t / 3))) (Boucheron, Lugosi, Massart 2013, section 2.8).
 */
function lnLowerTail({ mean, variance }: Strength, sum: number, n: number): number {
  const shortfall = n * mean - sum;
  return shortfall <= 0 ? 0 : (-shortfall * shortfall) / (2 * (n * variance + (mean * shortfall) / 3));
}

/** The smallest n whose mean score at this strength reaches alpha; Infinity when the strength is no more than the null's. */
function pairsNeeded(law: NullLaw, { mean }: Strength, lnAlpha: number): number {
  const reaches = (n: number) => lnTail(law, law.law === 'binomial' ? Math.floor(n * mean) : n * mean, n) <= lnAlpha;
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

const LN_WEAK = Math.log(0.01);
