/**
 * Draws p against tokens asked for each share, from benchmarks/record/students.json into docs/images.
 *
 *   node --conditions=@taggant/source --import tsx benchmarks/lab/students/figures.ts
 * @module
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { drawPlot, type Frame } from '../../../packages/report/src/plot.ts';
import { standalone } from '../../chart/bars.ts';
import type { Measured } from './measure.ts';

const root = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const measured: Measured[] = JSON.parse(readFileSync(root('benchmarks/record/students.json'), 'utf8'));

interface Figure {
  readonly file: string;
  readonly label: string;
  readonly mark: string;
  readonly ask: string;
  readonly logs: Measured['logs'];
  readonly x: string;
}

const TEXT = 'tokens that the student wrote';
const READ = 'tokens that the student read';
const BARE = 'text only, without logs';
const LOGGED = 'text only, contexts of the marked logs';
const OPEN = 'open weights';
const FIGURES = (
  [
    { mark: 'gumbel-w1', ask: 'cold', logs: 'none', label: BARE, x: TEXT },
    { mark: 'gumbel-w2', ask: 'cold', logs: 'none', label: BARE, x: TEXT },
    { mark: 'gumbel-w2', ask: 'cold', logs: 'marked', label: LOGGED, x: TEXT },
    { mark: 'g4-d2-w1', ask: 'open', logs: 'none', label: BARE, x: TEXT },
    { mark: 'g4-d2-w1', ask: 'read', logs: 'marked', label: OPEN, x: READ },
    { mark: 'g4-d2-w2', ask: 'read', logs: 'marked', label: OPEN, x: READ },
    { mark: 'gumbel-w2', ask: 'read', logs: 'marked', label: OPEN, x: READ },
  ] satisfies Omit<Figure, 'file'>[]
).map((figure): Figure => {
  const logs = figure.logs === 'marked' && figure.ask !== 'read' ? '-logs' : '';
  return { ...figure, file: `students-${figure.mark}-${figure.ask}${logs}` };
});

async function draw({ label, mark, ask, logs, x }: Figure): Promise<string> {
  // Not those whose text was laundered, or of other kinds.
  const plain = measured.filter(({ student }) => /^s\d/.test(student));
  const rows = plain.filter((row) => row.mark === mark && row.ask === ask && row.logs === logs);
  // What lies below the frame is drawn at its edge.
  const height = (ln: number) => Math.max(DEEPEST, ln / Math.LN10);
  const point = ([tokens, lnP, lnE]: readonly number[]) => ({ tokens, p: height(lnP), e: Math.min(0, height(-lnE)) });
  const named = rows.map((row) => ({ ...row, share: `${100 * row.share} %` }));
  const values = named.flatMap(({ student, share, curve }) => curve.map((at) => ({ student, share, ...point(at) })));
  const ends = merged(named.map(({ share, curve }) => ({ share, ...point(curve.at(-1)!) })));
  const shares = [...new Set(rows.map(({ share }) => share))].sort((a, b) => a - b);
  const type = 'quantitative' as const;
  const most = Math.max(1000, ...values.map(({ tokens }) => tokens));
  const across = { field: 'tokens', type, scale: { domain: [0, most], nice: false }, axis: { title: x, format: '~s' } };
  const up = { type, scale: { domain: [DEEPEST, 0.5], nice: false }, axis: { title: 'log10 p; dotted: log10 1/e' } };
  const scale = { domain: shares.map((share) => `${100 * share} %`), range: shares.map(colourOf) };
  const svg = await drawPlot(FRAME, `${mark}: ${label}`, [
    {
      data: { values: [{ p: -5 }] },
      mark: { type: 'rule', strokeDash: [4, 4], color: 'var(--muted)' },
      encoding: { y: { field: 'p', ...up } },
    },
    {
      data: { values },
      mark: { type: 'line', strokeWidth: 2 },
      encoding: {
        x: across,
        y: { field: 'p', ...up },
        detail: { field: 'student', type: 'nominal' },
        color: { field: 'share', type: 'nominal', scale, legend: null },
      },
    },
    {
      data: { values },
      mark: { type: 'line', strokeWidth: 1, strokeDash: [2, 3] },
      encoding: {
        x: across,
        y: { field: 'e', ...up },
        detail: { field: 'student', type: 'nominal' },
        color: { field: 'share', type: 'nominal', scale, legend: null },
      },
    },
    {
      data: { values: ends },
      mark: { type: 'text', align: 'left', dx: 6 },
      encoding: { x: across, y: { field: 'p', ...up }, text: { field: 'share' } },
    },
  ]);
  return standalone(String(svg), FRAME);
}

/** One label for lines that end at about the same height. */
function merged<T extends { readonly share: string; readonly p: number }>(ends: readonly T[]): T[] {
  const labels: T[] = [];
  for (const end of ends) {
    const near = labels.findIndex(({ p }) => Math.abs(p - end.p) < 1);
    if (near < 0) labels.push(end);
    else if (!labels[near].share.split(', ').includes(end.share))
      labels[near] = { ...labels[near], share: `${labels[near].share}, ${end.share}` };
  }
  return labels;
}

/** Human text in grey, small shares in orange, larger ones in green. */
const colourOf = (share: number) => (share === 0 ? 'var(--plain)' : share < 0.05 ? 'var(--poor)' : 'var(--good)');

const DEEPEST = -20;
const FRAME: Frame = { width: 460, height: 260, margin: { top: 12, right: 100, bottom: 44, left: 60 } };

for (const figure of FIGURES) writeFileSync(root(`docs/images/${figure.file}.svg`), await draw(figure));
