/**
 * Decoy keys: the same text under keys that never touched it. Where the tested key stands among them is a p-value that takes no
 * null law on trust, and whether their own p-values are uniform shows whether the law holds on this very text.
 * @module
 */
import {
  checkInteger,
  type Mark,
  MarkKey,
  type NativeDescriptor,
  type NullLaw,
  type Pairs,
  scoreKeys,
  show,
} from '@taggant/core';
import { type KsUniform, ksUniform } from '@taggant/stats';
import type { DecoyRank } from './cohorts.ts';
import { lnTail, zScore } from './evidence.ts';

export interface DecoyKeyOptions {
  /**
   * Numbers in [0, 1) that make p-values of counts continuous for `ks`; default: a fixed sequence, so that equal decoys give
   * equal results.
   */
  readonly randomise?: () => number;
  /** Called now and then with the number of decoys scored so far. */
  readonly onProgress?: (scored: number) => void;
}

/**
 * Where decoy keys come from: opened marks that differ from the tested one in nothing but a key drawn at random; or, for a
 * native mark, how many keys, and 32 random bytes for each.
 */
export type DecoyKeys = DecoyKeyOptions &
  ({ readonly marks: Iterable<Mark> } | { readonly count: number; readonly random: () => Uint8Array });

/** `count` and `atLeast`: decoy keys and the tested one, which is counted in. */
export interface DecoyKeyRank extends DecoyRank {
  /**
   * Are the decoys' own p-values uniform? They are, if the null law holds on this text. Of a count, which has no continuous p,
   * a random part of P[= observed] is added to P[> observed]: that is uniform exactly, where p itself is larger.
   */
  readonly ks: KsUniform;
}

/**
 * The rank of the mark's key among decoys, p = (1 + #{decoys that score at least as high}) / (1 + N): exact for any mark
 * and any text that was written without the key, if the tested key was drawn as the decoys were. A score is compared by its
 * own p, because a few marks of other engines leave out other pairs under another key.
 *
 * `pairs`: as `distinctPairs` or a `PairCollector` gives them; what a mark's `distinct` leaves out is left out here, key by key.
 *
 * @throws RangeError for no decoys, and for decoys of another law or context width.
 * @example
 * rankAmongMarks(pairs, mark, Array.from({ length: 999 }, () => openMark(parameters, Secret.generate()))).lnP;
 */
export function rankAmongMarks(
  pairs: Pairs,
  mark: Mark,
  decoys: Iterable<Mark>,
  options: DecoyKeyOptions = {},
): DecoyKeyRank {
  const ranking = new Ranking(mark.law, placeOf(mark, pairs), options);
  for (const decoy of decoys) {
    checkSameKind(mark, decoy);
    ranking.add(placeOf(decoy, pairs));
  }
  return ranking.result();
}

/**
 * {@link rankAmongMarks} for a native mark and `count` keys made of 32 random bytes each. A million keys on 200 pairs take
 * most of a minute for green lists, nearly all of it for making the keys.
 *
 * @throws RangeError for a mark of another engine, and for a count outside 1 to 2^24.
 * @example
 * rankAmongKeys(pairs, mark, 10_000, () => crypto.getRandomValues(new Uint8Array(32)));
 */
export function rankAmongKeys(
  pairs: Pairs,
  mark: Mark,
  count: number,
  random: () => Uint8Array,
  options: DecoyKeyOptions = {},
): DecoyKeyRank {
  checkInteger(count, 'count', 1, 2 ** 24);
  if (mark.descriptor.mark !== 'taggant/1') {
    throw new RangeError(
      `"mark" expected a native one (taggant/1), got ${show(mark.descriptor.mark)}: open decoys of it instead`,
    );
  }
  const { kid: _, ...parameters } = mark.descriptor as NativeDescriptor;
  const ranking = new Ranking(mark.law, placeOf(mark, pairs), options);
  for (let from = 0; from < count; from += HANDFUL) {
    const length = Math.min(HANDFUL, count - from);
    // A derived key is 32 bytes like any others; deriving it first would take five times as long.
    const keys = Array.from({ length }, () => new MarkKey(parameters.scheme, '', thirtyTwo(random())));
    for (const sum of scoreKeys(parameters, keys, pairs)) ranking.add({ sum, n: pairs.n });
  }
  return ranking.result();
}

