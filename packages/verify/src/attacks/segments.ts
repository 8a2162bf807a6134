/** Text as words and what stands between them, by the rules of Unicode (UAX 29), for any script. @module */

export interface Segment {
  readonly text: string;
  readonly isWord: boolean;
}

/** Joined again, the segments are the text. */
export function segmentsOf(text: string): Segment[] {
  return piecesOf(text).flatMap((piece) =>
    Array.from(WORDS.segment(piece), ({ segment, isWordLike }) => ({ text: segment, isWord: isWordLike === true })),
  );
}

/** The words alone. */
export function wordsOf(text: string): string[] {
  return segmentsOf(text).flatMap(({ text, isWord }) => (isWord ? [text] : []));
}

/** The text with each word put through a function. */
export function mapWords(text: string, change: (word: string) => string): string {
  return segmentsOf(text)
    .map(({ text, isWord }) => (isWord ? change(text) : text))
    .join('');
}

/** Lines with their ends: no word and no sentence goes on behind a line break. */
export const linesOf = (text: string): string[] => text.split(/(?<=\n)/);

/**
 * Parts that can be segmented each on its own with the same result. V8's segmenter (Node 20) takes time in the square
 * of a text's length: a novel took minutes at once, and 0.4 s by lines.
 */
const piecesOf = (text: string) =>
  linesOf(text).flatMap((line) => (line.length < LONG ? line : line.split(/(?<= )(?=\p{L})/u)));

const LONG = 2000;
// The locale is named, so that no machine's own decides.
const WORDS = new Intl.Segmenter('en', { granularity: 'word' });
