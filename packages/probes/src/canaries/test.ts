/**
 * Did the suspect learn from answers that an account was served? The null: what it wrote does not depend on the draw. Whatever
 * its habits, the drawn variant of each trigger is then uniform among the K, independently between triggers and accounts. What
 * it is shown must not depend on the draw either: ask the deck's prompts, and never with served texts in front of them.
 *
 * Two statistics with exact p, and an e-value. Name the one that decides before the replies are seen; never report the smallest.
 *
 * - `hits`: the triggers whose first usable reply names the drawn variant. P[Poisson-binomial(1/K of every trigger asked) >= hits], which
 *   takes a trigger without a usable reply as one that could have hit. The first reply, not the majority: it does not hang on how many
 *   samples were paid for, it is settled at once, so that evidence can be followed as it comes, and a habit that fills
 *   most replies cannot bury a choice that was learned.
 * - `counts`: all usable replies. At each trigger every variant has a score that grows with how often it was named; the drawn one's
 *   scores are summed, and p is exact for that suspect's own histograms. Sharper with several samples a trigger.
 * - `e-value`: the largest e-value of hits so far. p is for a number of questions that was fixed beforehand; who stops when the
 *   evidence is enough goes by this one.
 *
 * The source of the bound is our own design note (distillation.md, 2d). @module
 */
import { checkInteger, checkOneOf } from '@taggant/core';
import { bonferroni } from '@taggant/stats';
import { type AnytimeEvidence, POINT_RATIO } from '../run-evidence.ts';
import { CanaryAnswers, type CanaryReply } from './answers.ts';
import { CanaryBets } from './bets.ts';
import type { Deck } from './deck.ts';
import type { Draws } from './draw.ts';
import { lnSumTail, type ScoreLaw } from './score-law.ts';

export type CanaryStatistic = 'hits' | 'counts' | 'e-value';

/** One account's evidence; everything is corrected for all accounts that were tried (Bonferroni). The e-value is of hits. */
export interface CanaryCandidate extends AnytimeEvidence {
  readonly account: string;
  readonly hits: number;
  readonly lnPHits: number;
  /** Sum of the drawn variants' scores. */
  readonly score: number;
  readonly lnPCounts: number;
  /** By the statistic that decides: at most ln alpha for an account that is found. */
  readonly lnP: number;
}

/** The evidence after so many replies. */
export interface CanaryCurvePoint {
  /** Usable or not. */
  readonly replies: number;
  /** Triggers with a usable reply, and ln p by hits. */
  readonly n: number;
  readonly lnP: number;
  readonly lnE: number;
  /** Usable replies, and ln p by counts. */
  readonly power: { readonly n: number; readonly lnP: number };
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
  /** The evidence for the first of them as the replies came, corrected as theirs is; only where it was asked for. */
  readonly curve?: readonly CanaryCurvePoint[];
}

export interface CanaryTestOptions {
  /** What decides. Default `counts`. */
  readonly statistic?: CanaryStatistic;
  /** How many of the best accounts to list. Default 5. */
  readonly top?: number;
  /** Whether to look back at how the evidence built up, which costs up to a test at each point of the curve. Default false. */
  readonly curve?: boolean;
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
  { statistic = 'counts', top = 5, curve = false }: CanaryTestOptions = {},
): CanaryResult {
  const { deck, asked, answered, replies } = answers;
  if (draws.deck !== deck.hash) throw new RangeError(`"draws" expected those of deck ${deck.hash}, got ${draws.deck}`);
  checkOneOf(statistic, 'statistic', STATISTICS);
  checkInteger(top, 'top', 1, 2 ** 24);
  const { sizes } = deck;
  const known: Tables = new Map();
  const rows = best(decisive(answers, draws, statistic, known), top);
  const evidence = evidenceOf(answers, draws, known);
  const candidates = rows.map((row): CanaryCandidate => {
    const figures = evidence(row);
    return { account: draws.accounts[row], ...figures, lnP: lnPOf(figures, statistic) };
  });
  return {
    deck: deck.hash,
    commitment: draws.commitment,
    kid: draws.kid,
    statistic,
    lnP: candidates[0].lnP,
    accounts: draws.accounts.length,
    triggers: { asked: asked.length, answered: answered.size },
    replies,
    expectedHits: asked.reduce((sum, place) => sum + 1 / sizes[place], 0),
    candidates,
    ...(curve && { curve: curveOf(answers, draws, rows[0]) }),
  };
}

type Figures = Omit<CanaryCandidate, 'account' | 'lnP'>;

