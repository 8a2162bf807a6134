/** The figures of each mark of a run: its numbers, what was left out, and decoy keys. @module */
import type { NullLaw } from '@taggant/core';
import { describeDecoyKeys, formatE, formatP, nullMoments } from '@taggant/detector';
import type { AnytimeEvidence, EvidenceNumber, MarkEvidence, ProbeResult } from '@taggant/probes';
import { type Content, type Html, html } from './html.ts';

/** All numbers of a mark; the one that the plan says decides is told from the others by a word. */
export function figuresTable(mark: MarkEvidence, result: ProbeResult): Html {
  const { audit, power, anytime, law } = mark;
  const { basis, statistic, logs } = result;
  const anytimeDecides = basis === 'e-value' || basis === 'final-e-value';
  const decides = (number: ProbeResult['statistic']) => basis === 'p-value' && statistic === number;
  const most = logs === 'marked' ? AT_END : AT_ANY_MOMENT;
  return html`<table class="plain">
<caption>n: what was scored, each once in the whole run. Score and expected: the sum over them, and its mean over random keys. Excess: by how much one
scores more, with its interval at 95 % where the law is a count. p: the chance that a random key scores the answers this high; of an e-value, 1 by
${most.words}.${early(result)}</caption>
<thead><tr><th scope="col">Number</th><th scope="col" class="figure">n</th><th scope="col" class="figure">Score</th><th scope="col" class="figure">Expected</th><th scope="col" class="figure">Excess</th><th scope="col" class="figure">p</th></tr></thead>
<tbody>
${numberRows({ name: 'Audit number', note: 'each context once', decides: decides('context') }, audit, law)}${numberRows({ name: 'Power number', note: 'each token in its context once', decides: decides('pair') }, power, law)}${anytimeRow('E-value', anytime, anytime.n, most.of(anytime), anytimeDecides && anytime.weighted === undefined)}${anytime.weighted && anytimeRow('Weighted e-value', anytime.weighted, anytime.n, most.of(anytime.weighted), anytimeDecides)}</tbody>
</table>`;
}

interface Head {
  readonly name: string;
  readonly note: string;
  readonly decides: boolean;
}

/** Where the weighted number has a p, it decides in the plain one's place. */
function numberRows(head: Head, { n, score, lnP, excess, weighted }: EvidenceNumber, law: NullLaw): Html[] {
  const { mean } = nullMoments(law);
  const sum = (value: number) => (law.law === 'binomial' ? String(value) : value.toFixed(1));
  const { perPair, interval } = excess;
  const range = interval && html` <span class="note">(${signed(interval[0])} to ${signed(interval[1])})</span>`;
  const weightedDecides = head.decides && weighted?.lnP !== undefined;
  const plain = row(
    { ...head, decides: head.decides && !weightedDecides },
    {
      n,
      score: sum(score),
      expected: (n * mean).toFixed(1),
      excess: html`${signed(perPair)}${range}`,
      p: formatP(lnP),
    },
  );
  if (weighted === undefined) return [plain];
  const mass = weighted.classes.reduce((total, { weight, n }) => total + weight * n, 0);
  return [
    plain,
    row(
      { name: `${head.name}, weighted`, note: 'by how often its context was served', decides: weightedDecides },
      {
        n,
        score: sum(weighted.score),
        expected: (mass * mean).toFixed(1),
        excess: mass === 0 ? undefined : signed(weighted.score / mass - mean),
        p: weighted.lnP === undefined ? undefined : formatP(weighted.lnP),
      },
    ),
  ];
}

/** Which of its values an e-value may be read at. */
const AT_ANY_MOMENT = {
  words: 'the largest that it was, which holds at whatever moment one stops',
  of: ({ lnSup }: AnytimeEvidence) => lnSup,
};
const AT_END = {
  words: 'the one at the end, since the logs were marked with a tested key',
  of: ({ lnE }: AnytimeEvidence) => lnE,
};

function anytimeRow(
  name: string,
  { lnE, lnSup }: AnytimeEvidence,
  n: number,
  lnDecisive: number,
  decides: boolean,
): Html {
  const note = `${formatE(lnE)} at the end, ${formatE(lnSup)} at most`;
  return row({ name, note, decides }, { n, p: formatP(Math.min(0, -lnDecisive), 'up') });
}

interface Cells {
  readonly n: number;
  readonly score?: string;
  readonly expected?: string;
  readonly excess?: Content;
  readonly p?: string;
}

function row(head: Head, { n, score, expected, excess, p }: Cells): Html {
  const tag = head.decides ? html` <span class="tag">decides</span>` : undefined;
  return html`<tr${head.decides ? html` class="decides"` : undefined}>
<th scope="row">${head.name}${tag} <span class="note">${head.note}</span></th>
${cell('n', n)}${cell('score', score)}${cell('expected', expected)}${cell('excess', excess)}${cell('p', p)}
</tr>
`;
}

/** A figure with its name for narrow screens, where columns have no heads. */
export const cell = (name: string, value: Content): Html =>
  value === undefined
    ? html`<td class="figure none"></td>`
    : html`<td class="figure" data-label="${name}">${value}</td>`;

/** Where every token of the replies went. */
export function excludedTable({ positions, served, tokens, audit }: MarkEvidence): Html {
  const { scored, repeated, withoutContext, excluded } = positions;
  const share = (count: number) => (tokens === 0 ? '' : `${((100 * count) / tokens).toFixed(1)} %`);
  const rows: readonly (readonly [string, number] | undefined)[] = [
    [`Scored, in ${audit.n} distinct contexts`, scored],
    ['Repeats: counted once in the whole run', repeated],
    ['In a context that stands in what the suspect was shown', excluded.shown],
    served && ['In a context that we never served', excluded.notServed],
    ['Without a whole context inside the reply', withoutContext],
  ];
  return html`<table class="plain">
<thead><tr><th scope="col">Tokens of the replies</th><th scope="col" class="figure">Count</th><th scope="col" class="figure">Share</th></tr></thead>
<tbody>
${rows.map((one) => one && html`<tr><th scope="row">${one[0]}</th>${cell('', one[1])}${cell('', share(one[1]))}</tr>\n`)}<tr class="total"><th scope="row">All</th>${cell('', tokens)}${cell('', share(tokens))}</tr>
</tbody>
</table>`;
}

export function decoysParagraph({ decoys }: MarkEvidence, result: ProbeResult): Html {
  if (decoys === undefined) return html`<p class="finding">No decoy keys were ranked.</p>`;
  return html`<p class="finding">${describeDecoyKeys(decoys)}${early(result)}</p>`;
}

/** What a run whose end hangs on its evidence, or may, does to every figure that is not made for it. */
export function early({ stopping, basis }: Pick<ProbeResult, 'stopping' | 'basis'>): string {
  if (stopping === 'e-value')
    return ' The run could have stopped where the evidence was high: only the e-value allows for that.';
  return basis === 'e-value' ? ' The run ended before all prompts were asked: only the e-value allows for that.' : '';
}

const signed = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`;
