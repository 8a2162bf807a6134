/**
 * One served response: was it marked, and if not, why?
 *
 * Evidence decides whether the mark is there (exact p, corrected for all marks that are tried). The settings, and then
 * what a marked response of this length and likelihood should have scored, explain why it is not. Each context counts
 * once: a generator that leaves repeated contexts unmarked loses nothing by it, and p, power and share speak of the
 * same pairs.
 * @module
 */
import { checkTokens, type Mark, show } from '@taggant/core';
import { detectTokens, lnTail } from '@taggant/detector';
import { bonferroni } from '@taggant/stats';
import { type Expectation, type ExpectationSource, expectationOf, isKnown } from './expectation.ts';
import { lnChanceIfSampled } from './greedy.ts';
import { contradictionOf, judge } from './judge.ts';
import { type Audit, type ClassifyOptions, openAudit } from './options.ts';
import { checkLnP, exemptionOf, type ServedResponse } from './served.ts';
import { leastSum, lnMissed, shareOf } from './tails.ts';

/**
 * - `marked`: p is at most alpha.
 * - `diluted`: a part of it is marked: p is at most alpha, and less than `whole` of the evidence is there; or the
 *   settings say speculative decoding, and a wholly marked response would have scored higher.
 * - `wrong-key`: another of the marks that were tried.
 * - `opted-out`, `beam`, `greedy`: no mark, and the settings say why; `greedy` also where every token is the likeliest.
 * - `too-short`, `repetitive`, `low-entropy`: no mark found, and one might well be missed, in so few tokens, so few
 *   distinct contexts, or so sure a text. What is enough is what a text with one bit of choice per token needs, on
 *   average.
 * - `unmarked`: a marked response would have scored higher, and nothing explains it. At a strength that was measured,
 *   it may be one of the weakest marked ones: see `measureStrength`.
 */
export type CoverageClass = (typeof COVERAGE_CLASSES)[number];

/** What the log says and the evidence contradicts. */
export type Contradiction =
  /** It should be marked, and is not, or under another key, or in parts. */
  | 'not-as-configured'
  /** Opted out, and marked. */
  | 'marked-though-opted-out'
  /** Decoded in a way in which this mark cannot act, and marked: the log has not the settings that were used. */
  | 'marked-though-impossible';

/** A response, classified. Plain JSON, without text or keys. */
export interface Classified {
  readonly id: string;
  /** The traffic class; empty where the log names none. */
  readonly of: string;
  readonly class: CoverageClass;
  /** ln p of the audited mark, corrected for all marks tried. */
  readonly lnP: number;
  /** Distinct contexts that were scored. */
  readonly n: number;
  /**
   * It counts towards coverage: by its settings it should be marked, and were it, at the expected strength, it would be
   * found but for a chance of at most beta. Nothing of its score goes into that. Where the strength was measured, a
   * share of marked responses, `outside` of `measureStrength`, may be weaker than expected: there the chance is
   * outside + beta.
   */
  readonly eligible: boolean;
  /** Upper bound on ln P[a wholly marked response scores this low]. */
  readonly lnMissed: number;
  /**
   * Bounds on the evidence in it, as a share of what a wholly marked response would carry; each is wrong with
   * probability at most beta. The upper one holds for responses at least as strong as expected. [0, 1] where nothing
   * can be said.
   */
  readonly share: readonly [low: number, high: number];
  /** The mean score of a context that was expected, at least, and what told it. */
  readonly expected: { readonly mean: number; readonly from: ExpectationSource };
  /** The mark that was found in place of the audited one, and ln p, corrected. */
  readonly other?: { readonly title: string; readonly kid?: string; readonly lnP: number };
  readonly contradiction?: Contradiction;
  /** One sentence. */
  readonly because: string;
}

/**
 * Opens the classification of a mark's responses. Throws RangeError for options out of range; what it returns throws
 * for a response that cannot be read, and names its id.
 *
 * @example
 * const classify = openClassifier(mark, { others: retiredMarks });
 * classify({ id: 'r1', tokens, settings: { temperature: 0 } }).class; // 'greedy' for a mark of the draw
 */
export const openClassifier = (mark: Mark, options: ClassifyOptions = {}): ((response: ServedResponse) => Classified) =>
  classifierOf(openAudit(mark, options));

/** @internal */
export function classifierOf(audit: Audit): (response: ServedResponse) => Classified {
  return (response) => {
    try {
      return classify(response, audit);
    } catch (error) {
      if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
      const Kind = error instanceof RangeError ? RangeError : TypeError;
      throw new Kind(`response ${show(response.id)}: ${error.message}`, { cause: error });
    }
  };
}

