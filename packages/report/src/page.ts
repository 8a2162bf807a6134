/** What all pages share: the frame, the facts, the badge. @module */
import { type Content, Html, html } from './html.ts';
import { STYLE } from './style.ts';

export interface Page {
  /** What kind of page it is, in two words above the title. */
  readonly kind: string;
  readonly title: string;
  readonly summary?: Content;
  /** Style rules after the common ones. */
  readonly style?: string;
  readonly main: Html;
}

/** A page that needs nothing else: it forbids itself scripts and requests. */
export function pageOf({ kind, title, summary, style = '', main }: Page): string {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${new Html(STYLE + style)}</style>
</head>
<body>
<header>
<p class="kind">${kind}</p>
<h1><bdi>${title}</bdi></h1>
${summary === undefined ? undefined : html`<p class="summary">${summary}</p>`}
</header>
<main>
${main}
</main>
<footer>Made by taggant. This page holds no key, runs no script and asks no server for anything.</footer>
</body>
</html>
`;
  return page.text;
}

/** A name and what it is, both as anybody may have written them. */
export type Fact = readonly [name: string, value: string];

export function factList(facts: readonly Fact[]): Html {
  return html`<dl>${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd><bdi>${value}</bdi></dd></div>`)}</dl>`;
}

/** A verdict: the sign says it without colour, the words to those who do not see the sign. */
export const badge = (kind: string, sign: string, words: string): Html =>
  html`<span class="badge ${kind}"><span aria-hidden="true">${sign}</span> ${words}</span>`;
