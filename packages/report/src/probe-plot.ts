/** The plot of a run: what speaks for each mark, against the tokens that the suspect was asked for. @module */
import { formatP } from '@taggant/detector';
import type { MarkEvidence, ProbeResult } from '@taggant/probes';
import type { Html } from './html.ts';
import { linePlot, type PlotLine, shortened } from './line-plot.ts';

/** Two lines a mark, both corrected for the marks: the exact p of the planned number, and 1 / e. */
export function probePlot(marks: readonly MarkEvidence[], result: ProbeResult, wide: boolean): Promise<Html> {
  const { alpha, statistic } = result;
  const price = Math.log(marks.length);
  const atMostOne = (lnP: number) => Math.min(0, lnP + price);
  const lines = marks.flatMap(({ curve, title, lnPDecisive }, i): PlotLine[] => {
    const isFound = atMostOne(lnPDecisive) <= Math.log(alpha);
    const [number, of] = marks.length === 1 ? ['', ''] : [`${i + 1}  `, ` of ${title}`];
    const [colour, short] = [`var(--${isFound ? 'marked' : 'not-marked'})`, number.trim()];
    const start = { tokens: 0, lnP: 0 };
    return [
      {
        name: { wide: shortened(`${number}p${of}`), narrow: `p${short}` },
        colour,
        points: [
          start,
          ...curve.map(({ tokens, lnP, power }) => ({
            tokens,
            lnP: atMostOne(statistic === 'context' ? lnP : power.lnP),
          })),
        ],
      },
      {
        name: { wide: shortened(`${number}1/e${of}`), narrow: `1/e${short}` },
        colour,
        points: [start, ...curve.map(({ tokens, lnE }) => ({ tokens, lnP: atMostOne(-lnE) }))],
        dashed: true,
      },
    ];
  });
  const ends = marks.map(({ title, curve }) => {
    const { tokens, lnP, lnE, power } = curve[curve.length - 1];
    const p = formatP(atMostOne(statistic === 'context' ? lnP : power.lnP));
    return `${title}: p = ${p} and 1/e = ${formatP(atMostOne(-lnE))} after ${tokens} tokens`;
  });
  return linePlot({
    label: `Evidence against tokens asked. ${ends.join('. ')}.`,
    lines,
    alphas: [alpha],
    xTitle: 'tokens asked',
    wide,
  });
}
