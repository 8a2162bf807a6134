/** Words replaced by others of about their meaning. @module */
import type { Synonyms } from './attack.ts';
import { mapWords } from './segments.ts';
import { capitalised } from './typography.ts';

/**
 * Replaces a share of the words that have synonyms, each by any of them, in the case of the word.
 *
 * @example
 * replaceBySynonyms('Big house', 1, (word) => (word === 'big' ? ['large'] : []), () => 0); // 'Large house'
 */
export function replaceBySynonyms(text: string, rate: number, synonyms: Synonyms, random: () => number): string {
  return mapWords(text, (word) => {
    const lower = word.toLowerCase();
    const others = synonyms(lower).filter((other) => other !== lower);
    if (others.length === 0 || random() >= rate) return word;
    return inCaseOf(word, others[Math.floor(random() * others.length)]);
  });
}

function inCaseOf(word: string, other: string): string {
  if (word === word.toLowerCase()) return other;
  return word.length > 1 && word === word.toUpperCase() ? other.toUpperCase() : capitalised(other);
}
