/**
 * The words of a text, as replies and phrases are compared: case, spacing, punctuation, Unicode's several ways to write one
 * character, and characters that nobody sees make no difference. Lookalikes do: a Cyrillic letter is not a Latin one.
 * @module
 */

/**
 * Lower-case words in NFKC: runs of letters, marks and digits; each character of a script without spaces between its words;
 * each symbol. Time is linear in the text.
 *
 * @example
 * wordsOf('The  AMBER\u200b heron, 20 €!'); // [ 'the', 'amber', 'heron', '20', '€' ]
 */
export function wordsOf(text: string): string[] {
  const seen = text.replace(UNSEEN, '').replace(LONG_MARKS, '$1');
  return seen.normalize('NFKC').toLowerCase().replaceAll('ς', 'σ').match(WORDS) ?? [];
}

/** Zero-width joiners and spaces, soft hyphens, variation selectors. */
const UNSEEN = /\p{Default_Ignorable_Code_Point}/gu;
/** Sorting a run of marks takes quadratic time; 30 are what Unicode asks for (UAX 15, "Stream-Safe Text Format"). */
const LONG_MARKS = /(\p{M}{30})\p{M}+/gu;
const UNSPACED = String.raw`\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}`;
const WORDS = new RegExp(String.raw`[${UNSPACED}]|(?:(?![${UNSPACED}])[\p{L}\p{M}\p{N}])+|[\p{Sc}\p{Sm}\p{So}]`, 'gu');
