/** Coverage of traffic, counted: what share is marked, by traffic class, and is it enough? @module */
import { checkFinite, type MarkDescriptor, sha256Hex, show, TupleSet } from '@taggant/core';
import type { Share } from '../result.ts';
import { boundedShare } from '../summary.ts';
import { type Classified, COVERAGE_CLASSES, type Contradiction, type CoverageClass } from './classify.ts';
import type { ExpectationSource } from './expectation.ts';

/** Coverage of a traffic class, or of all traffic. */
export interface Coverage {
  /** The traffic class. Absent: all traffic. */
  readonly of?: string;
  readonly n: number;
  readonly counts: Readonly<Record<CoverageClass, number>>;
  /** Marked, of all responses. */
  readonly ofAll: Share;
  /** Marked, of those that are eligible: the figure that `least` is about. */
  readonly ofEligible: Share;
  /** What the eligible ones were expected to score, by what told it: `one-bit` is assumed. */
  readonly eligibleBy: Readonly<Record<ExpectationSource, number>>;
  /** Against `least`; `undecided` when that lies within the bounds. Absent: no `least`, or nothing eligible. */
  readonly outcome?: 'passed' | 'failed' | 'undecided';
  /**
   * How many of these classifications may be wrong, on average: `marked` (or `diluted`, `wrong-key`) though there is no
   * mark, at most alpha for each response; `unmarked` (or `diluted`) though it is marked at the expected strength, at
   * most beta for each. That is over random keys: under one key, responses that share contexts share its luck. Marked
   * responses below a strength that was measured are not in it: see `measureStrength`.
   */
  readonly falseAtMost: { readonly marked: number; readonly unmarked: number };
}

/** Responses that contradict their settings. */
export interface Contradictions {
  readonly kind: Contradiction;
  readonly n: number;
  /** The first of them. */
  readonly first: readonly Classified[];
}

/** The result of a coverage audit: plain JSON. */
export interface CoverageResult {
  readonly coverage: 'taggant/1';
  /** Public parameters. Never a key. */
  readonly mark: MarkDescriptor;
  readonly title: string;
  /** `failed` if any traffic class failed, `passed` if all that have eligible responses passed. Absent: no `least`. */
  readonly outcome?: 'passed' | 'failed' | 'undecided';
  readonly levels: {
    readonly alpha: number;
    readonly beta: number;
    /** Marks that alpha was divided among. */
    readonly marksTried: number;
    /** Of all bounds of one kind together: each is made for 1 - (1 - confidence) / (traffic classes + 1). */
    readonly confidence: number;
    readonly least?: number;
  };
  /** Responses with an id that came before: logs are often delivered at least once. They are not counted. */
  readonly duplicates: number;
  readonly all: Coverage;
  readonly byClass: readonly Coverage[];
  readonly contradictions: readonly Contradictions[];
}

export interface TallyOptions {
  /**
   * The share of eligible responses that must be marked, of all traffic and of each class. Default: none, nothing is
   * judged.
   */
  readonly least?: number;
  /** Of the bounds on shares, for all of them together. Default 0.99. */
  readonly confidence?: number;
  /** How many responses of each contradiction are kept. Default 100. */
  readonly examples?: number;
}

/** What the tally was opened for. */
export interface TallySubject {
  readonly mark: MarkDescriptor;
  readonly title: string;
  readonly alpha: number;
  readonly beta: number;
  readonly marksTried: number;
}

/**
 * Counts classified responses, each id once. It holds counts by traffic class, a bounded number of examples, and a hash
 * of each id: of 3 * 10^6 responses some 120 MB.
 *
 * @example
 * const tally = new CoverageTally(subject, { least: 0.95 });
 * for await (const line of lines) tally.add(classify(readServed(JSON.parse(line))));
 * tally.result().outcome; // 'passed'
 */
export class CoverageTally {
  readonly #subject: TallySubject;
  readonly #least: number | undefined;
  readonly #confidence: number;
  readonly #examples: number;
  readonly #ids = new TupleSet(2);
  #duplicates = 0;
  readonly #rows = new Map<string, Row>();
  readonly #contradictions = new Map<Contradiction, { n: number; first: Classified[] }>();

  constructor(subject: TallySubject, { least, confidence = 0.99, examples = 100 }: TallyOptions = {}) {
    if (least !== undefined && !(checkFinite(least, 'least') > 0 && least <= 1)) {
      throw new RangeError(`"least" expected a number in (0, 1], got ${least}`);
    }
    if (!(checkFinite(confidence, 'confidence') > 0 && confidence < 1)) {
      throw new RangeError(`"confidence" expected a number in (0, 1), got ${confidence}`);
    }
    this.#subject = subject;
    this.#least = least;
    this.#confidence = confidence;
    this.#examples = examples;
  }

