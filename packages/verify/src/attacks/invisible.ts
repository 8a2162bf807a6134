/** Characters that nobody sees: a tokenizer does (Boucher et al. 2022, "Bad Characters", section IV). @module */

/**
 * Puts a zero-width character into a share of the places between two letters of a word.
 *
 * @example
 * addInvisible('be', 1, () => 0); // 'b\u200be'
 */
export function addInvisible(text: string, rate: number, random: () => number): string {
  // Between letters alone: joiners within an emoji would show.
  return text.replace(/(?<=\p{L})(?=\p{L})/gu, () =>
    random() < rate ? INVISIBLE[Math.floor(random() * INVISIBLE.length)] : '',
  );
}

/** ZERO WIDTH SPACE, ZERO WIDTH NON-JOINER, WORD JOINER. */
export const INVISIBLE = ['\u200b', '\u200c', '\u2060'] as const;
