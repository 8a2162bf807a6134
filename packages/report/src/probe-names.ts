/** Whose text it was: accounts and canaries, as tables. A number that an account has is secret and stands nowhere. @module */
import { formatAlpha, formatE, formatP } from '@taggant/detector';
import type { CanaryResult, LabelScore, NamedAccounts, ProbeResult } from '@taggant/probes';
import { type Html, html } from './html.ts';
import { badge } from './page.ts';
import { cell, early } from './probe-figures.ts';

/** The best accounts, named or not, and what numbers that nobody has look like. */
export function accountsSection(accounts: NamedAccounts, result: ProbeResult): Html {
  const { best, named, tests, alpha, decoys, labels, proved, law } = accounts;
  const isNamed = new Set(named.map(nameOf));
  const below = named.filter((one) => !best.some((other) => nameOf(other) === nameOf(one)));
  const several = new Set(best.map(({ label }) => label)).size > 1 || labels.length > 1;
  const score = (value: number) => (law.law === 'binomial' ? value : value.toFixed(1));
  const finding =
    named.length > 0
      ? `${named.length} of ${tests} numbers ${named.length === 1 ? 'is' : 'are'} named: what was served under ${named.length === 1 ? 'it' : 'them'} was in the training, of the suspect or of a model that it descends from.`
      : `Nobody is named: of ${tests} numbers none has a p of at most ${formatAlpha(alpha)} and a score above every number that nobody has.`;
  return html`<section>
<h2>Whose text it was</h2>
<p class="finding">${finding}</p>
<table class="plain">
<caption>The best of ${tests}. p: corrected for all of them; alpha = ${formatAlpha(alpha)}. Rank: among numbers that nobody has, its own counted in. Whoever is not named stands here for comparison only.</caption>
<thead><tr><th scope="col">Who</th><th scope="col">Finding</th>${several ? html`<th scope="col">Key</th>` : undefined}<th scope="col" class="figure">Score</th><th scope="col" class="figure">z</th><th scope="col" class="figure">p</th><th scope="col" class="figure">Rank</th></tr></thead>
<tbody>
${[...best, ...below].map(
  (one) => html`<tr>
<th scope="row"><span class="note">${one.kind}</span> <bdi>${one.id}</bdi></th>
<td class="verdict">${found(isNamed.has(nameOf(one)), 'named', 'not named')}</td>
${several ? labelCell(one) : undefined}${cell('score', score(one.score))}${cell('z', one.z.toFixed(1))}${cell('p', formatP(one.lnP))}${cell('rank', `${one.rank.atLeast} of ${one.rank.count}`)}
</tr>
`,
)}</tbody>
</table>
<table class="plain">
<caption>The owner's list, which all accounts of a key share: a question of its own, p corrected for ${labels.length} ${labels.length === 1 ? 'key' : 'keys'}.${early(result)}</caption>
<thead><tr><th scope="col">Owner's list</th><th scope="col" class="figure">Score</th><th scope="col" class="figure">z</th><th scope="col" class="figure">p</th></tr></thead>
<tbody>
${labels.map(
  ({ tenant, label, score: sum, z, lnP }) => html`<tr>
<th scope="row">${label === undefined ? 'The key' : html`Key <bdi>${label}</bdi>`}${tenant === undefined ? undefined : html` of <bdi>${tenant}</bdi>`}</th>
${cell('score', score(sum))}${cell('z', z.toFixed(1))}${cell('p', formatP(lnP))}
</tr>
`,
)}</tbody>
</table>
<ul class="limits">
${decoys.map(
  ({ label, count, highest, lnTooSmall }) =>
    html`<li>${label === undefined ? undefined : html`Under the key <bdi>${label}</bdi>: `}The highest of ${count} numbers that nobody has scores ${score(highest)}. Kolmogorov-Smirnov test that their p-values are no smaller than the null law allows: p = ${formatP(lnTooSmall)}.</li>\n`,
)}<li>${proved ? PROVED : MEASURED}</li>
</ul>
</section>`;
}

/** What the triggers gave, and the best accounts. */
export function canariesSection(canaries: CanaryResult, result: ProbeResult): Html {
  const { triggers, replies, accounts, expectedHits, candidates, statistic } = canaries;
  const decides = (column: CanaryResult['statistic']) => (statistic === column ? ' (decides)' : '');
  return html`<section>
<h2>Canaries</h2>
<table class="plain">
<thead><tr><th scope="col">Triggers and replies</th><th scope="col" class="figure">Count</th></tr></thead>
<tbody>
<tr><th scope="row">Triggers asked</th>${cell('', triggers.asked)}</tr>
<tr><th scope="row">Triggers with a usable reply, one that names one variant</th>${cell('', triggers.answered)}</tr>
<tr><th scope="row">Replies</th>${cell('', replies.count)}</tr>
<tr><th scope="row">Usable replies</th>${cell('', replies.usable)}</tr>
<tr><th scope="row">Replies that name no variant: they count for nothing</th>${cell('', replies.none)}</tr>
<tr><th scope="row">Replies that name several: they count for nothing</th>${cell('', replies.several)}</tr>
</tbody>
</table>
<table class="plain">
<caption>The best of ${accounts} ${accounts === 1 ? 'account' : 'accounts'}; every p and e is corrected for ${accounts === 1 ? 'it' : 'all of them'}. Hits: triggers whose first usable reply names the variant that was drawn for the account. Expected: of an innocent suspect, at most. All replies: the sum of the drawn variants' scores over every usable reply.${early(result)}</caption>
<thead><tr><th scope="col">Account</th><th scope="col">Finding</th><th scope="col" class="figure">Hits</th><th scope="col" class="figure">Expected</th><th scope="col" class="figure">p by hits${decides('hits')}</th><th scope="col" class="figure">p by all replies${decides('counts')}</th><th scope="col" class="figure">e at the end</th><th scope="col" class="figure">e at most${decides('e-value')}</th></tr></thead>
<tbody>
${candidates.map(
  (one) => html`<tr>
<th scope="row"><bdi>${one.account}</bdi></th>
<td class="verdict">${found(one.lnP <= Math.log(result.alpha), 'found', 'not found')}</td>
${cell('hits', one.hits)}${cell('expected', expectedHits.toFixed(1))}${cell('p by hits', formatP(one.lnPHits))}${cell('by all replies', formatP(one.lnPCounts))}${cell('e at the end', formatE(one.lnE))}${cell('e at most', formatE(one.lnSup))}
</tr>
`,
)}</tbody>
</table>
</section>`;
}

const found = (is: boolean, yes: string, no: string) =>
  badge(is ? 'found' : 'nothing-found', is ? '●' : '○', is ? yes : no);

const labelCell = ({ label }: NamedAccounts['best'][number] | LabelScore) =>
  html`<td class="mark" data-label="key"><bdi>${label ?? ''}</bdi></td>`;

/** One account may stand under several keys. */
const nameOf = ({ kind, id, label = '' }: NamedAccounts['best'][number]) => JSON.stringify([kind, id, label]);

const PROVED =
  'For this kind of mark it is proved that a number which took no part is not favoured by others of its key that did, in students that write a token no more often for having seen another in its place.';
const MEASURED =
  'For tournaments it is measured, not proved, that a number which took no part is not favoured by others of its key that did.';