/** What the answers so far say of the account in a row. `known`: the tables of an earlier call. */
function evidenceOf(answers: CanaryAnswers, draws: Draws, known: Tables): (row: number) => Figures {
  const { sizes } = answers.deck;
  const tests = draws.accounts.length;
  const counts = countTables(answers, sizes, known);
  const hitLaws = answers.asked.map((place) => hitLaw(sizes[place]));
  const countLaws = counts.map(({ law }) => law);
  return (row) => {
    const [hit, score] = [hitsOf(answers, draws, sizes.length, row), total(draws, counts, sizes.length, row)];
    const own = draws.variants.subarray(row * sizes.length, (row + 1) * sizes.length);
    const { lnE, lnSup } = new CanaryBets(sizes, own).follow(answers).of(0);
    return {
      hits: hit,
      lnPHits: bonferroni(lnSumTail(hitLaws, hit), tests),
      score,
      lnPCounts: bonferroni(lnSumTail(countLaws, score), tests),
      lnE: lnE - Math.log(tests),
      lnSup: lnSup - Math.log(tests),
    };
  };
}

function lnPOf({ lnPHits, lnPCounts, lnSup }: Figures, statistic: CanaryStatistic): number {
  if (statistic === 'e-value') return Math.min(0, 0 - lnSup);
  return statistic === 'hits' ? lnPHits : lnPCounts;
}

/** A point at every reply, and when they are many, every 5 % more. */
function curveOf({ deck, history }: CanaryAnswers, draws: Draws, row: number): CanaryCurvePoint[] {
  const before = new CanaryAnswers(deck);
  const known: Tables = new Map();
  const point = (): CanaryCurvePoint => {
    const { lnPHits, lnPCounts, lnE } = evidenceOf(before, draws, known)(row);
    const { count, usable } = before.replies;
    return { replies: count, n: before.answered.size, lnP: lnPHits, lnE, power: { n: usable, lnP: lnPCounts } };
  };
  const curve: CanaryCurvePoint[] = [];
  let next = 1;
  history.forEach(({ place, variant }, i) => {
    before.count(place, variant);
    if (i + 1 < next) return;
    curve.push(point());
    next = (i + 1) * POINT_RATIO;
  });
  return curve.at(-1)?.replies === history.length ? curve : [...curve, point()];
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

/** What a trigger's replies weigh. */
interface Table {
  readonly place: number;
  /** The score of each variant. */
  readonly table: Int32Array;
  readonly law: ScoreLaw;
  /** Usable replies that it was made of. */
  readonly usable: number;
}

/** Tables by their places. */
type Tables = Map<number, Table>;

/** The tables of counts; those of triggers that were not answered since are taken from `known`. */
function countTables({ answered }: CanaryAnswers, sizes: readonly number[], known: Tables): Table[] {
  return Array.from(answered, ([place, { counts }]) => {
    const usable = [...counts.values()].reduce((a, b) => a + b);
    const kept = known.get(place);
    if (kept?.usable === usable) return kept;
    const k = sizes[place];
    const table = Int32Array.from({ length: k }, (_, variant) => scoreOf(counts.get(variant) ?? 0, k));
    const made = { place, table, law: lawOf(table), usable };
    known.set(place, made);
    return made;
  });
}

const hitsOf = ({ firsts }: CanaryAnswers, { variants }: Draws, width: number, row: number) =>
  firsts.reduce((sum, { place, variant }) => sum + (variants[row * width + place] === variant ? 1 : 0), 0);

const total = ({ variants }: Draws, tables: readonly Table[], width: number, row: number) =>
  tables.reduce((sum, { place, table }) => sum + table[variants[row * width + place]], 0);

/** By what the accounts are ranked. */
function decisive(answers: CanaryAnswers, draws: Draws, statistic: CanaryStatistic, known: Tables): Float64Array {
  const { sizes } = answers.deck;
  if (statistic === 'e-value') return new CanaryBets(sizes, draws.variants).follow(answers).lnSups;
  if (statistic === 'hits') {
    return Float64Array.from(draws.accounts, (_, row) => hitsOf(answers, draws, sizes.length, row));
  }
  const tables = countTables(answers, sizes, known);
  return Float64Array.from(draws.accounts, (_, row) => total(draws, tables, sizes.length, row));
}

/** The rows with the highest totals, highest first; of equals, the earlier account. */
function best(totals: Float64Array, top: number): number[] {
  const rows = Array.from(totals.keys());
  return rows.sort((a, b) => totals[b] - totals[a] || a - b).slice(0, top);
}

const STATISTICS: readonly CanaryStatistic[] = ['hits', 'counts', 'e-value'];
