/** Horizontal bars as a file of SVG that reads well on light and on dark pages. @module */
import { drawPlot, type Frame } from '../../packages/report/src/plot.ts';

export interface Bar {
  readonly name: string;
  readonly value: number;
  /** Stands at the bar's end. */
  readonly text: string;
  readonly kind: 'good' | 'poor' | 'plain';
}

export interface Section {
  readonly title: string;
  readonly bars: readonly Bar[];
}

export interface Scale {
  readonly title: string;
  readonly log?: boolean;
  /** Where bars start, and the least end of the axis. */
  readonly from: number;
  readonly to: number;
  /** Where grid lines stand. */
  readonly ticks: readonly number[];
  readonly format: string;
}

/** `label` is what a screen reader says. */
export async function barChart(label: string, sections: readonly Section[], scale: Scale): Promise<string> {
  const rows = sections.flatMap(({ title, bars }) => [{ title }, ...bars]);
  const values = sections.flatMap(({ bars }) => bars.map(({ value }) => value));
  const names = Math.max(...rows.map((row) => ('title' in row ? 0 : row.name.length))) * CHARACTER + 24;
  const domain = [Math.min(scale.from, ...values), Math.max(scale.to, ...values)];
  const frame: Frame = {
    width: WIDTH,
    height: rows.length * ROW,
    margin: { top: 8, right: 76, bottom: 44, left: names },
  };
  const at = (i: number) => (i + 0.5) * ROW;
  const headings = rows.flatMap((row, i) => ('title' in row ? [{ name: row.title, y: at(i) }] : []));
  const bars = rows.flatMap((row, i) => ('title' in row ? [] : [{ ...row, y: at(i), start: scale.from }]));
  const type = 'quantitative';
  const x = { type, scale: { type: scale.log ? 'log' : 'linear', domain, nice: false } } as const;
  const y = { field: 'y', type, scale: null, axis: null } as const;
  const svg = await drawPlot(frame, label, [
    {
      data: { values: bars },
      mark: { type: 'bar', height: 12, cornerRadiusEnd: 2 },
      encoding: {
        x: {
          field: 'start',
          ...x,
          axis: { title: scale.title, values: [...scale.ticks], format: scale.format, grid: true },
        },
        x2: { field: 'value' },
        y,
        color: { field: 'kind', type: 'nominal', legend: null, scale: COLOURS },
      },
    },
    {
      data: { values: bars },
      mark: { type: 'text', align: 'left', baseline: 'middle', dx: 5 },
      encoding: { x: { field: 'end', ...x }, y, text: { field: 'text' } },
      transform: [{ calculate: 'max(datum.value, datum.start)', as: 'end' }],
    },
    {
      data: { values: bars },
      mark: { type: 'text', align: 'right', baseline: 'middle', x: -10 },
      encoding: { y, text: { field: 'name' } },
    },
    {
      data: { values: headings },
      mark: { type: 'text', align: 'left', baseline: 'middle', x: 8 - names, fontWeight: 'bold' },
      encoding: { y, text: { field: 'name' } },
    },
  ]);
  return standalone(String(svg), frame);
}

/** An SVG file of its own: with its namespace, its size, and the colours that a page would give it. */
export function standalone(svg: string, { width, height, margin }: Frame): string {
  const size = `width="${width + margin.left + margin.right}" height="${height + margin.top + margin.bottom}"`;
  const start = svg.indexOf('>') + 1;
  return `${svg.slice(0, start).replace('<svg', `<svg xmlns="http://www.w3.org/2000/svg" ${size}`)}${STYLE}${svg.slice(start)}\n`;
}

const WIDTH = 420;
/** The widest that a character of a name is on average: nothing here can measure text. */
const CHARACTER = 7;
const ROW = 20;
const COLOURS = { domain: ['good', 'poor', 'plain'], range: ['var(--good)', 'var(--poor)', 'var(--plain)'] };
const STYLE = `<style>
svg { --ink: #1b1d22; --muted: #5c6370; --line: #dfe2e7; --good: #00705c; --poor: #9a5b00; --plain: #a7adb8;
  font-family: system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif; font-variant-numeric: tabular-nums; }
@media (prefers-color-scheme: dark) {
  svg { --ink: #e6e8ec; --muted: #9aa2af; --line: #30343c; --good: #4fc3a8; --poor: #e0a045; --plain: #6b7380; }
}
</style>`;