  /**
   * Whether it was counted: false for an id that came before. Throws TypeError for a response without an id, and
   * RangeError when there are more traffic classes than can be meant: an id was taken for one.
   */
  add(classified: Classified): boolean {
    if (!this.#ids.add(hashOf(classified.id), 0)) {
      this.#duplicates++;
      return false;
    }
    let row = this.#rows.get(classified.of);
    if (row === undefined) {
      if (this.#rows.size === MOST_CLASSES) {
        throw new RangeError(`"class" expected at most ${MOST_CLASSES} traffic classes, got more`);
      }
      this.#rows.set(classified.of, (row = emptyRow()));
    }
    count(row, classified);
    const { contradiction } = classified;
    if (contradiction === undefined) return true;
    const found = this.#contradictions.get(contradiction) ?? { n: 0, first: [] };
    this.#contradictions.set(contradiction, found);
    if (found.n++ < this.#examples) found.first.push(classified);
    return true;
  }

  result(): CoverageResult {
    const { mark, title, alpha, beta, marksTried } = this.#subject;
    const names = [...this.#rows.keys()].sort();
    const level = 1 - (1 - this.#confidence) / (names.length + 1);
    const coverageOf = (row: Row, of?: string) => this.#coverageOf(row, level, of);
    const byClass = names.map((name) => coverageOf(this.#rows.get(name)!, name));
    const all = coverageOf([...this.#rows.values()].reduce(added, emptyRow()));
    const least = this.#least;
    const outcome = least === undefined ? undefined : outcomeOf([all, ...byClass]);
    return {
      coverage: 'taggant/1',
      mark,
      title,
      ...(outcome === undefined ? {} : { outcome }),
      levels: { alpha, beta, marksTried, confidence: this.#confidence, ...(least === undefined ? {} : { least }) },
      duplicates: this.#duplicates,
      all,
      byClass,
      contradictions: [...this.#contradictions].map(([kind, { n, first }]) => ({ kind, n, first: [...first] })),
    };
  }

  #coverageOf(row: Row, confidence: number, of?: string): Coverage {
    const { alpha, beta } = this.#subject;
    const ofEligible = boundedShare(row.eligibleMarked, row.eligible, confidence);
    const least = row.eligible === 0 ? undefined : this.#least;
    return {
      ...(of === undefined ? {} : { of }),
      n: row.n,
      counts: { ...row.counts },
      ofAll: boundedShare(row.counts.marked, row.n, confidence),
      ofEligible,
      eligibleBy: { ...row.eligibleBy },
      ...(least === undefined ? {} : { outcome: against(ofEligible, least) }),
      falseAtMost: { marked: alpha * row.n, unmarked: beta * row.n },
    };
  }
}

/** 64 bits of SHA-256: of 10^7 ids two are taken for one with a chance of 3e-6. Who makes such a pair on purpose hides one response. */
function hashOf(id: string): Uint32Array {
  if (typeof id !== 'string' || id === '') throw new TypeError(`"id" expected text, got ${show(id)}`);
  const hash = sha256Hex(id);
  return Uint32Array.of(Number.parseInt(hash.slice(0, 8), 16), Number.parseInt(hash.slice(8, 16), 16));
}

interface Row {
  n: number;
  counts: Record<CoverageClass, number>;
  eligible: number;
  eligibleMarked: number;
  eligibleBy: Record<ExpectationSource, number>;
}

const emptyRow = (): Row => ({
  n: 0,
  counts: Object.fromEntries(COVERAGE_CLASSES.map((name) => [name, 0])) as Row['counts'],
  eligible: 0,
  eligibleMarked: 0,
  eligibleBy: { logprobs: 0, given: 0, 'one-bit': 0, entropies: 0 },
});

function count(row: Row, { class: found, eligible, expected }: Classified): void {
  row.n++;
  row.counts[found]++;
  if (!eligible) return;
  row.eligible++;
  row.eligibleBy[expected.from]++;
  if (found === 'marked') row.eligibleMarked++;
}

function added(sum: Row, row: Row): Row {
  for (const name of COVERAGE_CLASSES) sum.counts[name] += row.counts[name];
  for (const from of Object.keys(sum.eligibleBy) as ExpectationSource[]) sum.eligibleBy[from] += row.eligibleBy[from];
  sum.n += row.n;
  sum.eligible += row.eligible;
  sum.eligibleMarked += row.eligibleMarked;
  return sum;
}

function against({ low, high }: Share, least: number): 'passed' | 'failed' | 'undecided' {
  if (low >= least) return 'passed';
  return high < least ? 'failed' : 'undecided';
}

function outcomeOf(rows: readonly Coverage[]): 'passed' | 'failed' | 'undecided' {
  const outcomes = rows.map(({ outcome }) => outcome).filter((outcome) => outcome !== undefined);
  if (outcomes.includes('failed')) return 'failed';
  return outcomes.length > 0 && outcomes.every((outcome) => outcome === 'passed') ? 'passed' : 'undecided';
}

const MOST_CLASSES = 10_000;
