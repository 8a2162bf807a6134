/** Shares of texts that were found, with their bounds, against a number; each line is named at its end. @module */
import type { Html } from './html.ts';
import { shortened, spread } from './line-plot.ts';
import { drawPlot, type Frame } from './plot.ts';

export interface SharePoint {
  /** Undefined: it has no place on the axis, and stands in a strip to the right. */
  readonly x: number | undefined;
  readonly share: number;
  readonly low: number;
  readonly high: number;
}

export interface ShareLine {
  readonly name: string;
  /** By x; one at least. */
  readonly points: readonly SharePoint[];
}

export interface SharePlot {
  /** What a screen reader says. */
  readonly label: string;
  readonly lines: readonly ShareLine[];
  readonly xTitle: string;
  readonly showX: (x: number) => string;
  /** Bounds as bands, for few lines; else as rules that stand beside each other. */
  readonly banded: boolean;
  readonly wide: boolean;
}

export async function sharePlot({ label, lines, xTitle, showX, banded, wide }: SharePlot): Promise<Html> {
  const frame: Frame = {
    width: wide ? 630 : 190,
    height: Math.max(wide ? 300 : 260, LABEL_GAP * lines.length),
    margin: { top: 26, right: wide ? 206 : 108, bottom: 44, left: 54 },
  };
  const places = lines.flatMap(({ points }) => points.flatMap(({ x }) => (x === undefined ? [] : [x])));
  const loose = lines.filter(({ points }) => points[0].x === undefined).length;
  const strip = loose === 0 ? 0 : places.length === 0 ? frame.width : Math.min(frame.width / 3, 20 + 16 * loose);
  // A little room after the last place, so that what stands aside of it does not stand in the strip.
  const most = Math.max(0, ...places) * (banded ? 1 : 1.08) || 1;
  const inner = frame.width - strip;
  const values = valuesOf(lines, { banded, inner, strip, most });
  const ends = lines.map(({ name }, line) => {
    const own = values.filter((value) => value.line === line);
    const { x, share, colour } = own[own.length - 1];
    return { name: wide ? shortened(name) : brief(name), colour, fromX: x + 5, fromY: frame.height * (1 - share) };
  });
  const labels = spread(ends, frame.height).map((end) => ({
    ...end,
    toX: frame.width + (wide ? 14 : 8),
    textX: frame.width + (wide ? 18 : 11),
  }));
  const ticks = places.length === 0 ? [] : ticksOf(most, wide ? 8 : 3);
  const marks = [
    ...ticks.map((value) => ({ x: (value / most) * inner, text: showX(value) })),
    ...(strip > 0 ? [{ x: inner + strip / 2, text: NO_PLACE }] : []),
  ];
  return drawPlot(frame, label, [
    {
      data: { values: LEVELS.map((share) => ({ share, from: 0, to: frame.width })) },
      mark: { type: 'rule', stroke: 'var(--line)' },
      encoding: { x: pixels('from'), x2: { field: 'to' }, y: { ...Y, field: 'share' } },
    },
    {
      data: { values: marks },
      mark: { type: 'text', y: frame.height + 8, baseline: 'top', fill: 'var(--muted)' },
      encoding: { x: pixels('x'), text: { field: 'text' } },
    },
    ...(ticks.length === 0
      ? []
      : ([
          {
            data: { values: [{ x: inner, text: xTitle }] },
            mark: { type: 'text', y: frame.height + 26, align: 'right', baseline: 'top', fill: 'var(--muted)' },
            encoding: { x: pixels('x'), text: { field: 'text' } },
          },
        ] as const)),
    ...(strip > 0 && ticks.length > 0
      ? ([
          {
            data: { values: [{ x: inner }] },
            mark: { type: 'rule', stroke: 'var(--line)', strokeDash: DASH, y: 0, y2: frame.height },
            encoding: { x: pixels('x') },
          },
        ] as const)
      : []),
    ...(banded ? [bands(values)] : [rules(values)]),
    {
      data: { values: values.filter(({ isLoose }) => !isLoose) },
      mark: { type: 'line', strokeWidth: 1.75 },
      encoding: {
        x: pixels('x'),
        y: { ...Y, field: 'share' },
        detail: { field: 'line', type: 'nominal' },
        color: COLOUR,
      },
    },
    {
      data: { values },
      mark: { type: 'circle', size: 30, opacity: 1 },
      encoding: { x: pixels('x'), y: { ...Y, field: 'share' }, color: COLOUR },
    },
    {
      data: { values: labels },
      mark: { type: 'rule', strokeWidth: 0.75, opacity: 0.6 },
      encoding: {
        x: pixels('fromX'),
        x2: { field: 'toX' },
        y: { field: 'fromY', type: 'quantitative', scale: null, axis: null },
        y2: { field: 'labelY' },
        color: COLOUR,
      },
    },
    {
      data: { values: labels },
      mark: { type: 'text', align: 'left', baseline: 'middle' },
      encoding: {
        x: pixels('textX'),
        y: { field: 'labelY', type: 'quantitative', scale: null, axis: null },
        text: { field: 'name' },
      },
    },
  ]);
}

