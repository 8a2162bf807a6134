/**
 * Did the suspect learn from answers that an account was served? The null: what it wrote does not depend on the draw. Whatever
 * its habits, the drawn variant of each trigger is then uniform among the K, independently between triggers and accounts. What
 * it is shown must not depend on the draw either: ask the deck's prompts, and never with served texts in front of them.
 *
 * Two statistics, both with exact p. Name the one that decides before the replies are seen; never report the smaller. Both
 * are for a number of questions that was fixed beforehand; who stops when the evidence is enough goes by the e-value.
 *
 * - `hits`: the triggers whose first usable reply names the drawn variant. P[Poisson-binomial(1/K of every trigger asked) >= hits], which
 *   takes a trigger without a usable reply as one that could have hit. The first reply, not the majority: it does not hang on how many
 *   samples were paid for, it is settled at once, so that evidence can be followed as it comes, and a habit that fills
 *   most replies cannot bury a choice that was learned.
 * - `counts`: all usable replies. At each trigger every variant has a score that grows with how often it was named; the drawn one's
 *   scores are summed, and p is exact for that suspect's own histograms. Sharper with several samples a trigger.
 *
 * The source of the bound is our own design note (distillation.md, 2d). @module
 */
import { checkInteger } from '@taggant/core';
import { bonferroni, lnSumExp } from '@taggant/stats';
import { CanaryAnswers, type CanaryReply, type TriggerAnswers } from './answers.ts';
import type { Deck } from './deck.ts';
import type { Draws } from './draw.ts';
import { lnSumTail, type ScoreLaw } from './score-law.ts';

export type CanaryStatistic = 'hits' | 'counts';

/** One account's evidence; everything is corrected for all accounts that were tried (Bonferroni). */
export interface CanaryCandidate {
  readonly account: string;
  readonly hits: number;
  readonly lnPHits: number;
  /** Sum of the drawn variants' scores. */
  readonly score: number;
  readonly lnPCounts: number;
  /** Of `hits`, valid whenever one stops: reject when it is at least -ln alpha. */
  readonly lnE: number;
}

export interface CanaryResult {
  /** What was tested: hash of the deck, and commitment of the key. */
  readonly deck: string;
  readonly commitment: string;
  readonly kid: string;
  /** The statistic that decides, and its family-wise ln p. */
  readonly statistic: CanaryStatistic;
  readonly lnP: number;
  /** Accounts tried. */
  readonly accounts: number;
  readonly triggers: { readonly asked: number; readonly answered: number };
  readonly replies: CanaryAnswers['replies'];
  /** Hits that an innocent suspect is expected to have under one account's draws, at most. */
  readonly expectedHits: number;
  /** The best accounts by the statistic, best first. Those with ln p at most ln alpha are found; the rest are for comparison. */
  readonly candidates: readonly CanaryCandidate[];
}

export interface CanaryTestOptions {
  /** Default `counts`. */
  readonly statistic?: CanaryStatistic;
  /** How many of the best accounts to list. Default 5. */
  readonly top?: number;
}

/**
 * Tests a suspect's replies against the draws of one account or of many.
 *
 * @throws RangeError for draws of another deck, and a trigger that the deck does not hold.
 * @example
 * const { candidates, accounts } = testDeck(deck, drawVariants(deck, key, accounts), replies, { statistic: 'hits' });
 * if (candidates[0].lnPHits <= Math.log(1e-6)) console.log(candidates[0].account);
 */
export function testDeck(
  deck: Deck,
  draws: Draws,
  replies: Iterable<CanaryReply>,
  options: CanaryTestOptions = {},
): CanaryResult {
  return testAnswers(new CanaryAnswers(deck, replies), draws, options);
}

