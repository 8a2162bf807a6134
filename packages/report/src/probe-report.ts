/** The page of a probe: what was asked of a suspect, what speaks, and what that does not say. @module */
import { formatAlpha, formatE, formatP } from '@taggant/detector';
import {
  type CanaryResult,
  describeProbe,
  type MarkEvidence,
  type Plan,
  type ProbeResult,
  planCommitment,
} from '@taggant/probes';
import { type Html, html } from './html.ts';
import { badge, type Fact, factList, pageOf } from './page.ts';
import { decoysParagraph, excludedTable, figuresTable } from './probe-figures.ts';
import { accountsSection, canariesSection } from './probe-names.ts';
import { canaryCurve, markCurves, type ProbeCurve, probePlot } from './probe-plot.ts';
import { PROBE_STYLE } from './probe-style.ts';

export interface ProbeReport {
  readonly result: ProbeResult;
  /** The opened plan that the result is of: whom it tested, and how. */
  readonly plan?: Plan;
  /** Further public facts for the head of the page. Never a secret. */
  readonly facts?: readonly Fact[];
}

/**
 * The page as a string: the same report gives the same string. What the suspect, the plan and the accounts are called may be
 * hostile; it is escaped, and the page forbids itself scripts and requests. It holds neither keys nor accounts' numbers.
 *
 * @throws RangeError for another plan than the result's.
 * @example
 * await writeFile('report.html', await renderProbeReport({ result: evaluate(plan, lines, materials), plan }));
 */
export async function renderProbeReport({ result, plan, facts = [] }: ProbeReport): Promise<string> {
  if (plan !== undefined && planCommitment(plan) !== result.plan) {
    throw new RangeError(`"plan" expected the result's, ${result.plan}, got ${planCommitment(plan)}`);
  }
  const { verdict, propositions, limits } = describeProbe(result);
  const { marks = [], accounts, canaries } = result;
  return pageOf({
    kind: 'Probe report',
    title: result.title ?? 'Was this model trained on our text?',
    style: PROBE_STYLE,
    summary: verdictLine(verdict, result),
    main: html`<section aria-label="Propositions">
<div class="propositions">
${proposition('One proposition', propositions[0], betOf(result))}
${proposition('The other', propositions[1], chanceOf(result))}
</div>
${factList([...factsOf(result, plan), ...facts])}
</section>
${marks.length === 0 ? undefined : await curveSection(marks, result)}
${marks.length === 0 ? undefined : figuresSection(marks, result)}
${canaries && (await canaryCurveSection(canaries, result))}
${canaries && canariesSection(canaries, result)}
${accounts && accountsSection(accounts, result)}
<section>
<h2>What this does not say</h2>
<ul class="limits">${limits.map((limit) => html`<li>${limit}</li>`)}</ul>
</section>`,
  });
}

/** Its first words, to the colon, are the badge. */
function verdictLine(sentence: string, { verdict }: ProbeResult): Html {
  const colon = sentence.indexOf(':') + 1;
  return html`${badge(verdict, SIGNS[verdict], sentence.slice(0, colon))}${sentence.slice(colon)}`;
}

function proposition(name: string, text: string, figure: string): Html {
  return html`<div><h3>${name}</h3><p>${text}</p><p class="note">${figure}</p></div>
`;
}

/** The e-value at the end, corrected for marks or accounts. */
function betOf({ marks, canaries }: ProbeResult): string {
  const lnE = canaries
    ? canaries.candidates[0].lnE
    : Math.max(...(marks ?? []).map(({ anytime }) => (anytime.weighted ?? anytime).lnE)) - Math.log(marks?.length ?? 1);
  return `A bet on this one against the other, spread over weak and strong traces, multiplied its stake by e = ${formatE(lnE)} over the whole run.`;
}

function chanceOf({ lnP, basis }: ProbeResult): string {
  if (basis === 'p-value')
    return `If this one holds, answers lean this far towards the key with p = ${formatP(lnP)}, over random keys.`;
  const when = basis === 'e-value' ? 'ever comes to stand as high as it did' : 'stands as high at the end';
  return `If this one holds, the chance that such a bet ${when} is at most p = ${formatP(lnP, 'up')}.`;
}

