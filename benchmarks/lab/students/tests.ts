/** The tests of a student, from a folder of transcripts: the work folder, or `data/`. @module */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Mark, Pairs } from '@taggant/core';
import {
  Radioactivity,
  type RadioactivityOptions,
  type RadioactivityResult,
  type ReadingResult,
  ReadingTest,
  ServedContexts,
} from '@taggant/probes';
import { markOf } from './marks.ts';
import { exchangesOf, isAnswer, type Line, linesOf, type Student, servedTexts } from './transcripts.ts';

/** The committed students. */
export const DATA = fileURLToPath(new URL('data/', import.meta.url));

export const transcriptOf = (folder: string, student: Student): Line[] =>
  linesOf(join(folder, 'answers', `${student.id}.jsonl.gz`));

/**
 * Whose contexts count: those that the student was served under the tested mark (`marked`), or under the other marks, whose
 * keys know nothing of the tested one (`independent`). With logs of the tested mark itself only the plain e-value is
 * exact, with independent ones everything (packages/probes, served/contexts.ts).
 */
export type Logs = 'marked' | 'independent';

/** What the student was served; one that learned nothing of ours: what it is asked with. */
export function servedContexts(folder: string, student: Student, id: string, logs: Logs): ServedContexts {
  const served = new ServedContexts({ contextWidth: markOf(id).contextWidth });
  for (const other of Object.keys(student.served)) {
    if ((other === id) !== (logs === 'marked') || other === 'canary') continue;
    for (const { opening, reply } of servedTexts(folder, other, student.served[other])) served.add(reply, opening);
  }
  return served;
}

/** Text only: what the student wrote when asked. */
export function askedTest(
  lines: readonly Line[],
  ask: string,
  mark: Mark,
  options: RadioactivityOptions = {},
): Radioactivity {
  const test = new Radioactivity(mark, options);
  for (const exchange of exchangesOf(lines, ask)) test.add(exchange);
  return test;
}

export const asked = (...args: Parameters<typeof askedTest>): RadioactivityResult => askedTest(...args).result();

/** The audit pairs of what the student wrote: of all asks, or of some in this order. */
export function pairsOf(lines: readonly Line[], mark: Mark, asks: readonly string[] = asksOf(lines)): Pairs {
  const test = new Radioactivity(mark);
  for (const ask of asks) for (const exchange of exchangesOf(lines, ask)) test.add(exchange);
  return test.pairs('context');
}

/** Open weights: what the student held likeliest while it read the texts of the mark `id` that it was served. */
export async function readTest(
  folder: string,
  student: Student,
  lines: readonly Line[],
  id: string,
): Promise<ReadingTest> {
  let said: readonly number[] = [];
  const test = new ReadingTest(markOf(id), { predict: async () => Uint32Array.from(said) });
  const texts = servedTexts(folder, id, student.served[id]);
  const readings = lines.filter(({ ask }) => ask === `read ${id}`);
  for (const [i, { reply }] of readings.entries()) {
    // The first prediction follows nothing, and after the last token there is none.
    said = reply.slice(1);
    await test.read(Uint32Array.from([...texts[i].opening, ...texts[i].reply]).subarray(0, -1));
  }
  return test;
}

export const read = async (...args: Parameters<typeof readTest>): Promise<ReadingResult> =>
  (await readTest(...args)).result();

/** The text-only asks of a transcript. */
export const asksOf = (lines: readonly Line[]): string[] => [...new Set(lines.filter(isAnswer).map(({ ask }) => ask))];
