/**
 * Words replaced, put in and left out: the edits of Kirchenbauer et al. 2023, section 7, and of most studies since.
 * @module
 */
import { mapWords, type Segment, segmentsOf } from './segments.ts';
import type { DrawOther } from './word-counts.ts';

/**
 * Replaces a share of the words by others. A word for which there is no other stays.
 *
 * @example
 * substituteWords('one two two', 1, drawByCount(new Map([['six', 1]])), () => 0); // 'six six six'
 */
export function substituteWords(text: string, rate: number, draw: DrawOther, random: () => number): string {
  return mapWords(text, (word) => (random() < rate ? (draw(word, random) ?? word) : word));
}

/** Puts a drawn word behind a share of the words. */
export function insertWords(text: string, rate: number, draw: DrawOther, random: () => number): string {
  return mapWords(text, (word) => {
    const added = random() < rate ? draw(undefined, random) : undefined;
    return added === undefined ? word : `${word} ${added}`;
  });
}

/** Leaves out a share of the words, each with the blanks before it, or those behind it where none stand before. */
export function deleteWords(text: string, rate: number, random: () => number): string {
  const kept: Segment[] = [];
  let skipBlanks = false;
  for (const segment of segmentsOf(text)) {
    if (segment.isWord && random() < rate) {
      if (isBlank(kept.at(-1))) kept.pop();
      else skipBlanks = true;
    } else {
      if (!(skipBlanks && isBlank(segment))) kept.push(segment);
      skipBlanks = false;
    }
  }
  return kept.map(({ text }) => text).join('');
}

/** Not of line breaks: paragraphs stay. */
const isBlank = (segment: Segment | undefined) => segment !== undefined && /^[ \t]+$/.test(segment.text);