function factsOf(result: ProbeResult, plan: Plan | undefined): Fact[] {
  const { marks = [], accounts, canaries, answers, alpha } = result;
  const { planned, used, answered, failed } = answers;
  const facts: (readonly [string, string | undefined])[] = [
    ['suspect', plan?.suspect.model],
    ['endpoint', plan && endpointOf(plan)],
    ['parameters', plan && parametersOf(plan)],
    ['answers', `${answered}, ${failed} failed, of ${used} asked and ${planned} planned`],
    ['decides', decisiveOf(result)],
    ['alpha', formatAlpha(alpha)],
    ['stopping', STOPPING[result.stopping]],
    ['mark', marks.length === 1 ? marks[0].title : undefined],
    ['tokenizer', plan?.tokenizer?.name],
    ['software', plan && `${plan.software.name} ${plan.software.version}`],
    ['plan', result.plan],
    ...marks.map(({ commitment }, i) => [marks.length === 1 ? 'key' : `key ${i + 1}`, commitment] as const),
    ['accounts', plan?.accounts?.commitment],
    ['accounts named', accounts && `${accounts.named.length} of ${accounts.tests}`],
    ['deck', canaries?.deck],
    ['canary key', canaries?.commitment],
  ];
  return facts.filter((fact): fact is Fact => fact[1] !== undefined);
}

/** Without the path, which may tell a tenant's name. */
function endpointOf({ suspect: { api, baseUrl } }: Plan): string {
  return baseUrl === undefined ? 'answers from a file' : `${new URL(baseUrl).host} (${api})`;
}

function parametersOf({ suspect: { parameters = {} } }: Plan): string | undefined {
  const list = Object.entries(parameters).map(([name, value]) => `${name} ${value}`);
  return list.length === 0 ? undefined : list.join(', ');
}

function decisiveOf({ test, statistic, basis }: ProbeResult): string {
  if (basis === 'e-value') return 'the e-value';
  if (basis === 'final-e-value') return 'the e-value at the end';
  if (basis === 'nothing') return 'nothing: the run ended before all prompts were asked';
  if (test === 'canaries') return statistic === 'context' ? 'hits' : 'all replies';
  return statistic === 'context' ? 'the audit number: each context once' : 'the power number: each pair once';
}

async function curveSection(marks: readonly MarkEvidence[], result: ProbeResult): Promise<Html> {
  const number = result.statistic === 'context' ? 'audit number' : 'power number';
  const weighted = marks.some(({ anytime }) => anytime.weighted !== undefined);
  const price = marks.length > 1 ? ` Both are corrected for the ${marks.length} marks.` : '';
  const weights = weighted
    ? ' The dotted line is weighted and the solid one is not: its weighted figures stand below.'
    : '';
  return plotSection(markCurves(marks, result), result, 'tokens', {
    solid: `the exact p of the ${number} of the first answers`,
    more: `${price}${weights}`,
  });
}

async function canaryCurveSection(canaries: CanaryResult, result: ProbeResult): Promise<Html | undefined> {
  const { accounts, statistic, curve } = canaries;
  if (curve === undefined) return undefined;
  const whose =
    accounts === 1 ? '' : ` Both are of the account that is the best in the end, corrected for all ${accounts}.`;
  return plotSection([canaryCurve(canaries, result)], result, 'prompts', {
    solid: `the exact p by ${statistic === 'counts' ? 'all replies' : 'hits'} of the first prompts`,
    more: whose,
  });
}

async function plotSection(
  curves: readonly ProbeCurve[],
  result: ProbeResult,
  unit: 'tokens' | 'prompts',
  { solid, more }: { readonly solid: string; readonly more: string },
): Promise<Html> {
  return html`<section>
<h2>How the evidence builds up</h2>
<figure class="plot">
<div class="wide">${await probePlot(curves, result, { unit, wide: true })}</div>
<div class="narrow">${await probePlot(curves, result, { unit, wide: false })}</div>
<figcaption>Solid: ${solid}. Dotted: 1/e. Small p is high, and the axis is compressed upwards.
Only the end of a solid line is a test, and only if the plan fixed where it ends; a dotted line may be read, and the run stopped, anywhere.${more}</figcaption>
</figure>
</section>`;
}

function figuresSection(marks: readonly MarkEvidence[], result: ProbeResult): Html {
  const price = Math.log(marks.length);
  const head = (mark: MarkEvidence, i: number) => {
    const verdict = mark.lnPDecisive + price <= Math.log(result.alpha) ? 'found' : 'nothing-found';
    return html`<h3><span class="number">${i + 1}</span><bdi>${mark.title}</bdi> ${badge(verdict, SIGNS[verdict], verdict.replace('-', ' '))}</h3>`;
  };
  return html`<section>
<h2>The figures</h2>
${marks.length > 1 ? html`<p class="finding">Each p is of one mark. The verdict's is corrected for all ${marks.length}.</p>` : undefined}
${marks.map(
  (mark, i) => html`<article>
${marks.length > 1 ? head(mark, i) : undefined}
${figuresTable(mark, result)}
${excludedTable(mark)}
${decoysParagraph(mark, result)}
</article>
`,
)}</section>`;
}

const SIGNS: Record<ProbeResult['verdict'], string> = { found: '●', 'nothing-found': '○' };
const STOPPING: Record<ProbeResult['stopping'], string> = {
  fixed: 'none: every prompt is asked',
  'e-value': 'at any moment',
};
