/** The plot of all texts: evidence against tokens read. @module */
import { formatP } from '@taggant/detector';
import { cumulativeEvidence, type DetailedDetection } from './evidence.ts';
import type { Html } from './html.ts';
import { linePlot, shortened } from './line-plot.ts';

export interface EvidenceLine {
  readonly title: string;
  readonly detection: DetailedDetection;
}

/** One line per text, ending in its number, and in its title where there is room. */
export async function evidencePlot(lines: readonly EvidenceLine[], wide: boolean): Promise<Html> {
  return linePlot({
    label: `Evidence against tokens read. ${lines.map((line, i) => `${i + 1}: ${line.title}, p = ${formatP(line.detection.lnP)}`).join('. ')}.`,
    lines: lines.map(({ title, detection }, i) => ({
      name: { wide: `${i + 1}  ${shortened(title)}`, narrow: `${i + 1}` },
      points: cumulativeEvidence(detection).map(({ tokens, lnP }) => ({ x: tokens, lnP })),
      colour: `var(--${detection.verdict})`,
    })),
    alphas: lines.map(({ detection }) => detection.alpha),
    xTitle: 'tokens read',
    wide,
  });
}
