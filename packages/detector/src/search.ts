/**
 * One text, many candidates: which of these cohorts, or keys, marked it? Every candidate is a test, so what is reported are
 * family-wise p-values, by Bonferroni, which holds however the candidates' scores depend on each other.
 * @module
 */
import {
  checkInteger,
  type Mark,
  type MarkKey,
  type NativeDescriptor,
  openMark,
  type Pairs,
  scoreKeys,
} from '@taggant/core';
import { bonferroni } from '@taggant/stats';
import { blocksOf, type Cohorts, checkSeparable, scoreBlock } from './cohorts.ts';
import { conclude, type Detection, type DetectOptions, firstOfContexts, pairsOf } from './detect.ts';
import { lnTail, zScore } from './evidence.ts';

/** One of the best candidates. */
export interface Candidate<Name> {
  readonly name: Name;
  /** Its sum of scores, and that sum's standard score for display. */
  readonly score: number;
  readonly z: number;
  /** ln of its p-value, corrected for all candidates that were tried. */
  readonly lnP: number;
}

/** A detection whose `score` is the best candidate's and whose `lnP` is corrected for all of them. */
export interface Search<Name> extends Detection {
  /** The best ones, best first. One is found when its own lnP is at most ln alpha; the others are listed for comparison. */
  readonly candidates: readonly Candidate<Name>[];
}

export interface SearchOptions extends Omit<DetectOptions, 'details' | 'decoys' | 'decoyKeys'> {
  /** How many of the best candidates to list. Default 5. */
  readonly top?: number;
}

/** What a search over pairs takes: how copies were dropped, and what stood before the text, was settled with the pairs. */
export type PairSearchOptions = Omit<SearchOptions, 'dedup' | 'prompt'>;

/**
 * Tests token ids for every cohort of a set: accounts, or the payloads that a mark can carry (cohorts 0 to 2^bits - 1).
 * The mark's own cohort plays no part. For green lists a thousand cohorts cost about as much as ten, scored one by one.
 *
 * Each context counts once, because the text may carry another cohort of the same key, an account's neighbour say: two
 * tokens in one context can then be each other's slot, and a count over pairs runs higher than the null law allows. The
 * first token of each context cannot be favoured that way (docs/statistics.md, "Cohorts of one key").
 *
 * @example
 * const { verdict, candidates } = detectCohorts(ids, mark, { first: 0, count: 24_000 });
 * candidates[0].name; // the cohort to name, if the verdict is 'marked'
 */
export function detectCohorts(
  tokens: ArrayLike<number>,
  mark: Mark,
  cohorts: Cohorts,
  options: Omit<SearchOptions, 'dedup'> = {},
): Search<number> {
  return searchCohorts(pairsOf(tokens, mark, { ...options, dedup: 'context' }), mark, cohorts, options);
}

/**
 * `detectCohorts` on pairs collected from one text or from a whole corpus. Throws RangeError for pairs that were not
 * collected with `dedup: 'context'`.
 *
 * @example
 * const collector = new PairCollector({ contextWidth: mark.contextWidth, dedup: 'context' });
 * for (const ids of replies) collector.add(ids);
 * searchCohorts(collector.pairs(), mark, { first: 0, count: 24_000 }).candidates[0].name;
 */
export function searchCohorts(
  pairs: Pairs,
  mark: Mark,
  cohorts: Cohorts,
  options: PairSearchOptions = {},
): Search<number> {
  const blocks = blocksOf(cohorts);
  checkSeparable(mark);
  checkContextsOnce(pairs);
  return search(pairs, mark, options, function* (scored) {
    for (const block of blocks) {
      const { first, listed } = block;
      yield { nameOf: (i) => listed?.[i] ?? first + i, totals: scoreBlock(mark, scored, block) };
    }
  });
}

/**
 * Tests token ids under many keys for a mark with these parameters (whose `kid` plays no part). Candidates go by their kid.
 *
 * @example
 * detectKeys(ids, mark.descriptor, tenants.map((label) => deriveKey(secret, 'greenlist', label))).candidates[0].name;
 */
export function detectKeys(
  tokens: ArrayLike<number>,
  descriptor: NativeDescriptor,
  keys: readonly MarkKey[],
  options: SearchOptions = {},
): Search<string> {
  return searchKeys(pairsOf(tokens, markOfAny(keys, descriptor), options), descriptor, keys, options);
}

