/** The result as a summary for pull requests and job pages, in GitHub's Markdown. @module */
import { formatAlpha, titleWithCohort } from '@taggant/detector';
import type { CheckResult, GateResult, PowerPoint, SurvivalPoint } from '../result.ts';
import { oneLine, shortened } from './one-line.ts';
import {
  checkFigures,
  checksInOrder,
  describeGate,
  describeLevels,
  describeTexts,
  figureName,
  formatFigure,
  shareOf,
} from './words.ts';

/**
 * Verdict, checks (what does not hold first, and its message), findings, and curves to unfold. At most 65,536 characters, GitHub's
 * limit of a comment: where there is more, the curves lose rows first, what failed last, and the text says so. What models, files and
 * attacks are called stays text: it makes no markup, mentions nobody and links nowhere.
 *
 * @example
 * await appendFile(process.env.GITHUB_STEP_SUMMARY, gateMarkdown(result));
 */
export function gateMarkdown(result: GateResult): string {
  const { outcome, deployment, checks, findings, figures, power, survival, software, seed } = result;
  const ordered = checksInOrder(checks);
  const verdict = describeGate(result);
  const colon = verdict.indexOf(':');
  const unmet = ordered.filter((check) => check.outcome !== 'passed');
  return fitted([
    {
      rank: 0,
      head: `## Watermark gate: ${outcome}\n\n**${verdict.slice(0, colon)}**${verdict.slice(colon)} Mark: ${name(titleWithCohort(result))}. Deployment: ${name(deployment)}.\n`,
      rows: [],
    },
    {
      rank: 4,
      head: tableHead(['Outcome', 'Check', 'Measured', 'Bounds', 'Expected', 'n'], [2, 5]),
      rows: ordered.map((check) => tableRow(checkCells(check))),
    },
    {
      rank: 3,
      head: '\n### What does not hold, and what is not known\n\n',
      rows: unmet.map(({ outcome, id, title, message }) => {
        const about = `${name(title)} (<code>${name(id)}</code>)`;
        return `- **${outcome}**: ${about}: ${text(message)}\n`;
      }),
    },
    {
      rank: 1,
      head: '\n### What the texts carry\n\n',
      rows: findings.map((finding) => `- ${text(finding)}\n`),
    },
    {
      rank: 2,
      head: `\n<details>\n<summary>Figures, which decide nothing</summary>\n${tableHead(['Figure', 'Value'], [1])}`,
      rows: Object.entries(figures).map(([key, value]) => tableRow([name(figureName(key)), formatFigure(value)])),
      tail: '\n</details>\n',
    },
    {
      rank: 6,
      head: `\n<details>\n<summary>Power: found texts by length</summary>\n${tableHead(['Tokens', 'alpha', 'Found', 'Share and bounds'], [0, 2])}`,
      rows: power.map((point) => tableRow(powerCells(point))),
      tail: '\n</details>\n',
    },
    {
      rank: 5,
      head: `\n<details>\n<summary>Survival: found texts after attacks</summary>\n${tableHead(['Attack', 'Rate', 'Tokens', 'alpha', 'Found', 'Share and bounds'], [1, 2, 4])}`,
      rows: survival.map((point) => tableRow(survivalCells(point))),
      tail: '\n</details>\n',
    },
    {
      rank: 0,
      head: `\n${describeTexts(result)} ${describeLevels(result)} Seed ${seed}. ${name(software.name)} ${name(software.version)}.\n`,
      rows: [],
    },
  ]);
}

function checkCells(check: CheckResult): string[] {
  const { outcome, title, n } = check;
  const { measured, bounds, expected } = checkFigures(check);
  return [outcome === 'passed' ? 'passed' : `**${outcome}**`, name(title), measured, bounds, expected, String(n)];
}

const powerCells = (point: PowerPoint): string[] => [
  String(point.tokens),
  formatAlpha(point.alpha),
  `${point.found} of ${point.n}`,
  shareOf(point),
];
const survivalCells = (point: SurvivalPoint): string[] => [
  name(point.attack),
  point.rate === undefined ? '' : String(point.rate),
  String(point.tokens),
  formatAlpha(point.alpha),
  `${point.found} of ${point.n}`,
  shareOf(point),
];

const tableHead = (names: readonly string[], right: readonly number[]): string =>
  `\n${tableRow(names)}${tableRow(names.map((_, i) => (right.includes(i) ? '---:' : '---')))}`;
const tableRow = (values: readonly string[]): string => `| ${values.join(' | ')} |\n`;

/** Of others, short. */
const name = (value: string): string => escaped(shortened(oneLine(value), 160));
/** Of others, sentences. */
const text = (value: string): string => escaped(shortened(oneLine(value), 1500));

/**
 * Nothing is left that Markdown, HTML or GitHub reads: not at the start of a line either. An entity would still mention
 * somebody, because GitHub looks for mentions, references, links and emoji in the text after the Markdown; a zero-width space in them
 * stops that.
 */
function escaped(value: string): string {
  return value
    .replace(/@(?=\S)|#(?=\d)|\bGH-(?=\d)|:(?=\/\/|[\w+-]+:)|\bwww(?=\.)/gi, `$&${GAP}`)
    .replace(/[&<>\\`*_[\]|~$]|^[-+#=]|(?<=^\d+)[.)]/g, (char) => `&#${char.charCodeAt(0)};`)
    .replaceAll(GAP, '&#8203;');
}

interface Block {
  /** 0 stays whole; of the others, the highest loses rows first. */
  readonly rank: number;
  readonly head: string;
  readonly rows: readonly string[];
  readonly tail?: string;
}

/** Blocks in their order, with as many rows as there is room for, given out by rank. A block without rows is left out. */
function fitted(blocks: readonly Block[]): string {
  const wanted = blocks.filter(({ rank, rows }) => rank === 0 || rows.length > 0);
  let room = LIMIT;
  for (const { head, tail = '' } of wanted) room -= head.length + tail.length + NOTE_ROOM;
  const kept = new Map<Block, number>();
  for (const block of wanted.toSorted((a, b) => a.rank - b.rank)) {
    let count = 0;
    while (count < block.rows.length && block.rows[count].length <= room) room -= block.rows[count++].length;
    kept.set(block, count);
  }
  return wanted
    .map((block) => {
      const { head, rows, tail = '' } = block;
      const count = kept.get(block) ?? 0;
      return head + rows.slice(0, count).join('') + (count < rows.length ? noteOf(rows.length - count) : '') + tail;
    })
    .join('');
}

const noteOf = (missing: number): string => `\n${missing} more left out: too long for a comment.\n`;

/** Of a comment on GitHub, in characters; a job's summary may have 1 MiB. */
const LIMIT = 65_536;
const NOTE_ROOM = noteOf(1e9).length;
const GAP = '\u200b';
