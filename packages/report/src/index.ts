/**
 * HTML reports: a table of verdicts, the evidence as it builds up, and every text token by token. One string, without
 * scripts, requests or secrets.
 * @module
 */
export { cumulativeEvidence, type DetailedDetection, type Prefix } from './evidence.ts';
export { renderGateReport } from './gate-report.ts';
export { levelOf, type TokenKind, tokenKinds } from './heat-map.ts';
export type { Fact } from './page.ts';
export { type ProbeReport, renderProbeReport } from './probe-report.ts';
export { type Report, type ReportText, renderReport } from './report.ts';
export { type TokenGroup, tokenGroups } from './token-groups.ts';
