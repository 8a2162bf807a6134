/** Parts of a text: one kept, or all in another order. @module */
import { linesOf, segmentsOf } from './segments.ts';

/**
 * One piece of the text, from a random place: a share of its words, rounded, with what stands between them.
 *
 * @example
 * truncate('one two three four', 0.5, () => 0.4); // 'two three'
 */
export function truncate(text: string, share: number, random: () => number): string {
  const segments = segmentsOf(text);
  const words = segments.flatMap(({ isWord }, i) => (isWord ? [i] : []));
  const count = Math.round(share * words.length);
  if (count === words.length) return text;
  if (count === 0) return '';
  const first = Math.floor(random() * (words.length - count + 1));
  // Punctuation behind a word goes with it.
  const end = words[first + count] ?? segments.length;
  return segments
    .slice(words[first], end)
    .map(({ text }) => text)
    .join('')
    .trimEnd();
}

/**
 * The sentences in random order; the blanks and line breaks between them stay where they are.
 *
 * @example
 * shuffleSentences('One. Two.\n\nThree.', () => 0); // 'Two. Three.\n\nOne.'
 */
export function shuffleSentences(text: string, random: () => number): string {
  const sentences = linesOf(text).flatMap((line) => Array.from(SENTENCES.segment(line), ({ segment }) => segment));
  const parts = sentences.map((segment) => {
    const body = segment.trim();
    const from = segment.indexOf(body);
    return { before: segment.slice(0, from), body, after: segment.slice(from + body.length) };
  });
  const bodies = parts.map(({ body }) => body).filter(Boolean);
  for (let i = bodies.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [bodies[i], bodies[j]] = [bodies[j], bodies[i]];
  }
  let next = 0;
  return parts.map(({ before, body, after }) => before + (body && bodies[next++]) + after).join('');
}

const SENTENCES = new Intl.Segmenter('en', { granularity: 'sentence' });
