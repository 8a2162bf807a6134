/**
 * Marked text within human text: the copy-paste attack of Kirchenbauer et al. 2023b (arXiv:2306.04634), section 3.
 * @module
 */
import { segmentsOf, wordsOf } from './segments.ts';

/**
 * The text as a paragraph in human text, so that its words are a share of all. Passages are taken in their order from a
 * random one on, and again from the first where they run out.
 *
 * @example
 * pasteInto('ours here', 0.5, ['theirs'], () => 0.5); // 'theirs\n\nours here\n\ntheirs'
 */
export function pasteInto(text: string, share: number, passages: readonly string[], random: () => number): string {
  const missing = Math.round((wordsOf(text).length * (1 - share)) / share);
  if (missing === 0) return text;
  const before = Math.floor(random() * (missing + 1));
  const next = passagesFrom(Math.floor(random() * passages.length), passages);
  return [...take(next, before), text, ...take(next, missing - before)].join('\n\n');
}

function* passagesFrom(first: number, passages: readonly string[]): Generator<string, never> {
  for (let i = first; ; i++) yield passages[i % passages.length];
}

/** Paragraphs of so many words in all. */
function take(next: Generator<string, never>, words: number): string[] {
  const taken: string[] = [];
  while (words > 0) {
    const passage = firstWords(next.next().value, words);
    words -= wordsOf(passage).length;
    taken.push(passage);
  }
  return taken;
}

function firstWords(passage: string, count: number): string {
  const segments = segmentsOf(passage);
  const words = segments.flatMap(({ isWord }, i) => (isWord ? [i] : []));
  return segments
    .slice(0, words[count] ?? segments.length)
    .map(({ text }) => text)
    .join('')
    .trimEnd();
}
