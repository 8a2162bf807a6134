/**
 * Whose mark is it, and under what settings? Many hypotheses on one text: keys, schemes, parameters, tokenizers. Every one of
 * them is a test, and what is reported is the best one's p times their number.
 *
 * Most hypotheses are screened out by the first pairs of the text. That costs power where a mark is weak there, and never
 * validity: what is left is held to the same bound, alpha over the number of all hypotheses, on all of its pairs.
 * @module
 */
import { checkInteger, distinctPairs, type Mark, type MarkDescriptor, type Pairs, TOKEN_LIMIT } from '@taggant/core';
import { bonferroni } from '@taggant/stats';
import { DEFAULT_ALPHA } from './detect.ts';
import { lnTail, zScore } from './evidence.ts';

/** One way to read the text: the ids that some tokenizer makes of it, with what stood before them. */
export interface Reading {
  readonly name: string;
  readonly tokens: ArrayLike<number>;
  readonly prompt?: ArrayLike<number>;
}

/** A mark that may be in the text. `open` is called when its turn comes, so that thousands of keys need no memory. */
export interface Hypothesis<Of> {
  /** What the caller wants to know when it fits: a key, its settings. */
  readonly of: Of;
  /** Undefined where there is no such mark: it counts as a test, and does not fit. */
  open(): Mark | undefined;
}

export interface ScanOptions {
  /** Family-wise p at or below which a mark is called found. Default 1e-6. */
  readonly alpha?: number;
  /** How many of the best hypotheses to list. Default 5. */
  readonly top?: number;
  /** Distinct pairs at the start of the text that screen hypotheses; 0 screens none. Default 64. */
  readonly screenPairs?: number;
  /** A hypothesis goes on when its p on those pairs is at most this. Default 0.1. */
  readonly screenLevel?: number;
  /** Called now and then with the number of hypotheses tested so far. */
  readonly onProgress?: (tested: number) => void;
}

export interface Finding<Of> {
  readonly of: Of;
  /** Which reading of the text. */
  readonly reading: string;
  readonly title: string;
  readonly mark: MarkDescriptor;
  readonly n: number;
  readonly score: number;
  readonly z: number;
  /** ln p, corrected for all hypotheses that were tried. */
  readonly lnP: number;
}

export interface Scan<Of> {
  /** `found` when the best family-wise p is at most alpha. There is no `not-marked`: another setting may have been missed. */
  readonly verdict: 'found' | 'nothing-found';
  /** The best one's, corrected; 0 when nothing could be tested. */
  readonly lnP: number;
  readonly alpha: number;
  /** Hypotheses times readings: what every p was multiplied by. */
  readonly tests: number;
  /** How many of them passed the screen. */
  readonly screened: number;
  /** How many could not fit: no such mark, or an id of the text lies beyond its vocabulary. */
  readonly outside: number;
  /** Best first. */
  readonly findings: readonly Finding<Of>[];
}

/**
 * Tests every hypothesis on every reading. A reading that holds ids which a mark cannot have written (beyond its vocabulary)
 * counts as a test, and does not fit.
 *
 * @example
 * scan([{ name: 'o200k_base', tokens: ids }], keys.map((key) => ({ of: key.kid, open: () => openMark(descriptor, key) })));
 */
export function scan<Of>(
  readings: readonly Reading[],
  hypotheses: Iterable<Hypothesis<Of>>,
  options: ScanOptions = {},
): Scan<Of> {
  return scanOf([openScan<Of>(readings, options)(hypotheses)], options);
}

/** What came of some of the hypotheses, for {@link scanOf}. Plain data: it may come from another thread. */
export interface ScanPart<Of> {
  readonly tests: number;
  readonly screened: number;
  readonly outside: number;
  /** Best first; their p is not yet corrected. */
  readonly best: readonly Finding<Of>[];
}

/**
 * A scan in parts: the function tests hypotheses, as often as it is called. How they are dealt out to calls changes nothing.
 *
 * @example
 * const test = openScan(readings);
 * scanOf([test(some), test(others)]); // as scan(readings, [...some, ...others])
 */
export function openScan<Of>(
  readings: readonly Reading[],
  options: ScanOptions = {},
): (hypotheses: Iterable<Hypothesis<Of>>) => ScanPart<Of> {
  const { top, screenPairs, screenLevel } = checked(options);
  if (readings.length === 0) throw new RangeError('"readings" expected at least one reading of the text, got none');
  const texts = readings.map((reading) => new PairsOfReading(reading));
  return (hypotheses) => {
    const best: Finding<Of>[] = [];
    let [tests, screened, outside] = [0, 0, 0];
    for (const hypothesis of hypotheses) {
      const mark = hypothesis.open();
      for (const text of texts) {
        tests++;
        if (mark === undefined || text.for(mark) === undefined) {
          outside++;
          continue;
        }
        const finding = testOne(hypothesis.of, mark, text, screenPairs, Math.log(screenLevel));
        if (finding === undefined) continue;
        screened++;
        best.push(finding);
        best.sort(byP);
        if (best.length > top) best.pop();
      }
      options.onProgress?.(tests);
    }
    return { tests, screened, outside, best };
  };
}

