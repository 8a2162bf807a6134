/** `taggant verify coverage`: which responses of a log were marked, and why the others were not. @module */
import { type Coverage, type CoverageResult, inLog, percent } from '@taggant/verify';
import { EXIT } from '../exit-codes.ts';
import type { KeyringFlags } from '../flags.ts';
import { openMarkFile } from '../mark-file.ts';
import { jsonLine, writeWhole } from '../output.ts';
import { openTokenizer } from '../tokenizers.ts';
import { auditLog, OUTSIDE, otherMarks } from './coverage.ts';

interface Flags extends KeyringFlags {
  readonly mark: string;
  readonly tokenizer?: string;
  readonly least?: number;
  readonly known?: string;
  readonly alpha?: number;
  readonly logprobs?: 'raw' | 'final';
  readonly responses?: string;
  readonly json?: boolean;
}

export async function auditCommand(log: string, flags: Flags): Promise<void> {
  const { marks } = await openMarkFile(flags.mark, 'detection', flags);
  const [mark] = marks;
  const named = mark.descriptor.tokenizer?.name;
  const spec = flags.tokenizer ?? (named === 'tiny-lm' || named?.startsWith('tiktoken:') ? named : undefined);
  const tokenizer = spec === undefined ? undefined : await openTokenizer(spec);
  const result = await auditLog(log, mark, {
    known: flags.known,
    alpha: flags.alpha,
    least: flags.least,
    logprobs: flags.logprobs,
    // For responses without ids.
    tokenizer,
    others: otherMarks(mark, flags),
    responses: flags.responses,
  });
  await writeWhole('-', flags.json ? jsonLine(result) : tableOf(result, flags.known !== undefined));
  const { outcome = 'passed' } = result;
  process.exitCode = { passed: 0, failed: 1, undecided: EXIT.inconclusive }[outcome];
}

/** Counts by class, a row for each traffic class, and what contradicts the settings. Ids and classes are other people's words. */
function tableOf(result: CoverageResult, isMeasured: boolean): string {
  const { title, duplicates, all, byClass, levels, outcome, contradictions } = result;
  const rows = [...(byClass.length > 1 ? byClass : []), all];
  const names = Object.entries(all.counts).flatMap(([name, count]) => (count > 0 ? [name] : []));
  const head = ['traffic', 'responses', 'marked of eligible', ...names];
  const cells = rows.map((row) => [
    row.of === undefined ? 'all' : inLog(row.of) || '(no class)',
    String(row.n),
    shareOf(row),
    ...names.map((name) => String(row.counts[name as keyof Coverage['counts']])),
  ]);
  const widths = head.map((_, i) => Math.max(...[head, ...cells].map((row) => row[i].length)));
  const line = (row: readonly string[]) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  ');
  const { alpha, beta, marksTried, least } = levels;
  const expected = least === undefined ? '' : `: expected at least ${percent(least)} of eligible responses marked`;
  return `${[
    outcome === undefined ? `Coverage of ${inLog(title)}` : `${outcome}${expected} (${inLog(title)})`,
    '',
    line(head),
    ...cells.map(line),
    '',
    `A response without a mark is called marked with a chance of at most ${alpha}${marksTried > 1 ? `, over ${marksTried} marks` : ''}; a marked one of the expected strength unmarked with at most ${beta}.`,
    ...(isMeasured ? [WEAKEST] : []),
    ...(duplicates > 0 ? [`Not counted: ${duplicates} with an id that came before.`] : []),
    ...(all.ofEligible.n === 0 ? ['', NONE_ELIGIBLE, ...(isMeasured ? [] : [ASSUMED])] : []),
    ...contradictions.flatMap(({ kind, n, first }) => [
      '',
      `${n} ${KINDS[kind]}${isMeasured && kind === 'not-as-configured' ? OR_WEAK : ''}:`,
      ...first.slice(0, SHOWN).map(({ id, because }) => `  ${inLog(`${id}: ${because}`)}`),
      ...(n > SHOWN ? [`  and ${n - SHOWN} more (--responses lists all)`] : []),
    ]),
  ].join('\n')}\n`;
}

const shareOf = ({ ofEligible: { found, n, low, high } }: Coverage) =>
  n === 0 ? 'none eligible' : `${found} of ${n} (${percent(low)} to ${percent(high)})`;
const NONE_ELIGIBLE =
  'None is eligible: a response counts when its settings say that it should be marked and, were it marked, it would be found.';
const ASSUMED =
  'Without log-probabilities, entropies or --known, one bit of choice a token is assumed, which takes hundreds of tokens.';
const WEAKEST = `Where --known tells the strength, a marked response is weaker than expected with a chance of at most ${percent(OUTSIDE)}, and may then be called unmarked.`;
const OR_WEAK = `, or are among the ${percent(OUTSIDE)} that are weaker than --known makes expected`;
const SHOWN = 5;
const KINDS = {
  'not-as-configured': 'that should be marked and are not',
  'marked-though-opted-out': 'opted out and are marked',
  'marked-though-impossible':
    'are marked though their settings leave no choice: the log has not the settings that were used',
} as const;
