/** A text with each token shaded by its score. @module */
import type { NullLaw } from '@taggant/core';
import { lnTail } from '@taggant/detector';
import type { DetailedDetection } from './evidence.ts';
import { type Html, html } from './html.ts';
import { type TokenGroup, tokenGroups } from './token-groups.ts';

/** What a token is: 0 to 4 when scored (see {@link levelOf}), or why it was not. */
export type TokenKind = 0 | 1 | 2 | 3 | 4 | 'no-context' | 'repeat';

/** The kind of each token of the text that the detection was made from. */
export function tokenKinds({ law, details, positions }: DetailedDetection): readonly TokenKind[] {
  const kinds = Array.from(
    { length: positions.seen },
    (_, i): TokenKind => (i < positions.withoutContext ? 'no-context' : 'repeat'),
  );
  details.positions.forEach((position, i) => {
    kinds[position] = levelOf(details.scores[i], law);
  });
  return kinds;
}

/**
 * How rare a token's score is by chance. Green lists: 4 is green, 0 is not. Gumbel and tournament: 0 is the lower half
 * of all scores, and levels 1 to 4 begin where one in 2, 4, 16 and 256 tokens scores as high.
 */
export function levelOf(score: number, law: NullLaw): 0 | 1 | 2 | 3 | 4 {
  if (isGreenlist(law)) return score > 0 ? 4 : 0;
  const bits = -lnTail(law, score, 1) / Math.LN2;
  return bits >= 8 ? 4 : bits >= 4 ? 3 : bits >= 2 ? 2 : bits >= 1 ? 1 : 0;
}

/** The heat map itself: its text content is exactly the decoded text. */
export function heatMap(
  tokens: Uint32Array,
  decode: (tokens: Uint32Array) => string,
  detection: DetailedDetection,
): Html {
  const kinds = tokenKinds(detection);
  const scores = new Float64Array(tokens.length);
  detection.details.positions.forEach((position, i) => {
    scores[position] = detection.details.scores[i];
  });
  const say = (i: number) => {
    const kind = kinds[i];
    if (typeof kind === 'string') return UNSCORED[kind];
    if (isGreenlist(detection.law)) return kind > 0 ? 'green' : 'not green';
    return `score ${Number(scores[i].toFixed(2))}`;
  };
  const spans = tokenGroups(tokens, decode).map((group) => span(group, kinds, say));
  return html`<div class="heat ${isGreenlist(detection.law) ? 'two' : 'five'}" dir="auto">${spans}</div>`;
}

/** White space before a token stays outside its shade; white space alone is shaded itself. */
function span({ from, to, text }: TokenGroup, kinds: readonly TokenKind[], say: (i: number) => string): Html {
  const word = text.trimStart() || text;
  const space = text.slice(0, text.length - word.length);
  const title = Array.from({ length: to - from }, (_, i) => `token ${from + i + 1}: ${say(from + i)}`).join('\n');
  const kind = kinds[from];
  const same = kinds.slice(from, to).every((other) => other === kind);
  const line = /^\n+$/.test(text) ? ' nl' : '';
  return same
    ? html`${space}<span class="${className(kind)}${line}" title="${title}">${word}</span>`
    : html`${space}<span style="background:${stripes(kinds.slice(from, to))}" title="${title}">${word}</span>`;
}

/** Several tokens in one character: a stripe of shade for each. */
function stripes(kinds: readonly TokenKind[]): string {
  const at = (i: number) => `${((100 * i) / kinds.length).toFixed(1)}%`;
  const shade = (kind: TokenKind) => `var(--${className(kind)})`;
  return `linear-gradient(90deg,${kinds.map((kind, i) => `${shade(kind)} ${at(i)} ${at(i + 1)}`).join(',')})`;
}

/** What the shades mean, with how many tokens have each. */
export function legend(detection: DetailedDetection): Html {
  const kinds = tokenKinds(detection);
  const count = (wanted: TokenKind) => kinds.filter((kind) => kind === wanted).length;
  const entry = (kind: TokenKind, words: string) =>
    html`<li><span class="${className(kind)}" aria-hidden="true">ab</span> ${words} <b>${count(kind)}</b></li>`;
  const scored = isGreenlist(detection.law)
    ? [entry(4, 'green'), entry(0, 'not green')]
    : [
        entry(0, 'lower half of scores'),
        entry(1, 'upper half'),
        entry(2, 'best 1 in 4'),
        entry(3, '1 in 16'),
        entry(4, '1 in 256'),
      ];
  return html`<ul class="legend ${isGreenlist(detection.law) ? 'two' : 'five'}">${scored}${entry('no-context', UNSCORED['no-context'])}${entry('repeat', UNSCORED.repeat)}</ul>`;
}

const isGreenlist = (law: NullLaw) => law.law === 'binomial' && law.trials === 1;
const className = (kind: TokenKind) => (typeof kind === 'number' ? `l${kind}` : 'off');
const UNSCORED = { 'no-context': 'not scored: first tokens', repeat: 'not scored: repeats' };
