/**
 * Whose text did a student learn? Its answers are searched for all accounts of a key at once.
 *
 *   node --conditions=@taggant/source --import tsx benchmarks/lab/students/cohorts.ts [FOLDER]
 * @module
 */
import type { Mark, Pairs } from '@taggant/core';
import { searchCohorts } from '@taggant/detector';
import { markOf } from './marks.ts';
import { DATA, pairsOf, readTest, transcriptOf } from './tests.ts';
import { studentsOf } from './transcripts.ts';

const [folder = DATA] = process.argv.slice(2);
for (const student of studentsOf(folder)) {
  const lines = transcriptOf(folder, student);
  const accounts = Object.keys(student.mix).filter((id) => id.includes('#'));
  const learned = accounts.join(' ') || 'no account';
  for (const id of accounts.length > 0 ? accounts : ['g4-d2-w2', 'g4-d3-w1']) {
    const mark = markOf(id);
    for (const asks of [['cool'], ['cold', 'cool', 'cool unseen']]) {
      const pairs = pairsOf(lines, mark, asks);
      report(`${student.id}, learned ${learned}: what it wrote (${asks.join(', ')})`, mark, pairs);
    }
    if (lines.every(({ ask }) => ask !== `read ${id}`)) continue;
    const reading = await readTest(folder, student, lines, id);
    report(`${student.id}, learned ${learned}: while it read`, mark, reading.pairs());
  }
}

function report(what: string, mark: Mark, pairs: Pairs): void {
  const { candidates } = searchCohorts(pairs, mark, { first: 1, count: 24_000 });
  const [best, second] = candidates.map(({ name, lnP }) => `${name} (log10 p ${(lnP / Math.LN10).toFixed(1)})`);
  console.log(`${what}, ${pairs.n} contexts, width ${mark.contextWidth}: best ${best}, then ${second}`);
}
