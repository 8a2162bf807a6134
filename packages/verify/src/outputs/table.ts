/** The result for a terminal. @module */
import { titleWithCohort } from '@taggant/detector';
import type { CheckResult, GateResult, Outcome } from '../result.ts';
import { graphemes, inLog } from './one-line.ts';
import { checkFigures, checksInOrder, describeGate, describeTexts, figureName, formatFigure } from './words.ts';

export interface TableOptions {
  /** Default false. */
  readonly colour?: boolean;
  /** Columns of the terminal. Default 80; lines are no longer, as long as it is 40 or more. */
  readonly width?: number;
}

/**
 * The verdict, the checks with what does not hold first, findings and figures; ends with a newline. Where the table is too wide,
 * each check gets lines of its own. Colour only repeats what the words say.
 *
 * @example
 * process.stdout.write(gateTable(result, { colour: process.stdout.isTTY, width: process.stdout.columns }));
 */
export function gateTable(result: GateResult, { colour = false, width = 80 }: TableOptions = {}): string {
  const paint = colour ? painted : plain;
  const columns = Math.max(LEAST_WIDTH, width);
  const { outcome, deployment, findings, figures } = result;
  const verdict = describeGate(result);
  const colon = verdict.indexOf(':');
  const lines = [
    ...wrapped(verdict, columns).map((line, i) =>
      i === 0 ? `${paint(line.slice(0, colon), OUTCOME_STYLES[outcome], 'bold')}${line.slice(colon)}` : line,
    ),
    ...wrapped(`mark        ${inLog(titleWithCohort(result))}`, columns, 12),
    ...wrapped(`deployment  ${inLog(deployment)}`, columns, 12),
    ...wrapped(`texts       ${describeTexts(result)}`, columns, 12),
    '',
    ...checkLines(checksInOrder(result.checks), columns, paint),
    ...section('What the texts carry', findings.map(inLog), columns, paint),
    ...section(
      'Figures, which decide nothing',
      Object.entries(figures).map(([name, value]) => `${inLog(figureName(name))}: ${formatFigure(value)}`),
      columns,
      paint,
    ),
  ];
  return `${lines.join('\n')}\n`;
}

function checkLines(checks: readonly CheckResult[], columns: number, paint: Paint): string[] {
  if (checks.length === 0) return ['No check was asked for.'];
  const rows = checks.map((check) => {
    const { measured, bounds, expected } = checkFigures(check);
    return [check.outcome, inLog(check.title), measured, bounds, expected, String(check.n)];
  });
  const widths = HEAD.map((name, i) => Math.max(...[name, ...rows.map((row) => row[i])].map(cells)));
  const spare = columns - widths.reduce((sum, width) => sum + width + GAP, -GAP);
  widths[1] += Math.min(0, spare);
  if (widths[1] < LEAST_TITLE) return checks.flatMap((check) => stacked(check, columns, paint));
  const line = (row: readonly string[]) =>
    row
      .map((text, i) => {
        const pad = ' '.repeat(Math.max(0, widths[i] - cells(text)));
        return RIGHT.has(i) ? pad + text : text + pad;
      })
      .join(' '.repeat(GAP))
      .trimEnd();
  const indent = widths[0] + GAP;
  return [
    paint(line(HEAD), 'dim'),
    ...checks.flatMap((check, k) => {
      const [title, ...rest] = wrapped(rows[k][1], widths[1]);
      const first = line([rows[k][0], title, ...rows[k].slice(2)]);
      const { outcome } = check;
      return [
        paint(first.slice(0, outcome.length), OUTCOME_STYLES[outcome]) + first.slice(outcome.length),
        ...rest.map((more) => ' '.repeat(indent) + more),
        ...messageLines(check, columns, indent, paint),
      ];
    }),
  ];
}

/** A check without columns. */
function stacked(check: CheckResult, columns: number, paint: Paint): string[] {
  const { outcome, n } = check;
  const [head, ...rest] = wrapped(`${outcome}  ${inLog(check.title)}`, columns, 2);
  const { measured, bounds, expected } = checkFigures(check);
  const figures = [
    measured && `measured ${measured}${bounds && ` (${bounds})`}`,
    expected && `expected ${expected}`,
    `n ${n}`,
  ];
  return [
    paint(head.slice(0, outcome.length), OUTCOME_STYLES[outcome]) + head.slice(outcome.length),
    ...rest,
    ...wrapped(`  ${figures.filter(Boolean).join(', ')}`, columns, 2),
    ...messageLines(check, columns, 2, paint),
  ];
}

/** What passed has said it all in its row. */
function messageLines({ outcome, message }: CheckResult, columns: number, indent: number, paint: Paint): string[] {
  if (outcome === 'passed') return [];
  return wrapped(' '.repeat(indent) + inLog(message), columns, indent).map((line) => paint(line, 'dim'));
}

function section(title: string, items: readonly string[], columns: number, paint: Paint): string[] {
  if (items.length === 0) return [];
  return ['', paint(title, 'bold'), ...items.flatMap((item) => wrapped(`  ${item}`, columns, 2))];
}

/** Lines of at most so many columns, all but the first indented; words that are longer are cut. */
function wrapped(text: string, columns: number, indent = 0): string[] {
  const lines: string[] = [];
  let line = text.match(/^ */)?.[0] ?? '';
  let used = line.length;
  let isFresh = true;
  const begin = () => {
    lines.push(line.trimEnd());
    line = ' '.repeat(indent);
    used = indent;
    isFresh = true;
  };
  for (const word of text.match(/[^ ]+ */g) ?? []) {
    const width = cells(word.trimEnd());
    if (!isFresh && used + width > columns) begin();
    if (used + width <= columns) {
      line += word;
      used += cells(word);
      isFresh = false;
      continue;
    }
    for (const { segment } of graphemes.segment(word)) {
      if (segment !== ' ' && used + cells(segment) > columns && !isFresh) begin();
      line += segment;
      used += cells(segment);
      isFresh = false;
    }
  }
  return [...lines, line.trimEnd()];
}

/** Columns that a terminal gives a text: two for wide characters (Unicode Standard Annex 11, its wide blocks) and emoji. */
function cells(text: string): number {
  if (/^[ -~]*$/.test(text)) return text.length;
  let sum = 0;
  for (const { segment } of graphemes.segment(text)) sum += WIDE.test(segment) ? 2 : 1;
  return sum;
}

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow';
type Paint = (text: string, ...styles: readonly Style[]) => string;

const plain: Paint = (text) => text;
/** Select Graphic Rendition (ECMA-48, section 8.3.117). */
const painted: Paint = (text, ...styles) =>
  styles.reduce((inner, style) => `\x1b[${SGR[style][0]}m${inner}\x1b[${SGR[style][1]}m`, text);

const SGR: Record<Style, readonly [on: number, off: number]> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
};
const OUTCOME_STYLES: Record<Outcome, Style> = { failed: 'red', undecided: 'yellow', passed: 'green', skipped: 'dim' };
const HEAD = ['outcome', 'check', 'measured', 'bounds', 'expected', 'n'];
const RIGHT = new Set([2, 5]);
const GAP = 2;
const LEAST_TITLE = 18;
const LEAST_WIDTH = 40;
const WIDE =
  /\ufe0f|[\p{Emoji_Presentation}\u1100-\u115f\u2e80-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u;
