/** The page's style sheet. Fills carry an underline as well, so that no meaning rests on hue alone. @module */

export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #fff; --ink: #1b1d22; --muted: #5c6370; --line: #dfe2e7; --wash: #f5f6f8;
  --marked: #00705c; --inconclusive: #9a5b00; --not-marked: #626977;
  --null: #e4e7ec;
  --l0: transparent; --l1: #e2f3ee; --l2: #c3e6dc; --l3: #92d0bf; --l4: #5db8a1; --green: #c3e6dc; --off: #ebedf0;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --paper: #15171b; --ink: #e6e8ec; --muted: #9aa2af; --line: #30343c; --wash: #1d2026;
    --marked: #4fc3a8; --inconclusive: #e0a045; --not-marked: #9aa2af;
    --null: #2a2e36;
    --l1: #16332d; --l2: #17463c; --l3: #19604f; --l4: #1c7c66; --green: #17463c; --off: #282c33;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0 auto; max-width: 62rem; padding: 3.5rem 1.5rem 4rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif;
}
a { color: inherit; text-decoration-color: var(--line); text-underline-offset: .2em; }
a:hover, a:focus-visible { text-decoration-color: currentColor; }
h1, h2, h3 { line-height: 1.2; font-weight: 650; text-wrap: balance; overflow-wrap: anywhere; }
h1 { margin: 0; font-size: 2.1rem; letter-spacing: -.018em; }
h2 { margin: 4rem 0 1rem; font-size: 1.3rem; letter-spacing: -.008em; }
h3 { margin: 0 0 .5rem; font-size: 1.08rem; }
.kind { margin: 0 0 .4rem; color: var(--muted); font-size: .85rem; }
.summary { margin: .9rem 0 0; max-width: 44rem; font-size: 1.08rem; }
.number { display: inline-block; min-width: 1.7rem; color: var(--muted); font-weight: 400; font-variant-numeric: tabular-nums; }

table { width: 100%; margin: 2.4rem 0 0; border-collapse: collapse; font-size: .95rem; }
caption { caption-side: bottom; padding-top: .7rem; color: var(--muted); font-size: .85rem; text-align: left; }
th, td { padding: .5rem .9rem .5rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: baseline; font-weight: 400; }
th:last-child, td:last-child { padding-right: 0; }
thead th { padding-top: 0; border-bottom-color: var(--muted); color: var(--muted); font-size: .85rem; }
.figure { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
thead .figure { padding-left: .6rem; }
.figure + .mark, .figure + th:not(.figure) { padding-left: .6rem; }
tbody th { padding-left: 1.7rem; text-indent: -1.7rem; }
tbody th > * { text-indent: 0; }
.verdict { white-space: nowrap; }
td.mark, .reason { color: var(--muted); font-size: .85rem; }
.badge { white-space: nowrap; font-size: .95rem; font-weight: 600; }
.badge.marked { color: var(--marked); } .badge.inconclusive { color: var(--inconclusive); } .badge.not-marked { color: var(--not-marked); }
h3 .badge { margin-left: .5rem; font-size: .92rem; }
.reason { margin-left: .3rem; }

dl { display: flex; flex-wrap: wrap; gap: .5rem 2rem; margin: 1.8rem 0 0; font-size: .85rem; }
dl div { max-width: 100%; }
dt { color: var(--muted); }
dd { margin: 0; overflow-wrap: anywhere; }

figure { margin: 0; }
svg { display: block; width: 100%; height: auto; overflow: visible; font-variant-numeric: tabular-nums; }
figcaption { margin-top: .6rem; max-width: 44rem; color: var(--muted); font-size: .85rem; }
.narrow { display: none; }
.limits { margin: 0; padding-left: 1.1rem; max-width: 44rem; }
.limits li { margin: .45rem 0; }

article { margin: 0 0 3rem; padding-top: 1.5rem; border-top: 1px solid var(--line); }
.finding { margin: 0 0 1.1rem; max-width: 44rem; }
.note { color: var(--muted); }
.columns { display: grid; grid-template-columns: minmax(0, 1fr) 16.6rem; gap: 1.5rem 2.5rem; align-items: start; }
.heat {
  max-width: 40rem; white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: isolate;
  font: 1.02rem/1.85 Charter, 'Bitstream Charter', 'Iowan Old Style', Georgia, 'Noto Serif', 'DejaVu Serif', serif;
}
.heat span, .legend span { padding: .1em 0; border-bottom: 2px solid transparent; border-radius: 2px 2px 0 0; }
.l1 { background: var(--l1); } .l2 { background: var(--l2); } .l3 { background: var(--l3); } .l4 { background: var(--l4); }
.heat .l3, .legend .l3 { border-bottom: 1px solid var(--marked); }
.heat .l4, .legend .l4 { border-bottom-color: var(--marked); }
.two { --l4: var(--green); }
.heat .off, .legend .off { background: var(--off); color: var(--muted); border-bottom: 2px dotted var(--muted); }
.nl::before { content: '\\21B5'; color: var(--muted); font-size: .8em; }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.2rem; margin: 1rem 0 0; padding: 0; list-style: none; color: var(--muted); font-size: .85rem; }
.legend b { color: var(--ink); font-weight: 500; font-variant-numeric: tabular-nums; }
.legend span { padding: .1em .25em; color: var(--ink); }
footer { margin-top: 4rem; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--muted); font-size: .85rem; }

@media screen and (max-width: 46rem) {
  body { padding: 2rem 1.1rem 3rem; }
  h1 { font-size: 1.65rem; }
  h2 { margin-top: 3rem; }
  .wide { display: none; } .narrow { display: block; }
  .columns { grid-template-columns: minmax(0, 1fr); }
  .columns figure { max-width: 20rem; }
  thead { position: absolute; clip-path: inset(50%); }
  tr { display: flex; flex-wrap: wrap; gap: 0 1.1rem; padding: .7rem 0; border-bottom: 1px solid var(--line); }
  tbody tr:first-child { border-top: 1px solid var(--muted); }
  th, td, tbody th { padding: .1rem 0; border: 0; text-indent: 0; }
  th, td.verdict { flex-basis: 100%; }
  tr { padding-left: 1.7rem; }
  .figure + .mark { padding-left: 0; }
  th { display: flex; }
  th .number { flex-shrink: 0; margin-left: -1.7rem; }
  td[data-label]::before { content: attr(data-label) ' '; color: var(--muted); }
}
@media print {
  html { font-size: 75%; }
  body { padding: 0; max-width: none; }
  h2 { margin-top: 2.5rem; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  figure, tr, .legend { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
}
`;
