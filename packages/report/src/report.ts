/** The report: one page of HTML that needs nothing else, neither scripts nor requests. @module */
import {
  type Detection,
  describeDetection,
  formatAlpha,
  formatP,
  titleWithCohort,
  type Verdict,
} from '@taggant/detector';
import type { DetailedDetection } from './evidence.ts';
import { evidencePlot } from './evidence-plot.ts';
import { heatMap, legend } from './heat-map.ts';
import { type Content, type Html, html } from './html.ts';
import { nullPlot } from './null-plot.ts';
import { badge, type Fact, factList, pageOf } from './page.ts';

/** One text of a report. */
export interface ReportText {
  readonly title: string;
  /** Must have been made from `tokens` alone, with `details: true`. */
  readonly detection: Detection;
  readonly tokens: Uint32Array;
  readonly decode: (tokens: Uint32Array) => string;
  /** What the reader should know about this text: how it was edited, say. */
  readonly note?: string;
}

export interface Report {
  readonly title: string;
  /** What the report is about, in a sentence or two. */
  readonly summary?: string;
  readonly texts: readonly ReportText[];
  /** Further public facts for the head of the page: commitment, seed, model. Never a secret. */
  readonly facts?: readonly Fact[];
}

/**
 * The page as a string: the same report gives the same string. Texts and titles may be hostile; they are escaped, and
 * the page forbids itself scripts and requests.
 *
 * @example
 * const detection = detectTokens(tokens, mark, { details: true });
 * await writeFile('report.html', await renderReport({ title: 'Draft', texts: [{ title: 'Draft', detection, tokens, decode }] }));
 */
export async function renderReport({ title, summary, texts, facts = [] }: Report): Promise<string> {
  if (texts.length === 0) throw new RangeError('"texts" expected at least one text, got none');
  const checked = texts.map(check);
  const sections: Html[] = [];
  for (const [i, text] of checked.entries()) sections.push(await section(text, i));
  return pageOf({
    kind: 'Watermark report',
    title,
    summary,
    main: html`<section aria-label="Results">
${table(checked)}
${factList([...commonFacts(checked), ...facts])}
</section>
<section>
<h2>How the evidence builds up</h2>
<figure class="plot">
<div class="wide">${await evidencePlot(checked, true)}</div>
<div class="narrow">${await evidencePlot(checked, false)}</div>
<figcaption>The exact p of the first tokens of each text, against how many were read; small p is high, and the axis is compressed
upwards. Only the end of a line is the test: to stop reading where a line happens to be high would not give a valid p.</figcaption>
</figure>
</section>
<section>
<h2>What this does not say</h2>
${limits(checked)}
</section>
<section>
<h2>Token by token</h2>
${sections}
</section>`,
  });
}

type CheckedText = ReportText & { readonly detection: DetailedDetection };

function check(text: ReportText, i: number): CheckedText {
  const { details, positions } = text.detection;
  if (details === undefined)
    throw new TypeError(`"texts[${i}].detection" expected the result of a detection with details: true`);
  if (positions.seen !== text.tokens.length) {
    throw new RangeError(
      `"texts[${i}].tokens" expected the ${positions.seen} tokens of its detection, got ${text.tokens.length}`,
    );
  }
  return { ...text, detection: { ...text.detection, details } };
}

function table(texts: readonly CheckedText[]): Html {
  const marks = new Set(texts.map(markOf)).size > 1;
  const keys = new Set(texts.map(keyOf)).size > 1;
  const rows = texts.map((text, i) => {
    const { verdict, lnP, n, z, reason } = text.detection;
    return html`<tr>
<th scope="row"><span class="number">${i + 1}</span><a href="#text-${i + 1}"><bdi>${text.title}</bdi></a></th>
<td class="verdict">${verdictBadge(verdict)} ${reason === 'evidence' ? undefined : html`<span class="reason">${REASONS[reason]}</span>`}</td>
<td class="figure" data-label="p">${formatP(lnP)}</td>
<td class="figure" data-label="n">${n}</td>
<td class="figure" data-label="z">${z.toFixed(1)}</td>
${marks ? html`<td class="mark" data-label="mark">${markOf(text)}</td>` : undefined}${keys ? html`<td class="mark" data-label="key">${keyOf(text).slice(0, 8)}</td>` : undefined}
</tr>
`;
  });
  return html`<table>
<caption>p: the chance that a random key scores the text this high. n: distinct tokens in context that were scored. z: standard deviations above chance.</caption>
<thead><tr><th scope="col">Text</th><th scope="col">Verdict</th><th scope="col" class="figure">p</th><th scope="col" class="figure">n</th><th scope="col" class="figure">z</th>${marks ? html`<th scope="col">Mark</th>` : undefined}${keys ? html`<th scope="col">Key</th>` : undefined}</tr></thead>
<tbody>
${rows}</tbody>
</table>`;
}

