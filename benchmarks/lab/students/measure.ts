/**
 * Tests every finished student for every mark that it was served: ln p and ln e against tokens asked, for each ask, with
 * and without the served filter.
 *
 *   node --conditions=@taggant/source --import tsx benchmarks/lab/students/measure.ts [FOLDER] [--json FILE]
 *
 * FOLDER: the work folder; default the committed `data/`. `--json`: benchmarks/record/students.json holds the last full run.
 * @module
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { EvidenceNumber, RunNumbers } from '@taggant/probes';
import { markOf } from './marks.ts';
import { asked, asksOf, DATA, type Logs, read, servedContexts, transcriptOf } from './tests.ts';
import { type Student, studentsOf } from './transcripts.ts';

/** What one test says of one student; all logs are natural. */
export interface Measured {
  readonly student: string;
  readonly mark: string;
  /** Share of the training documents that the mark's teacher wrote. */
  readonly share: number;
  readonly ask: string;
  /** Whose served contexts count; `none`: all contexts do. */
  readonly logs: Logs | 'none';
  /** Asked for, or read. */
  readonly tokens: number;
  /** Each context once; each (context, token) once. */
  readonly audit: Figure;
  readonly power: Figure;
  readonly lnE: number;
  readonly lnEWeighted?: number;
  /** [tokens, ln p (audit), ln e, ln p (power)] */
  readonly curve: readonly (readonly number[])[];
}

interface Figure {
  readonly n: number;
  /** How much more a pair scored, on average, than under the null. */
  readonly excess: number;
  readonly lnP: number;
  readonly lnPWeighted?: number;
}

async function measured(folder: string, student: Student): Promise<Measured[]> {
  const lines = transcriptOf(folder, student);
  const results: Measured[] = [];
  for (const id of Object.keys(student.served).filter((name) => name !== 'canary')) {
    const note = (ask: string, logs: Logs | 'none', result: RunNumbers & { readonly tokens: number }) =>
      results.push({
        student: student.id,
        mark: id,
        share: student.mix[id] ?? 0,
        ask,
        logs,
        tokens: result.tokens,
        audit: figureOf(result.audit),
        power: figureOf(result.power),
        lnE: round(result.anytime.lnE),
        ...(result.anytime.weighted && { lnEWeighted: round(result.anytime.weighted.lnE) }),
        curve: everyThird(result.curve).map((at) => [at.tokens, ...[at.lnP, at.lnE, at.power.lnP].map(round)]),
      });
    if (lines.some(({ ask }) => ask === `read ${id}`)) note('read', 'marked', await read(folder, student, lines, id));
    for (const ask of asksOf(lines)) {
      note(ask, 'none', asked(lines, ask, markOf(id)));
      for (const logs of ['marked', 'independent'] as const) {
        const served = servedContexts(folder, student, id, logs);
        const weights = logs === 'independent';
        if (served.counts.contexts > 0) note(ask, logs, asked(lines, ask, markOf(id), { served, weights }));
      }
    }
  }
  return results;
}

function figureOf({ n, lnP, excess, weighted }: EvidenceNumber): Figure {
  return {
    n,
    excess: round(excess.perPair),
    lnP: round(lnP),
    ...(weighted?.lnP !== undefined && { lnPWeighted: round(weighted.lnP) }),
  };
}

const everyThird = <T>(points: readonly T[]) => points.filter((_, i) => (points.length - 1 - i) % 3 === 0);
const round = (value: number) => Math.round(value * 10_000) / 10_000;

const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'string' } } });
const [folder = DATA] = positionals;
const results: Measured[] = [];
for (const student of studentsOf(folder)) results.push(...(await measured(folder, student)));
if (values.json) writeFileSync(values.json, `[\n${results.map((row) => JSON.stringify(row)).join(',\n')}\n]\n`);
const tens = (lnP: number | undefined) => (lnP === undefined ? '' : (lnP / Math.LN10).toFixed(1));
console.table(
  results.map(({ student, mark, share, ask, logs, tokens, audit, power, lnE, lnEWeighted }) => ({
    student,
    mark,
    share,
    ask,
    logs,
    tokens,
    n: audit.n,
    excess: audit.excess,
    'log10 p': tens(audit.lnP),
    weighted: tens(audit.lnPWeighted),
    'log10 e': tens(lnE),
    'e weighted': tens(lnEWeighted),
    'n pairs': power.n,
    'log10 p pairs': tens(power.lnP),
    'pairs weighted': tens(power.lnPWeighted),
  })),
);