/** As {@link testDeck}, for answers that are still coming: it may be called after any of them. */
export function testAnswers(
  answers: CanaryAnswers,
  draws: Draws,
  { statistic = 'counts', top = 5 }: CanaryTestOptions = {},
): CanaryResult {
  const { deck, asked, answered, replies } = answers;
  if (draws.deck !== deck.hash) throw new RangeError(`"draws" expected those of deck ${deck.hash}, got ${draws.deck}`);
  if (statistic !== 'hits' && statistic !== 'counts') {
    throw new RangeError(`"statistic" expected hits or counts, got ${String(statistic)}`);
  }
  checkInteger(top, 'top', 1, 2 ** 24);
  const sizes = deck.sizes;
  const hits = tables(answered, sizes, (variant, { first }) => (variant === first ? 1 : 0));
  const counts = tables(answered, sizes, (variant, at, k) => scoreOf(at.counts.get(variant) ?? 0, k));
  const hitLaws = asked.map((place) => hitLaw(sizes[place]));
  const countLaws = counts.map(({ table }) => lawOf(table));
  const tests = draws.accounts.length;
  const decisive = totals(draws, statistic === 'hits' ? hits : counts, sizes.length);
  const candidates = best(decisive, top).map((row): CanaryCandidate => {
    const [hit, score] = [hits, counts].map((tables) => total(draws, tables, sizes.length, row));
    return {
      account: draws.accounts[row],
      hits: hit,
      lnPHits: bonferroni(lnSumTail(hitLaws, hit), tests),
      score,
      lnPCounts: bonferroni(lnSumTail(countLaws, score), tests),
      lnE:
        lnBets(
          hits.map(({ place, table }) => ({
            k: sizes[place],
            hit: table[drawn(draws, sizes.length, row, place)] === 1,
          })),
        ) - Math.log(tests),
    };
  });
  return {
    deck: deck.hash,
    commitment: draws.commitment,
    kid: draws.kid,
    statistic,
    lnP: statistic === 'hits' ? candidates[0].lnPHits : candidates[0].lnPCounts,
    accounts: tests,
    triggers: { asked: asked.length, answered: answered.size },
    replies,
    expectedHits: asked.reduce((sum, place) => sum + 1 / sizes[place], 0),
    candidates,
  };
}

/**
 * @internal The score of a variant that was named `count` times among K: 4 ln(1 + count K / 8), rounded. Close to the log of
 * the likelihood ratio that a student has for the variant, when habits take the other replies; nearly linear for few
 * and flat for many, so that one trigger with a strong habit does not outweigh the rest. Fixed: part of the statistic.
 */
export const scoreOf = (count: number, k: number): number => Math.round(4 * Math.log(1 + (count * k) / 8));

/** @internal A hit under a uniform draw. */
export const hitLaw = (k: number): ScoreLaw => ({ scores: [0, 1], probabilities: [1 - 1 / k, 1 / k] });

/** @internal The law of the drawn variant's score under a uniform draw. */
export function lawOf(table: Int32Array): ScoreLaw {
  const times = new Map<number, number>();
  for (const score of table) times.set(score, (times.get(score) ?? 0) + 1);
  return { scores: [...times.keys()], probabilities: Array.from(times.values(), (count) => count / table.length) };
}

/**
 * @internal ln of the e-value of hits in the order in which they came: the mean over lambda of the product of
 * 1 - lambda + lambda K hit. Each factor has mean 1 under a uniform draw, whatever came before (Ville 1939). A trigger
 * without a usable reply is no bet.
 */
export function lnBets(bets: readonly { readonly k: number; readonly hit: boolean }[]): number {
  const products = LAMBDAS.map((lambda) =>
    bets.reduce((sum, { k, hit }) => sum + Math.log1p(hit ? lambda * (k - 1) : -lambda), 0),
  );
  return lnSumExp(products) - Math.log(LAMBDAS.length);
}

/** The score of each variant of one trigger. */
interface Table {
  readonly place: number;
  readonly table: Int32Array;
}

function tables(
  answered: ReadonlyMap<number, TriggerAnswers>,
  sizes: readonly number[],
  score: (variant: number, answers: TriggerAnswers, k: number) => number,
): Table[] {
  return Array.from(answered, ([place, answers]) => {
    const k = sizes[place];
    return { place, table: Int32Array.from({ length: k }, (_, variant) => score(variant, answers, k)) };
  });
}

const drawn = ({ variants }: Draws, width: number, row: number, place: number) => variants[row * width + place];

const total = (draws: Draws, tables: readonly Table[], width: number, row: number) =>
  tables.reduce((sum, { place, table }) => sum + table[drawn(draws, width, row, place)], 0);

const totals = (draws: Draws, tables: readonly Table[], width: number): Float64Array =>
  Float64Array.from(draws.accounts, (_, row) => total(draws, tables, width, row));

/** The rows with the highest totals, highest first; of equals, the earlier account. */
function best(totals: Float64Array, top: number): number[] {
  const rows = Array.from(totals.keys());
  return rows.sort((a, b) => totals[b] - totals[a] || a - b).slice(0, top);
}

/** Bets for a student that learned nearly all of its canaries, down to one in a hundred. */
const LAMBDAS = [0.8, 0.5, 0.25, 0.1, 0.05, 0.02, 0.01];