/** @internal Either of the two. */
export function rankByKeys(pairs: Pairs, mark: Mark, decoys: DecoyKeys): DecoyKeyRank {
  if ('marks' in decoys) return rankAmongMarks(pairs, mark, decoys.marks, decoys);
  return rankAmongKeys(pairs, mark, decoys.count, decoys.random, decoys);
}

function thirtyTwo(bytes: Uint8Array): Uint8Array {
  if (bytes instanceof Uint8Array && bytes.length === 32) return Uint8Array.from(bytes);
  throw new RangeError(`"random" expected 32 bytes, got ${bytes instanceof Uint8Array ? bytes.length : typeof bytes}`);
}

/** A key's score on the text. */
interface Place {
  readonly sum: number;
  readonly n: number;
}

function placeOf(mark: Mark, all: Pairs): Place {
  const pairs = mark.distinct?.(all) ?? all;
  const scores = new Float64Array(pairs.n);
  mark.score(pairs, scores);
  return { sum: scores.reduce((total, score) => total + score, 0), n: pairs.n };
}

function checkSameKind(mark: Mark, decoy: Mark): void {
  if (decoy.contextWidth === mark.contextWidth && JSON.stringify(decoy.law) === JSON.stringify(mark.law)) return;
  throw new RangeError(`"decoys" expected marks such as ${mark.title}, got ${decoy.title}`);
}

class Ranking {
  readonly #law: NullLaw;
  readonly #tested: Known & Place;
  readonly #options: Required<DecoyKeyOptions>;
  /** By n and sum: a million decoys of a count have a few hundred different ones. */
  readonly #known = new Map<number, Map<number, Known>>();
  #ps = new Float64Array(1024);
  #count = 0;
  #atLeast = 1;

  constructor(law: NullLaw, tested: Place, { randomise = fixedSequence(), onProgress = () => {} }: DecoyKeyOptions) {
    this.#law = law;
    this.#options = { randomise, onProgress };
    this.#tested = { ...tested, ...this.#look(tested) };
  }

  add(place: Place): void {
    const { lnP, above, at } = this.#look(place);
    const z = zScore(this.#law, place.sum, place.n);
    const tested = this.#tested;
    if (lnP < tested.lnP || (lnP === tested.lnP && z >= zScore(this.#law, tested.sum, tested.n))) this.#atLeast++;
    if (this.#count === this.#ps.length) this.#ps = grown(this.#ps);
    this.#ps[this.#count++] = at === 0 ? above : Math.min(1, above + this.#options.randomise() * at);
    if (this.#count % HANDFUL === 0) this.#options.onProgress(this.#count);
  }

  result(): DecoyKeyRank {
    if (this.#count === 0) throw new RangeError('"decoys" expected at least one mark, got none');
    const count = this.#count + 1;
    const atLeast = this.#atLeast;
    return { count, atLeast, lnP: Math.log(atLeast / count), ks: ksUniform(this.#ps.subarray(0, this.#count)) };
  }

  #look({ sum, n }: Place): Known {
    if (this.#law.law !== 'binomial') return knownOf(this.#law, sum, n);
    let ofN = this.#known.get(n);
    if (ofN === undefined) this.#known.set(n, (ofN = new Map()));
    let known = ofN.get(sum);
    if (known === undefined) ofN.set(sum, (known = knownOf(this.#law, sum, n)));
    return known;
  }
}

/** P[>= sum] as its log; P[> sum] and P[= sum] where the law is a count, else p and 0. */
interface Known {
  readonly lnP: number;
  readonly above: number;
  readonly at: number;
}

function knownOf(law: NullLaw, sum: number, n: number): Known {
  const lnP = lnTail(law, sum, n);
  const p = Math.exp(lnP);
  // Without pairs the score is always 0, whatever the law.
  if (n === 0) return { lnP, above: 0, at: 1 };
  if (law.law !== 'binomial') return { lnP, above: p, at: 0 };
  const above = Math.exp(lnTail(law, sum + 1, n));
  return { lnP, above, at: p - above };
}

function grown(array: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(2 * array.length);
  larger.set(array);
  return larger;
}

/** Mulberry32 (T. Ettinger, public domain). Independent of all keys, which is all that the test asks of it. */
function fixedSequence(): () => number {
  let state = 1;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Keys that are made and scored at a time. */
const HANDFUL = 1024;