interface Layout {
  readonly banded: boolean;
  /** Width of the axis, and of the strip after it. */
  readonly inner: number;
  readonly strip: number;
  readonly most: number;
}

/** Points in pixels. Without bands, each line stands a little aside of the others: their rules would hide each other. */
function valuesOf(lines: readonly ShareLine[], { banded, inner, strip, most }: Layout) {
  const loose = lines.filter(({ points }) => points[0].x === undefined);
  return lines.flatMap((line, i) => {
    const aside = banded ? 0 : (i - (lines.length - 1) / 2) * Math.min(4, 20 / lines.length);
    const colour = `var(--c${i % COLOURS})`;
    return line.points.map(({ x, share, low, high }) => ({
      ...{ line: i, share, low, high, colour, isLoose: x === undefined },
      x: x === undefined ? inner + (strip * (loose.indexOf(line) + 0.5)) / loose.length : (x / most) * inner + aside,
    }));
  });
}

type Values = ReturnType<typeof valuesOf>;

const bands = (values: Values) =>
  ({
    data: { values },
    mark: { type: 'area', opacity: 0.16 },
    encoding: {
      x: pixels('x'),
      y: { ...Y, field: 'low' },
      y2: { field: 'high' },
      detail: { field: 'line', type: 'nominal' },
      color: COLOUR,
    },
  }) as const;

const rules = (values: Values) =>
  ({
    data: { values },
    mark: { type: 'rule', strokeWidth: 1.25, opacity: 0.55 },
    encoding: { x: pixels('x'), y: { ...Y, field: 'low' }, y2: { field: 'high' }, color: COLOUR },
  }) as const;

/** Round numbers from 0 on, about so many. */
function ticksOf(most: number, count: number): number[] {
  const unit = 10 ** Math.floor(Math.log10(most / count));
  const step = [1, 2, 2.5, 5, 10].map((digit) => digit * unit).find((wide) => most / wide <= count) as number;
  return Array.from({ length: Math.floor(most / step + 1e-9) + 1 }, (_, i) => Number((i * step).toPrecision(6)));
}

const brief = (name: string) => (name.length > 14 ? `${name.slice(0, 13).trimEnd()}…` : name);
const pixels = <F extends string>(field: F) => ({ field, type: 'quantitative', scale: null, axis: null }) as const;
const LEVELS = [0, 0.25, 0.5, 0.75, 1];
const Y_AXIS = {
  title: 'found',
  titleAngle: 0,
  titleAlign: 'right',
  titleBaseline: 'bottom',
  titleX: -8,
  titleY: -10,
  grid: false,
  values: LEVELS,
  labelExpr: "round(100 * datum.value) + ' %'",
} as const;
/** Every layer has the same: one without would take it from all. */
const Y = { type: 'quantitative', scale: { domain: [0, 1] as number[], nice: false }, axis: Y_AXIS } as const;
const COLOUR = { field: 'colour', type: 'nominal', scale: null, legend: null } as const;
const DASH: number[] = [3, 3];
const COLOURS = 8;
const LABEL_GAP = 16;
const NO_PLACE = 'no rate';
