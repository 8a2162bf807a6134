/** Lines of evidence: small p is high, the thresholds are drawn, and each line is named at its end. @module */
import { formatAlpha } from '@taggant/detector';
import { decades } from './evidence.ts';
import type { Html } from './html.ts';
import { drawPlot, type Frame } from './plot.ts';

export interface PlotPoint {
  readonly x: number;
  readonly lnP: number;
}

export interface PlotLine {
  /** At the line's end where there is room, and where there is not. */
  readonly name: { readonly wide: string; readonly narrow: string };
  readonly points: readonly PlotPoint[];
  readonly colour: string;
  /** Default false. */
  readonly dashed?: boolean;
}

export interface LinePlot {
  /** What a screen reader says. */
  readonly label: string;
  readonly lines: readonly PlotLine[];
  readonly alphas: readonly number[];
  /** What was counted: `tokens read`. */
  readonly xTitle: string;
  readonly wide: boolean;
}

export async function linePlot({ label, lines, alphas: given, xTitle, wide }: LinePlot): Promise<Html> {
  const labelled = lines.length <= MOST_LABELS;
  const frame: Frame = {
    width: wide ? 630 : 252,
    height: Math.max(wide ? 320 : 280, labelled ? LABEL_GAP * lines.length : 0),
    margin: { top: 28, right: labelled ? (wide ? 206 : 30) : 12, bottom: 44, left: 54 },
  };
  const most = Math.max(40, Math.min(300, Math.floor(MOST_POINTS / lines.length)));
  const series = lines.map(({ points }) => thinned(points, most));
  const alphas = [...new Set(given)];
  const highest = largest([
    ...series.flatMap((prefixes) => prefixes.map(({ lnP }) => decades(lnP))),
    ...alphas.map((alpha) => -Math.log10(alpha)),
  ]);
  const longest = largest([1, ...series.flatMap((prefixes) => prefixes.map(({ x }) => x))]);
  const x = { type: 'quantitative', scale: { domain: upTo(longest), nice: false } } as const;
  const y = { type: 'quantitative', scale: { type: 'symlog', constant: BEND, domain: upTo(highest * TOP) } } as const;
  const toX = (value: number) => (value / longest) * frame.width;
  const toY = (value: number) => frame.height * (1 - Math.log1p(value / BEND) / Math.log1p((highest * TOP) / BEND));

  const points = series.flatMap((prefixes, line) => prefixes.map(({ x, lnP }) => ({ x, decades: decades(lnP), line })));
  const ends = lines.map(({ name, colour }, i) => {
    const { x, lnP } = series[i][series[i].length - 1];
    return { name: wide ? name.wide : name.narrow, colour, fromX: toX(x), fromY: toY(decades(lnP)) };
  });
  const labels = spread(ends, frame.height).map((end) => ({
    ...end,
    toX: frame.width + (wide ? 14 : 8),
    textX: frame.width + (wide ? 18 : 11),
  }));
  const pixels = <F extends string>(field: F) => ({ field, type: 'quantitative', scale: null, axis: null }) as const;
  const drawn = (dashed: boolean) =>
    ({
      data: {
        values: points
          .filter(({ line }) => (lines[line].dashed ?? false) === dashed)
          .map((point) => ({ ...point, colour: lines[point.line].colour })),
      },
      mark: { type: 'line', strokeWidth: 1.75, ...(dashed ? { strokeDash: [2, 4] } : {}) },
      encoding: {
        x: {
          field: 'x',
          ...x,
          axis: { title: xTitle, tickCount: wide ? 8 : 4, grid: false, titleAnchor: 'end', titleAlign: 'right' },
        },
        y: {
          field: 'decades',
          ...y,
          axis: {
            ...P_TITLE,
            values: gridValues(highest * TOP),
            labelExpr: LABEL_AS_P,
            labelOverlap: 'greedy',
            tickCount: MOST_TICKS,
          },
        },
        detail: { field: 'line', type: 'nominal' },
        color: COLOUR,
      },
    }) as const;

  return drawPlot(frame, label, [
    {
      data: { values: alphas.map((alpha) => ({ decades: -Math.log10(alpha) })) },
      mark: { type: 'rule', strokeDash: [5, 4], stroke: 'var(--ink)', strokeWidth: 1 },
      encoding: { y: { field: 'decades', ...y } },
    },
    {
      data: {
        values: alphas.map((alpha) => ({ decades: -Math.log10(alpha), name: `alpha = ${formatAlpha(alpha)}` })),
      },
      // At the left, where lines are still low.
      mark: { type: 'text', align: 'left', baseline: 'bottom', x: 4, dy: -3, fill: 'var(--ink)' },
      encoding: { y: { field: 'decades', ...y }, text: { field: 'name' } },
    },
    drawn(false),
    ...(lines.some(({ dashed }) => dashed) ? [drawn(true)] : []),
    ...(labelled
      ? ([
          {
            data: { values: labels },
            mark: { type: 'rule', strokeWidth: 0.75, opacity: 0.6 },
            encoding: {
              x: pixels('fromX'),
              x2: { field: 'toX' },
              y: pixels('fromY'),
              y2: { field: 'labelY' },
              color: COLOUR,
            },
          },
          {
            data: { values: labels },
            mark: { type: 'text', align: 'left', baseline: 'middle' },
            encoding: { x: pixels('textX'), y: pixels('labelY'), text: { field: 'name' } },
          },
        ] as const)
      : []),
  ]);
}

