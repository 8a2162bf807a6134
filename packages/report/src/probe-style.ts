/** What the page of a probe has beside the common style. @module */

export const PROBE_STYLE = `
.badge.found { color: var(--marked); } .badge.nothing-found { color: var(--not-marked); }
.summary .badge { font-size: inherit; }
.propositions { display: grid; grid-template-columns: 1fr 1fr; gap: 1.5rem 2.5rem; margin: 2.4rem 0 0; }
.propositions > div { padding-top: .9rem; border-top: 2px solid var(--muted); }
.propositions p { margin: 0 0 .6rem; }
.propositions .note, .plain .note { font-size: .85rem; }
article:only-of-type { margin: 0; padding: 0; border: 0; }
.plain { margin-top: 2rem; }
h2 + .plain, h3 + .plain, article > .plain:first-child, .finding + .plain { margin-top: .8rem; }
.plain + p, .plain + ul { margin-top: 1.2rem; }
.plain tbody th { padding-left: 0; text-indent: 0; overflow-wrap: anywhere; }
tr.decides th, tr.decides td { font-weight: 600; }
tr.decides .note { font-weight: 400; }
tr.total th, tr.total td { border-bottom: 0; color: var(--muted); }
.tag { margin-left: .4rem; padding: 0 .4em; border: 1px solid currentColor; border-radius: .6em; color: var(--muted); font-size: .78rem; font-weight: 400; white-space: nowrap; }
@media screen and (max-width: 46rem) {
  .propositions { grid-template-columns: minmax(0, 1fr); }
  .plain tr { padding-left: 0; }
  .plain th { display: block; }
  .none { display: none; }
}
`;
