/** How often words come, and draws from them. @module */
import { wordsOf } from './segments.ts';

/** Words as they are written, by how often they come. */
export type WordCounts = ReadonlyMap<string, number>;

/**
 * Counts the words of a text; `The` and `the` are two.
 *
 * @example
 * countWords('one two two').get('two'); // 2
 */
export function countWords(text: string): WordCounts {
  const counts = new Map<string, number>();
  for (const word of wordsOf(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

/** A word other than the one given; undefined where there is none. */
export type DrawOther = (word: string | undefined, random: () => number) => string | undefined;

/** Draws words as often as they come. */
export function drawByCount(counts: WordCounts): DrawOther {
  const words = [...counts.keys()];
  let total = 0;
  const ends = Float64Array.from(counts.values(), (count) => (total += count));
  const indexOf = new Map(words.map((word, i) => [word, i]));
  return (word, random) => {
    const own = word === undefined ? undefined : indexOf.get(word);
    const [from, to] = own === undefined ? [total, total] : [ends[own - 1] ?? 0, ends[own]];
    const left = total - (to - from);
    if (left === 0) return undefined;
    // The numbers of the word itself are skipped: no draw is thrown away.
    const at = random() * left;
    return words[firstAbove(ends, at < from ? at : at + (to - from))];
  };
}

/**
 * Draws a word of about the same rank by frequency, at most a quarter up or down; by Zipf's law so is its frequency.
 */
export function drawByRank(counts: WordCounts): DrawOther {
  const words = [...counts.keys()].sort((a, b) => counts.get(b)! - counts.get(a)!);
  const rankOf = new Map(words.map((word, i) => [word, i + 1]));
  return (word, random) => {
    const known = rankOf.get(word!);
    const rank = known ?? words.length;
    const low = Math.max(1, Math.floor(rank / SIMILAR) - 1);
    const high = Math.min(words.length, Math.ceil(rank * SIMILAR) + 1);
    const others = high - low + 1 - (known === undefined ? 0 : 1);
    if (others < 1) return undefined;
    const at = low + Math.floor(random() * others);
    return words[(known !== undefined && at >= known ? at + 1 : at) - 1];
  };
}

/** The first index whose end is above x. */
function firstAbove(ends: Float64Array, x: number): number {
  let [low, high] = [0, ends.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ends[middle] > x) high = middle;
    else low = middle + 1;
  }
  return low;
}

const SIMILAR = 1.25;