function classify(response: ServedResponse, audit: Audit): Classified {
  const { mark, others, ownAlpha, beta } = audit;
  const { id, class: of = '', settings = {} } = response;
  const tokens = tokensOf(response, audit);
  const reference = audit.referenceOf(of);
  const detection = detect(tokens, response, mark, ownAlpha);
  const { n, score, lnP, details } = detection;
  // In one context for all steps only the first token is sure to have been chosen by the mark.
  const isClaimed = mark.contextWidth > 0;
  const log = logOf(response);
  const expected = expectationOf(log, isClaimed ? details.positions : [], mark, reference, audit.logprobs);
  const lnSampled = lnChanceIfSampled(log);
  const inferred = lnSampled !== undefined && lnSampled <= Math.log(beta);
  const exemption = exemptionOf(settings) ?? (inferred && settings.temperature === undefined ? 'greedy' : undefined);
  const isPowerful =
    isClaimed && lnTail(mark.law, leastSum(mark.law, expected.least, n, beta), n) <= Math.log(ownAlpha);
  const isFound = lnP <= Math.log(ownAlpha);
  const seen = {
    settings,
    n,
    positions: detection.positions.seen,
    needed: detection.power.needed,
    expected,
    exemption: exemption !== undefined && audit.exempt.has(exemption) ? exemption : undefined,
    lnSampled: inferred && audit.exempt.has('greedy') ? lnSampled : undefined,
    isFound,
    isPowerful,
    other: isFound ? undefined : bestOther(tokens, response, audit),
    lnP: bonferroni(lnP, others.length > 0 ? 2 : 1),
    lnMissed: isClaimed ? lnMissed(mark.law, expected.least, score, n) : 0,
    share: isClaimed ? shareOfWhole(mark, expected, score, n, beta) : ([0, 1] as const),
  };
  const { class: found, because } = judge(seen, audit);
  const contradiction = contradictionOf(found, seen, mark);
  return {
    id,
    of,
    class: found,
    lnP: seen.lnP,
    n,
    eligible: seen.exemption === undefined && isPowerful,
    lnMissed: seen.lnMissed,
    share: seen.share,
    expected: { mean: expected.least.mean, from: expected.from },
    ...(seen.other === undefined ? {} : { other: seen.other }),
    ...(contradiction === undefined ? {} : { contradiction }),
    because,
  };
}

/** Contexts once; a mark that has one context for all steps would have one pair so, and counts each token once. */
function detect(tokens: ArrayLike<number>, { prompt }: ServedResponse, mark: Mark, alpha: number) {
  const dedup = mark.contextWidth === 0 ? 'pair' : 'context';
  const { details, ...detection } = detectTokens(tokens, mark, { alpha, prompt, dedup, details: true });
  return { ...detection, details: details! };
}

/** Of an assumed strength there is no upper bound, and so no lower one on the share. */
function shareOfWhole({ law }: Mark, expected: Expectation, sum: number, n: number, beta: number) {
  const [low, high] = shareOf(law, expected, sum, n, beta);
  return [isKnown(expected) ? low : 0, high] as const;
}

/** The likeliest of the other marks, if it is found in the half of alpha that they share. */
function bestOther(tokens: ArrayLike<number>, response: ServedResponse, { others, alpha }: Audit): Classified['other'] {
  let best: Classified['other'];
  for (const mark of others) {
    const { lnP: raw, title } = detect(tokens, response, mark, alpha);
    const lnP = bonferroni(raw, 2 * others.length);
    const { kid } = mark.descriptor;
    if (lnP <= Math.log(alpha) && !(best && best.lnP <= lnP)) best = { title, ...(kid ? { kid } : {}), lnP };
  }
  return best;
}

function tokensOf(response: ServedResponse, { tokenizer }: Audit): ArrayLike<number> {
  const { tokens, text } = response;
  if (tokens === undefined) {
    if (text === undefined) throw new TypeError('"tokens" or "text" expected, got neither');
    if (typeof text !== 'string') throw new TypeError(`"text" expected a string, got ${typeof text}`);
    if (tokenizer === undefined) throw new TypeError('"tokenizer" expected for a response without token ids, got none');
    return tokenizer.encode(text);
  }
  return checkTokens(tokens, 'tokens');
}

/**
 * What is logged of the tokens, checked: a NaN would pass through every comparison to a verdict. Log-probabilities of
 * tokens as generated say nothing of those of a text that was tokenized again.
 */
function logOf({ tokens, settings, logprobs, top, entropies }: ServedResponse): Omit<ServedResponse, 'id'> {
  if (tokens === undefined) return { settings };
  for (const [name, list] of Object.entries({ logprobs, top, entropies })) {
    const { length } = list ?? tokens;
    if (length !== tokens.length) throw new RangeError(`"${name}" expected ${tokens.length} positions, got ${length}`);
  }
  return {
    settings,
    logprobs: logprobs && lnPs(logprobs, 'logprobs'),
    top: top && Array.from(top, (list, i) => lnPs(list, `top[${i}]`)),
    entropies: entropies && Array.from(entropies, nats),
  };
}

const lnPs = (list: ArrayLike<number>, name: string): number[] =>
  Array.from(list, (value, i) => checkLnP(value, `${name}[${i}]`));

function nats(value: number, i: number): number {
  if (value >= 0) return value;
  throw new RangeError(`"entropies[${i}]" expected a number of nats, got ${show(value)}`);
}

export const COVERAGE_CLASSES = [
  'marked',
  'diluted',
  'wrong-key',
  'opted-out',
  'beam',
  'greedy',
  'too-short',
  'repetitive',
  'low-entropy',
  'unmarked',
] as const;
