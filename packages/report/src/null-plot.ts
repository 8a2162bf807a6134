/** The plot of one text: where its score lies against the scores that random keys would give it. @module */
import type { NullLaw } from '@taggant/core';
import { lnTail, nullMoments } from '@taggant/detector';
import type { DetailedDetection } from './evidence.ts';
import type { Html } from './html.ts';
import { drawPlot, type Frame } from './plot.ts';

/** The exact null law of the sum of scores, and this text's sum. */
export async function nullPlot({ law, n, score, verdict }: DetailedDetection): Promise<Html> {
  const { mean, variance } = nullMoments(law);
  const [middle, sd] = [n * mean, Math.sqrt(n * variance)];
  const low = Math.max(0, Math.min(middle - 4 * sd, score - sd));
  const high = Math.max(middle + 4 * sd, score + sd);
  const domain = [low, high];
  const x = { type: 'quantitative', scale: { domain, nice: false } } as const;
  const counts = law.law === 'binomial';
  const values = bins(low, Math.min(high, middle + 6 * sd), counts).map(([from, to]) => ({
    score: counts ? (from + to - 1) / 2 : (from + to) / 2,
    mass: Math.max(0, Math.exp(lnTail(law, from, n)) - Math.exp(lnTail(law, to, n))) / (to - from),
  }));
  const left = score - low < (high - low) / 2;
  const name = `this text: ${counts ? score : score.toFixed(0)}`;
  const unit = unitOf(law);
  return drawPlot(FRAME, `${unit}: ${name}; by chance about ${middle.toFixed(0)}, give or take ${sd.toFixed(0)}.`, [
    {
      data: { values },
      mark: { type: 'area', fill: 'var(--null)', line: { stroke: 'var(--not-marked)', strokeWidth: 1 } },
      encoding: {
        x: {
          field: 'score',
          ...x,
          axis: { title: unit, tickCount: 4, format: 'd', titleAnchor: 'start', titleAlign: 'left' },
        },
        y: { field: 'mass', type: 'quantitative', axis: null },
      },
    },
    {
      data: { values: [{ score, name }] },
      layer: [
        {
          mark: { type: 'rule', strokeWidth: 2, stroke: `var(--${verdict})` },
          encoding: { x: { field: 'score', ...x } },
        },
        {
          mark: { type: 'text', align: left ? 'left' : 'right', dx: left ? -2 : 2, y: -5, baseline: 'bottom' },
          encoding: { x: { field: 'score', ...x }, text: { field: 'name' } },
        },
      ],
    },
  ]);
}

/** Edges of at most about 120 bins; between integers where scores are counts. */
function bins(low: number, high: number, integers: boolean): [number, number][] {
  const step = (high - low) / MOST_BINS;
  const width = integers ? Math.max(1, Math.ceil(step)) : step;
  const first = integers ? Math.ceil(low) : low;
  return Array.from({ length: Math.floor((high - first) / width) }, (_, i) => [
    first + i * width,
    first + (i + 1) * width,
  ]);
}

function unitOf(law: NullLaw): string {
  if (law.law !== 'binomial') return 'sum of Gumbel scores';
  return law.trials === 1 ? 'green tokens' : 'tournament bits won';
}

const FRAME: Frame = { width: 250, height: 84, margin: { top: 24, right: 8, bottom: 42, left: 8 } };
const MOST_BINS = 120;
