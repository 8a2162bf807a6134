/** Letters of another case, blanks of another kind: the same words in other tokens. @module */
import { mapWords } from './segments.ts';

export const lowercase = (text: string): string => text.toLowerCase();

export const uppercase = (text: string): string => text.toUpperCase();

/** Every Word Begins With a Capital. */
export const titleCase = (text: string): string => mapWords(text, capitalised);

/** The first letter in upper case. */
export function capitalised(word: string): string {
  const [first = ''] = word;
  return first.toUpperCase() + word.slice(first.length);
}

/**
 * A share of the blanks and line breaks become a double space, a line break or a tab: another one than they were.
 *
 * @example
 * changeBlanks('one two', 1, () => 0); // 'one  two'
 */
export function changeBlanks(text: string, rate: number, random: () => number): string {
  return text.replace(/\s+/gu, (blank) => {
    if (random() >= rate) return blank;
    const others = BLANKS.filter((other) => other !== blank);
    return others[Math.floor(random() * others.length)];
  });
}

const BLANKS = ['  ', '\n', '\t'];
