/** Real texts for the benchmarks, from `../shared/data` beside the repository. @module */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const DATA = fileURLToPath(new URL('../../../shared/data/text/', import.meta.url));

/** Books that tiny-lm never saw (benchmarks/lab/data.py). */
const HELD_OUT = ['books/treasure-island.txt', 'books/the-adventures-of-sherlock-holmes.txt'];

export const NULL_TEXTS = ['pg1342_pride_prejudice.txt', 'tinyshakespeare.txt', 'wikitext2_valid.txt'];

export function readText(name: string): string {
  if (!existsSync(DATA + name))
    throw new Error(`${name} expected in ../shared/data/text beside the repository, got nothing`);
  return readFileSync(DATA + name, 'utf8');
}

/** Beginnings of paragraphs of the held-out books, evenly spread. */
export function heldOutPassages(count: number): string[] {
  const paragraphs = HELD_OUT.flatMap((name) => readText(name).split(/\n\s*\n/)).filter(
    (paragraph) => paragraph.length > 200,
  );
  return Array.from({ length: count }, (_, i) => paragraphs[Math.floor((i * paragraphs.length) / count)]);
}

/** Text that repeats itself as templated traffic does: the same sentences over and over with a few words changed. */
export function repetitiveText(words: number, random: () => number): string {
  const names = ['Alice', 'Bob', 'Carol', 'Dan', 'Erin', 'Frank', 'Grace', 'Heidi'];
  const lines: string[] = [];
  for (let n = 0; n < words; n += 14) {
    const name = names[Math.floor(random() * names.length)];
    const amount = Math.floor(random() * 20) * 5;
    lines.push(`Dear ${name}, your order of ${amount} items has been shipped and will arrive soon.`);
  }
  return lines.join('\n');
}