/** The whole scan of its parts, in the order of their hypotheses. */
export function scanOf<Of>(parts: readonly ScanPart<Of>[], options: ScanOptions = {}): Scan<Of> {
  const { alpha, top } = checked(options);
  const sum = (count: (part: ScanPart<Of>) => number) => parts.reduce((total, part) => total + count(part), 0);
  const tests = sum((part) => part.tests);
  if (tests === 0) throw new RangeError('"hypotheses" expected at least one mark, got none');
  const best = parts
    .flatMap((part) => part.best)
    .sort(byP)
    .slice(0, top);
  const findings = best.map((finding) => ({ ...finding, lnP: bonferroni(finding.lnP, tests) }));
  const lnP = findings[0]?.lnP ?? 0;
  const verdict = lnP <= Math.log(alpha) ? 'found' : 'nothing-found';
  const [screened, outside] = [sum((part) => part.screened), sum((part) => part.outside)];
  return { verdict, lnP, alpha, tests, screened, outside, findings };
}

/** Of equals, the one that was tried first stays first. */
const byP = (a: { lnP: number }, b: { lnP: number }) => a.lnP - b.lnP;

function checked({ alpha = DEFAULT_ALPHA, top = 5, screenPairs = 64, screenLevel = 0.1 }: ScanOptions) {
  checkInteger(top, 'top', 1, 2 ** 24);
  checkInteger(screenPairs, 'screenPairs', 0, 2 ** 31 - 1);
  for (const [name, level] of Object.entries({ alpha, screenLevel })) {
    if (!(level > 0 && level <= 1)) throw new RangeError(`"${name}" expected a number in (0, 1], got ${level}`);
  }
  return { alpha, top, screenPairs, screenLevel };
}

/** The finding with its own ln p; undefined when the screen, or the vocabulary, rules the hypothesis out. */
function testOne<Of>(of: Of, mark: Mark, text: PairsOfReading, screenPairs: number, lnLevel: number) {
  const pairs = text.for(mark);
  if (pairs === undefined) return undefined;
  if (screenPairs > 0 && pairs.n > 2 * screenPairs && score(mark, head(pairs, screenPairs)).lnP > lnLevel)
    return undefined;
  const { lnP, sum, n } = score(mark, pairs);
  const { title, descriptor, law } = mark;
  return { of, reading: text.name, title, mark: descriptor, n, score: sum, z: zScore(law, sum, n), lnP };
}

function score(mark: Mark, all: Pairs) {
  const pairs = mark.distinct?.(all) ?? all;
  const { n } = pairs;
  const scores = new Float64Array(n);
  mark.score(pairs, scores);
  const sum = scores.reduce((total, one) => total + one, 0);
  return { lnP: lnTail(mark.law, sum, n), sum, n };
}

/** The pairs of one reading as marks see them: most hypotheses share their context width. */
class PairsOfReading {
  readonly name: string;
  readonly #reading: Reading;
  readonly #known = new Map<string, Pairs>();
  readonly #largest: number;

  constructor(reading: Reading) {
    this.name = reading.name;
    this.#reading = reading;
    const { tokens, prompt = [] } = reading;
    this.#largest = Math.max(-1, ...[tokens, prompt].map(largest));
  }

  for({ contextWidth, start, descriptor }: Mark): Pairs | undefined {
    const limit = descriptor.vocabSize ?? descriptor.tokenizer?.vocabSize ?? TOKEN_LIMIT;
    if (this.#largest >= limit) return undefined;
    const padding = start?.scores ? start.padding : undefined;
    const prompt = start?.prompt === false ? undefined : this.#reading.prompt;
    const key = `${contextWidth} ${padding} ${prompt !== undefined}`;
    let pairs = this.#known.get(key);
    if (pairs === undefined) {
      // Each context once: among the marks tried are such as share a key (docs/statistics.md, "Cohorts of one key").
      const dedup = contextWidth === 0 ? 'pair' : 'context';
      pairs = distinctPairs(this.#reading.tokens, { contextWidth, dedup, padding, prompt });
      this.#known.set(key, pairs);
    }
    return pairs;
  }
}

function largest(ids: ArrayLike<number>): number {
  let most = -1;
  for (let i = 0; i < ids.length; i++) most = Math.max(most, ids[i]);
  return most;
}

function head(pairs: Pairs, n: number): Pairs {
  return {
    ...pairs,
    n,
    contexts: pairs.contexts.subarray(0, n * pairs.contextWidth),
    tokens: pairs.tokens.subarray(0, n),
    positions: pairs.positions.subarray(0, n),
    first: pairs.first?.subarray(0, n),
  };
}
