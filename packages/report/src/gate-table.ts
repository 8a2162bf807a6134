/** The checks of a gate as a table: what does not hold first. @module */
import { type CheckResult, checkFigures, checksInOrder, type Outcome } from '@taggant/verify';
import { gateBar } from './gate-bar.ts';
import { type Html, html } from './html.ts';
import { badge } from './page.ts';

export const outcomeBadge = (outcome: Outcome, words: string = outcome): Html => badge(outcome, SIGNS[outcome], words);

export function checksTable(checks: readonly CheckResult[]): Html {
  if (checks.length === 0) return html`<p class="note">No check was asked for.</p>`;
  return html`<table class="checks">
<caption>Bar: what was measured (dot) with its bounds; shaded: what is expected. A check passes when its bounds lie inside, and fails when wider
bounds lie outside. n: how many texts it rests on.</caption>
<thead><tr><th scope="col">Check</th><th scope="col">Outcome</th><th scope="col" class="figure">Measured</th><th scope="col">Bounds</th><th scope="col">Expected</th><th scope="col" class="figure">n</th></tr></thead>
<tbody>
${checksInOrder(checks).map(row)}</tbody>
</table>`;
}

function row(check: CheckResult): Html {
  const { id, title, outcome, message, n } = check;
  const { measured, bounds, expected } = checkFigures(check);
  const bar = gateBar(check);
  return html`<tr>
<th scope="row"><bdi>${title}</bdi> <span class="id"><bdi>${id}</bdi></span>${outcome === 'passed' ? undefined : html`<p class="message"><bdi>${message}</bdi></p>`}</th>
<td class="verdict">${outcomeBadge(outcome)}</td>
${cell('figure', 'measured', measured)}
<td class="${bar ? 'bar' : 'none'}">${bar}${bounds && html`<span class="bounds">${bounds}</span>`}</td>
${cell('expected', 'expected', expected)}
${cell('figure', 'n', String(n))}
</tr>
`;
}

/** With its name for narrow screens, where columns have no heads. */
const cell = (kind: string, name: string, value: string): Html =>
  value === '' ? html`<td class="${kind} none"></td>` : html`<td class="${kind}" data-label="${name}">${value}</td>`;

const SIGNS: Record<Outcome, string> = { passed: '●', failed: '✕', undecided: '◐', skipped: '○' };
