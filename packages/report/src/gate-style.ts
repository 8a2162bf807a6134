/** What the page of a gate has beside the common style. @module */

export const GATE_STYLE = `
:root {
  --failed: #b3261e;
  --c0: #0072b2; --c1: #c4520a; --c2: #00805d; --c3: #a8437f; --c4: #8a6d00; --c5: #3b7fc4; --c6: #7a4fb5; --c7: #5c6370;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --failed: #f2847c;
    --c0: #56a8e0; --c1: #f08a4b; --c2: #3cc79b; --c3: #e39cc4; --c4: #dcb13f; --c5: #9cc9f2; --c6: #b497e7; --c7: #9aa2af;
  }
}
.badge.passed { color: var(--marked); } .badge.failed { color: var(--failed); }
.badge.undecided { color: var(--inconclusive); } .badge.skipped { color: var(--not-marked); }
.summary .badge { font-size: inherit; }
.checks th, .checks td { vertical-align: top; }
.checks tbody th { padding-left: 0; text-indent: 0; overflow-wrap: anywhere; }
.checks .id { color: var(--muted); font-size: .85rem; overflow-wrap: anywhere; }
.checks .message { margin: .25rem 0 0; color: var(--muted); font-size: .9rem; }
.checks .bar { width: 12.1rem; padding-left: .6rem; }
.bar svg { margin-top: .3rem; }
.bar .bounds { color: var(--muted); font-size: .8rem; font-variant-numeric: tabular-nums; white-space: nowrap; }
.bar .track { stroke: var(--line); stroke-width: 1; }
.bar .allowed { fill: var(--l1); }
.bar .limit { stroke: var(--ink); stroke-width: 1.5; }
.bar .passed { stroke: var(--marked); fill: var(--marked); } .bar .failed { stroke: var(--failed); fill: var(--failed); }
.bar .undecided { stroke: var(--inconclusive); fill: var(--inconclusive); }
.bar .skipped { stroke: var(--not-marked); fill: var(--not-marked); }
.checks .expected { white-space: nowrap; font-variant-numeric: tabular-nums; }
.plain { margin-top: 0; }
.plain tbody th { padding-left: 0; text-indent: 0; }
h3 + figure { margin-top: .3rem; }
figure + h3 { margin-top: 2.2rem; }
@media screen and (max-width: 46rem) {
  .checks tr, .plain tr { padding-left: 0; }
  .checks th { display: block; }
  .checks .bar { flex-basis: 100%; width: auto; padding-left: 0; }
  .checks .none { display: none; }
}
`;