/**
 * `detectKeys` on pairs collected from one text or from a whole corpus.
 *
 * @example
 * searchKeys(collector.pairs(), mark.descriptor, keys).candidates[0].name; // a kid
 */
export function searchKeys(
  pairs: Pairs,
  descriptor: NativeDescriptor,
  keys: readonly MarkKey[],
  options: PairSearchOptions = {},
): Search<string> {
  const found = search(pairs, markOfAny(keys, descriptor), options, function* (scored) {
    yield { nameOf: (i) => keys[i].kid, totals: scoreKeys(descriptor, keys, scored) };
  });
  return anonymous(found);
}

/** @internal Only the first token of a context is safe from what another cohort of the key did there. */
export function checkContextsOnce({ dedup }: Pairs): void {
  if (dedup === 'context') return;
  throw new RangeError(
    `"pairs" expected dedup 'context' to tell cohorts of one key apart, got ${dedup === undefined ? 'none' : `'${dedup}'`}`,
  );
}

/** @internal A mark under the first key, for everything in which the keys agree. */
export function markOfAny(keys: readonly MarkKey[], { kid: _, ...parameters }: NativeDescriptor): Mark {
  if (keys.length === 0) throw new RangeError('"keys" expected at least one key, got none');
  const wrong = keys.find(({ scheme }) => scheme !== parameters.scheme);
  if (wrong !== undefined) throw new RangeError(`"keys" expected scheme ${parameters.scheme}, got ${wrong.scheme}`);
  return openMark(parameters, keys[0]);
}

/** @internal A search over keys is not about the one key that happens to come first. */
export function anonymous({ mark: { kid: _, ...mark }, ...found }: Search<string>): Search<string> {
  return { ...found, mark };
}

/** @internal Candidates and their sums of scores, a part of them at a time. */
export type Part<Name> = { readonly nameOf: (i: number) => Name; readonly totals: Float64Array };

/** @internal `score`: all candidates with their sums for these pairs. Called for the text, and for its first pairs if they are fewer. */
export function search<Name>(
  pairs: Pairs,
  mark: Mark,
  options: PairSearchOptions,
  score: (pairs: Pairs) => Iterable<Part<Name>>,
): Search<Name> {
  const { tests, best } = bestOf(score(pairs), checkInteger(options.top ?? 5, 'top', 1, 2 ** 24));
  const [{ total: sum }] = best;
  const first = firstPairs(pairs);
  const most = first.n === pairs.n ? sum : bestOf(score(first), 1).best[0].total;
  const detection = conclude(pairs, mark, { sum, first: { n: first.n, sum: most }, tests }, options);
  const candidates = best.map(({ name, total }) => ({
    name,
    score: total,
    z: zScore(mark.law, total, pairs.n),
    lnP: bonferroni(lnTail(mark.law, total, pairs.n), tests),
  }));
  return { ...detection, candidates };
}

/** The highest sums, highest first; of equals, the earlier candidate. */
function bestOf<Name>(parts: Iterable<Part<Name>>, top: number) {
  let tests = 0;
  const best: { name: Name; total: number }[] = [];
  for (const { nameOf, totals } of parts) {
    tests += totals.length;
    for (let i = 0; i < totals.length; i++) {
      if (best.length === top && totals[i] <= best[top - 1].total) continue;
      best.splice(placeOf(totals[i]), 0, { name: nameOf(i), total: totals[i] });
      if (best.length > top) best.pop();
    }
  }
  return { tests, best };

  /** Behind those that are at least as high. */
  function placeOf(total: number): number {
    let [low, high] = [0, best.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (best[middle].total >= total) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** @internal The pairs that are the first of their context: what a claim of power may count on. */
export function firstPairs(pairs: Pairs): Pairs {
  const isFirst = firstOfContexts(pairs);
  const kept = Array.from(isFirst.keys()).filter((i) => isFirst[i] === 1);
  const { contextWidth: width } = pairs;
  const contexts = new Uint32Array(kept.length * width);
  kept.forEach((i, at) => {
    contexts.set(pairs.contexts.subarray(i * width, (i + 1) * width), at * width);
  });
  return {
    ...pairs,
    n: kept.length,
    contexts,
    tokens: Uint32Array.from(kept, (i) => pairs.tokens[i]),
    positions: Uint32Array.from(kept, (i) => pairs.positions[i]),
    first: undefined,
  };
}
