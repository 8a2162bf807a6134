/**
 * The null on students' real text: decoy keys, optional stopping, cohorts that served nothing.
 *
 *   node --conditions=@taggant/source --import tsx benchmarks/lab/students/nulls.ts [FOLDER] [--json FILE] [--quick] [--only cohorts]
 *
 * - decoys: 10,000 wrong keys on each student's answers; their p-values have to be uniform.
 * - stopping: 10,000 runs, each with a key of its own and a student's exchanges in an order of its own; a false alarm is an
 *   e-value that reaches 1/alpha at any moment.
 * - cohorts: 1,000 keys; the best of 24,000 accounts of each on a student's answers, family-wise.
 * `--quick`: a tenth of everything.
 * @module
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { deriveKey, type NativeMark, openMark, Secret } from '@taggant/core';
import { rankAmongKeys, searchCohorts } from '@taggant/detector';
import { Radioactivity } from '@taggant/probes';
import { binomialBand } from '@taggant/stats';
import { MARKS, markOf } from './marks.ts';
import { xorshift } from './random.ts';
import { asksOf, DATA, pairsOf, transcriptOf } from './tests.ts';
import { exchangesOf, studentsOf } from './transcripts.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'string' }, quick: { type: 'boolean', default: false }, only: { type: 'string' } },
});
const [folder = DATA] = positionals;
const part = values.quick ? 0.1 : 1;
const ALPHA = 0.01;
/** At or below this family-wise p an account is named. */
const NAMED = 1e-6;
const TESTED = ['g4-d2-w1', 'g4-d2-w2', 'gumbel-w1', 'tournament-w1'];
const random = xorshift('nulls of students');
const randomBytes = () => Uint8Array.from({ length: 32 }, () => Math.floor(random() * 256));
const students = studentsOf(folder);
const transcripts = students.map((student) => ({ student, lines: transcriptOf(folder, student) }));

const isAsked = (what: string) => values.only === undefined || values.only === what;
const decoys = transcripts
  .filter(() => isAsked('decoys'))
  .flatMap(({ student, lines }) =>
    TESTED.map((id) => {
      const { ks } = rankAmongKeys(pairsOf(lines, markOf(id)), markOf(id), Math.round(10_000 * part), randomBytes);
      return { student: student.id, mark: id, keys: Math.round(10_000 * part), ksP: Math.exp(ks.lnP) };
    }),
  );
console.table(decoys);

const stopping = TESTED.filter(() => isAsked('stopping')).map((id) => {
  const runs = Math.round(10_000 * part);
  let alarms = 0;
  for (let run = 0; run < runs; run++) {
    const { lines } = transcripts[run % transcripts.length];
    const exchanges = asksOf(lines).flatMap((ask) => exchangesOf(lines, ask));
    const test = new Radioactivity(openUnder(id));
    for (let i = 0; i < 24; i++) test.add(exchanges[Math.floor(random() * exchanges.length)]);
    if (test.result().anytime.lnSup >= -Math.log(ALPHA)) alarms++;
  }
  return { mark: id, runs, alarms, alpha: ALPHA, most: binomialBand(runs, ALPHA, 0.999)[1] };
});
console.table(stopping);

const cohorts = ['g4-d3-w1', 'g4-d2-w2']
  .filter(() => isAsked('cohorts'))
  .map((id) => {
    const runs = Math.round(1000 * part);
    const pairs = transcripts.map(({ lines }) => pairsOf(lines, markOf(id)));
    let [atAlpha, named] = [0, 0];
    for (let run = 0; run < runs; run++) {
      const { lnP } = searchCohorts(pairs[run % pairs.length], openUnder(id), { first: 1, count: 24_000 });
      if (lnP <= Math.log(ALPHA)) atAlpha++;
      if (lnP <= Math.log(NAMED)) named++;
    }
    return { mark: id, runs, 'p <= 1 %': atAlpha, most: binomialBand(runs, ALPHA, 0.999)[1], named };
  });
console.table(cohorts);
if (values.json) writeFileSync(values.json, `${JSON.stringify({ decoys, stopping, cohorts }, null, 1)}\n`);

/** The mark under a key that nobody served with. */
function openUnder(id: string): NativeMark {
  return openMark(MARKS[id], deriveKey(Secret.fromBytes(randomBytes()), MARKS[id].scheme));
}
