/** The page of a gate: the verdict, every check against what was expected, and the curves behind them. @module */
import { formatAlpha, titleWithCohort } from '@taggant/detector';
import {
  describeGate,
  describeLevels,
  describeTexts,
  figureName,
  formatFigure,
  type GateResult,
  type PowerPoint,
  type Share,
  type SurvivalPoint,
} from '@taggant/verify';
import { type ShareLine, type SharePlot, sharePlot } from './gate-plot.ts';
import { GATE_STYLE } from './gate-style.ts';
import { checksTable, outcomeBadge } from './gate-table.ts';
import { type Html, html } from './html.ts';
import { type Fact, factList, pageOf } from './page.ts';

/**
 * The page as a string: the same result gives the same string. What the deployment, attacks and checks are called may be
 * hostile; it is escaped, and the page forbids itself scripts and requests.
 *
 * @example
 * await writeFile('gate.html', await renderGateReport(result));
 */
export async function renderGateReport(result: GateResult): Promise<string> {
  const { outcome, deployment, checks, power, survival, figures, findings } = result;
  const verdict = describeGate(result);
  const colon = verdict.indexOf(':') + 1;
  return pageOf({
    kind: 'Strength gate',
    title: deployment,
    style: GATE_STYLE,
    summary: html`${outcomeBadge(outcome, verdict.slice(0, colon))}${verdict.slice(colon)}`,
    main: html`<section aria-label="Checks">
${checksTable(checks)}
${factList(factsOf(result))}
</section>
${findings.length === 0 ? undefined : html`<section>\n<h2>What the texts carry</h2>\n<ul class="limits">${findings.map((finding) => html`<li><bdi>${finding}</bdi></li>`)}</ul>\n</section>`}
${await powerSection(power)}
${await survivalSection(survival)}
${figuresSection(figures)}
<section>
<h2>What this does not say</h2>
<ul class="limits">${LIMITS.map((limit) => html`<li>${limit}</li>`)}</ul>
</section>`,
  });
}

const factsOf = (result: GateResult): Fact[] => [
  ['mark', titleWithCohort(result)],
  ...(result.mark.kid === undefined ? [] : [['key', result.mark.kid] as const]),
  ['tokenizer', result.mark.tokenizer?.name ?? 'not stated'],
  ['texts', describeTexts(result)],
  ['levels', describeLevels(result)],
  ['seed', String(result.seed)],
  ['software', `${result.software.name} ${result.software.version}`],
];

async function powerSection(points: readonly PowerPoint[]): Promise<Html | undefined> {
  const lines = grouped(points.filter(hasTexts), ({ alpha }) => `alpha = ${formatAlpha(alpha)}`).map(
    ([name, own]): ShareLine => ({ name, points: own.map((point) => ({ x: point.tokens, ...shareOf(point) })) }),
  );
  if (lines.length === 0) return undefined;
  return html`<section>
<h2>How many are found, by length</h2>
${await figure(
  {
    label: labelOf('Share of marked texts that are found, by tokens', lines),
    lines: lines.map(sorted),
    xTitle: 'tokens',
    showX: String,
    banded: true,
  },
  'Of marked texts cut to so many tokens, the share with p at most alpha. Bands: exact bounds of each share by itself. They decide nothing: the checks do.',
)}
</section>`;
}

async function survivalSection(points: readonly SurvivalPoint[]): Promise<Html | undefined> {
  const groups = grouped(
    points.filter(hasTexts),
    ({ tokens, alpha }) => `Texts of ${tokens} tokens, alpha = ${formatAlpha(alpha)}`,
    // One point is no curve: it stands among the checks.
  ).filter(([, own]) => own.length > 1);
  if (groups.length === 0) return undefined;
  const parts: Html[] = [];
  for (const [name, own] of groups) {
    const lines = grouped(own, ({ attack, rate }) => `${rate === undefined} ${attack}`).map(
      ([, those]): ShareLine => ({
        name: those[0].attack,
        points: those.map((point) => ({ x: point.rate, ...shareOf(point) })),
      }),
    );
    const plot = {
      label: labelOf(`${name}: share still found after an attack, by its rate`, lines),
      lines: lines.map(sorted),
      xTitle: 'rate of the attack',
      showX: (rate: number) => `${formatFigure(100 * rate)} %`,
      banded: false,
    };
    parts.push(html`<h3>${name}</h3>
${await figure(plot, 'The share that is still found after an attack, with exact bounds of each share by itself. Each attack has its own rate: the share of words that change, say, or of the text that is left.')}
`);
  }
  return html`<section>
<h2>What survives</h2>
${parts}</section>`;
}

function figuresSection(figures: GateResult['figures']): Html | undefined {
  const rows = Object.entries(figures);
  if (rows.length === 0) return undefined;
  return html`<section>
<h2>Figures that decide nothing</h2>
<table class="plain">
<thead><tr><th scope="col">Figure</th><th scope="col" class="figure">Value</th></tr></thead>
<tbody>
${rows.map(([name, value]) => html`<tr><th scope="row"><bdi>${figureName(name)}</bdi></th><td class="figure">${formatFigure(value)}</td></tr>\n`)}</tbody>
</table>
</section>`;
}

async function figure(plot: Omit<SharePlot, 'wide'>, caption: string): Promise<Html> {
  return html`<figure class="plot">
<div class="wide">${await sharePlot({ ...plot, wide: true })}</div>
<div class="narrow">${await sharePlot({ ...plot, wide: false })}</div>
<figcaption>${caption}</figcaption>
</figure>`;
}

/** All shares in words: the plot for those who do not see it. */
function labelOf(title: string, lines: readonly ShareLine[]): string {
  const words = lines.map(({ name, points }) => {
    const each = points.map(({ x, share }) => `${x === undefined ? '' : `${x}: `}${formatFigure(share)}`);
    return `${name}: ${each.join(', ')}`;
  });
  return `${title}. ${words.join('. ')}.`;
}

const sorted = ({ name, points }: ShareLine): ShareLine => ({
  name,
  points: points.toSorted((a, b) => (a.x ?? 0) - (b.x ?? 0)),
});

function grouped<P>(points: readonly P[], nameOf: (point: P) => string): [string, P[]][] {
  const groups = new Map<string, P[]>();
  for (const point of points) {
    const own = groups.get(nameOf(point)) ?? [];
    own.push(point);
    groups.set(nameOf(point), own);
  }
  return [...groups];
}

const hasTexts = ({ n }: Share) => n > 0;
const shareOf = ({ found, n, low, high }: Share) => ({ share: found / n, low, high });

const LIMITS: readonly Html[] = [
  html`<b>Passed</b> speaks of this deployment as it was asked: these prompts, lengths and settings. Other prompts, with less to choose from, give weaker marks.`,
  html`<b>Failed</b> can be chance, with the small probability that is stated above; it covers all checks and looks together.`,
  html`<b>Undecided</b> is no pass. More texts, or an expectation further from what was measured, would decide.`,
  html`<b>Survival</b> is of these attacks. Somebody who knows how the mark is made, or has another model rewrite the text, can do more.`,
  html`<b>No regression</b> means that none was large enough to be seen in so many texts.`,
];
