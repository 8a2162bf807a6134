/** The plot of a run: what speaks for each mark, or for the best account of canaries, against what the suspect was asked. @module */
import { formatP } from '@taggant/detector';
import type { CanaryResult, MarkEvidence, ProbeResult } from '@taggant/probes';
import type { Html } from './html.ts';
import { linePlot, type PlotLine, shortened } from './line-plot.ts';

/** Corrected for whatever else was tested. */
export interface ProbeCurve {
  readonly title: string;
  readonly isFound: boolean;
  /** ln p of the planned number, and ln e, after so many tokens or prompts. */
  readonly points: readonly { readonly x: number; readonly lnP: number; readonly lnE: number }[];
}

/** One of each mark, corrected for the marks. */
export function markCurves(marks: readonly MarkEvidence[], { alpha, statistic }: ProbeResult): ProbeCurve[] {
  const price = Math.log(marks.length);
  return marks.map(({ title, curve, lnPDecisive }) => ({
    title,
    isFound: lnPDecisive + price <= Math.log(alpha),
    points: curve.map(({ tokens, lnP, lnE, power }) => ({
      x: tokens,
      lnP: Math.min(0, (statistic === 'context' ? lnP : power.lnP) + price),
      lnE: lnE - price,
    })),
  }));
}

/** That of the best account. */
export const canaryCurve = ({ lnP, statistic, curve = [] }: CanaryResult, { alpha }: ProbeResult): ProbeCurve => ({
  title: 'the best account',
  isFound: lnP <= Math.log(alpha),
  points: curve.map(({ replies, lnP, lnE, power }) => ({
    x: replies,
    lnP: statistic === 'counts' ? power.lnP : lnP,
    lnE,
  })),
});

/** Two lines a curve: p, and 1 / e. `unit`: what was counted. */
export function probePlot(
  curves: readonly ProbeCurve[],
  { alpha }: ProbeResult,
  { unit, wide }: { readonly unit: 'tokens' | 'prompts'; readonly wide: boolean },
): Promise<Html> {
  const lines = curves.flatMap(({ title, isFound, points }, i): PlotLine[] => {
    const [number, of] = curves.length === 1 ? ['', ''] : [`${i + 1}  `, ` of ${title}`];
    const [colour, short] = [`var(--${isFound ? 'marked' : 'not-marked'})`, number.trim()];
    const start = { x: 0, lnP: 0 };
    return [
      {
        name: { wide: shortened(`${number}p${of}`), narrow: `p${short}` },
        colour,
        points: [start, ...points],
      },
      {
        name: { wide: shortened(`${number}1/e${of}`), narrow: `1/e${short}` },
        colour,
        points: [start, ...points.map(({ x, lnE }) => ({ x, lnP: Math.min(0, -lnE) }))],
        dashed: true,
      },
    ];
  });
  const ends = curves.map(({ title, points }) => {
    const { x, lnP, lnE } = points[points.length - 1];
    return `${title}: p = ${formatP(lnP)} and 1/e = ${formatP(Math.min(0, -lnE))} after ${x} ${unit}`;
  });
  return linePlot({
    label: `Evidence against ${unit} asked. ${ends.join('. ')}.`,
    lines,
    alphas: [alpha],
    xTitle: `${unit} asked`,
    wide,
  });
}