async function section(text: CheckedText, i: number): Promise<Html> {
  const { detection, tokens, decode, title, note } = text;
  return html`<article id="text-${i + 1}">
<h3><span class="number">${i + 1}</span><bdi>${title}</bdi> ${verdictBadge(detection.verdict)}</h3>
<p class="finding">${describeDetection(detection)}${note === undefined ? undefined : html` <span class="note"><bdi>${note}</bdi></span>`}</p>
<div class="columns">
<div>
${tokens.length === 0 ? html`<p class="note">The text is empty.</p>` : heatMap(tokens, decode, detection)}
${legend(detection)}
</div>
${detection.n === 0 ? undefined : html`<figure>${await nullPlot(detection)}<figcaption>The hump is what random keys would give this text.</figcaption></figure>`}
</div>
</article>
`;
}

const verdictBadge = (verdict: Verdict) => badge(verdict, SIGNS[verdict], verdict.replace('-', ' '));

/** What all texts share; what they do not share stands in their rows. */
function commonFacts(texts: readonly CheckedText[]): [string, string][] {
  const detections = texts.map(({ detection }) => detection);
  const all = (values: readonly string[]) => [...new Set(values)].join(', ');
  const facts: [string, Content][] = [
    ['mark', new Set(texts.map(markOf)).size === 1 ? titleWithCohort(detections[0]) : undefined],
    ['key', all(texts.map(keyOf))],
    ['tokenizer', all(detections.map(({ mark }) => mark.tokenizer?.name ?? 'not stated'))],
    ['alpha', all(detections.map(({ alpha }) => formatAlpha(alpha)))],
    ['counted once', all(detections.map(({ dedup }) => DEDUP[dedup]))],
  ];
  return facts.filter((fact): fact is [string, string] => fact[1] !== undefined);
}

function limits(texts: readonly CheckedText[]): Html {
  const corrected = texts.every(({ detection }) => detection.correction.method !== 'none');
  const items: readonly Content[] = [
    html`<b>Marked</b> means that the text was processed by something that holds the key. It does not mean that a model wrote it: a person's draft that a marking model proofread or translated carries the mark too. And whoever holds the key can mark any text.`,
    html`<b>Not marked</b> rules out this mark under this key at the stated strength. It does not say that a person wrote the text: another model, another key, a low-choice passage or heavy editing leave nothing to find.`,
    html`<b>Inconclusive</b> is an answer. The text is too short, too repetitive or too near to chance to say more.`,
    html`<b>p</b> is the chance that a random key would score this text as high. It is not the chance that the text is unmarked, and nothing that can be computed from it is.`,
    texts.length > 1 && !corrected
      ? html`Each p is for one text and one key. Whoever picks the smallest of many has to correct for how many there were.`
      : undefined,
    html`<b>No calibration</b> stands behind these numbers: this key was not measured on unmarked text of the owner. On templated text, one key's rate of false alarms can differ from the average over keys.`,
  ];
  return html`<ul class="limits">${items.filter((item) => item !== undefined).map((item) => html`<li>${item}</li>`)}</ul>`;
}

const keyOf = ({ detection }: CheckedText) => detection.mark.kid ?? 'unnamed';
const markOf = ({ detection }: CheckedText) => titleWithCohort(detection);
const SIGNS: Record<Verdict, string> = { marked: '●', inconclusive: '◐', 'not-marked': '○' };
const REASONS: Record<Exclude<Detection['reason'], 'evidence'>, string> = {
  'ruled-out': 'ruled out',
  'weak-evidence': 'a hint, no more',
  'too-short': 'too short',
  repetitive: 'too repetitive',
  'no-evidence': 'neither found nor ruled out',
};
const DEDUP: Record<Detection['dedup'], string> = {
  pair: 'each token in its context',
  context: 'each context',
  none: 'nothing: copies may be among the pairs, and p may be too small',
};