/** Labels in the order of their lines, moved apart until none touches another. */
export function spread<E extends { readonly fromY: number }>(
  ends: readonly E[],
  height: number,
): (E & { labelY: number })[] {
  const placed = ends.map((end) => ({ ...end, labelY: end.fromY })).sort((a, b) => a.fromY - b.fromY);
  placed.forEach((label, i) => {
    if (i > 0) label.labelY = Math.max(label.labelY, placed[i - 1].labelY + LABEL_GAP);
  });
  let limit = height;
  for (const label of placed.toReversed()) {
    label.labelY = Math.min(label.labelY, limit);
    limit = label.labelY - LABEL_GAP;
  }
  return placed;
}

/** At most about so many of the prefixes, the last one among them. */
function thinned<P>(prefixes: readonly P[], most: number): readonly P[] {
  const step = Math.ceil(prefixes.length / most);
  return prefixes.filter((_, i) => i % step === 0 || i === prefixes.length - 1);
}

/** 0, 1, 3, 6, 12, 24, ...: evenly spaced on the axis from about the threshold on. */
function gridValues(top: number): number[] {
  const values = [0, 1];
  for (let value = 3; value <= top; value *= 2) values.push(value);
  return values;
}

/** Not Math.max(...values): there may be more of them than a call takes arguments. */
const largest = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b));
const upTo = (limit: number): number[] => [0, limit];
export const shortened = (title: string) => (title.length > 28 ? `${title.slice(0, 27).trimEnd()}…` : title);

/** The axis is linear below p = 1e-3 and logarithmic in ln p above, so that 1e-2 and 1e-200 fit in one picture. */
const BEND = 3;
const TOP = 1.08;
const P_TITLE = {
  title: 'p',
  titleAngle: 0,
  titleAlign: 'right',
  titleBaseline: 'bottom',
  titleX: -8,
  titleY: -10,
} as const;
const LABEL_AS_P = "datum.value === 0 ? '1' : datum.value === 1 ? '0.1' : '1e-' + datum.value";
const COLOUR = { field: 'colour', type: 'nominal', scale: null, legend: null } as const;
const LABEL_GAP = 16;
const MOST_LABELS = 24;
/** Vega thins given values out to its tick count. */
const MOST_TICKS = 50;
/** Of all lines together. */
const MOST_POINTS = 6000;
