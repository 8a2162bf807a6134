/** The demo in words: what it prints, step by step. Green tokens are underlined, so that colour is not all. @module */
import { formatP, type Verdict } from '@taggant/detector';
import { tokenGroups, tokenKinds } from '@taggant/report';
import pc from 'picocolors';
import type { Keys, Row } from './story.ts';
import type { Suspect } from './suspects.ts';

export function keyStep({ kid, commitment, marks }: Keys, width: number): string {
  return [
    heading('1. A fresh key'),
    pairs([
      ['kid', kid],
      ['commitment', commitment],
      ['mark', marks.greenlist.title],
    ]),
    '\n',
    paragraph(
      'The secret stays in memory and is never written: this key is gone when the demo ends. The commitment can be published beforehand, to show later that the key came first.',
      width,
    ),
  ].join('');
}

export function textsStep(
  rows: readonly Row[],
  { prompt, decode, width }: { prompt: string; decode: (ids: Uint32Array) => string; width: number },
): string {
  const named = (id: string) => rows.find((row) => row.id === id) as Row;
  return [
    heading('2. A model writes with the mark, and without'),
    paragraph(
      `Both texts continue "${prompt}". In every context the key calls another quarter of the vocabulary green, and the mark makes green tokens likelier.${pc.isColorSupported ? ' They are underlined.' : ''}`,
      width,
    ),
    greenText('Marked', named('marked'), decode, width),
    greenText('Unmarked', named('unmarked'), decode, width),
  ].join('');
}

export function resultsStep(rows: readonly Row[], width: number): string {
  return [
    heading('3. The detector reads them, edited and not'),
    table(rows),
    '\n',
    paragraph(
      `p is the chance that a random key would score the text this high; at ${ALPHA} or less the verdict is marked. Editing weakens the mark long before it removes it. Under any other key there is nothing to see.`,
      width,
    ),
    '\n',
    paragraph(
      'Marked means processed by something that holds the key. Not marked means that this mark was ruled out, and never that a person wrote the text.',
      width,
    ),
  ].join('');
}

export function suspectsStep(suspects: readonly Suspect[], width: number): string {
  const widest = Math.max(...suspects.map(({ title }) => title.length));
  const rows = suspects.map(({ title, result, tokens }) => {
    const verdict = result.verdict === 'found' ? pc.green('● found        ') : pc.dim('○ nothing found');
    const { used, planned } = result.answers;
    const p = formatP(result.lnP, 'up').padStart(8);
    return `${INDENT}${title.padEnd(widest)}   ${verdict} ${p}  ${`${used} of ${planned}`.padStart(10)}  ${String(tokens).padStart(6)}\n`;
  });
  return [
    heading('4. Were these two models trained on marked text?'),
    paragraph(
      'Two small models that the lab trained answer the same kind of prompts. The plan was hashed before the first answer was read; answers are taken in its order until the evidence reaches 1 / alpha.',
      width,
    ),
    '\n',
    pc.dim(
      `${INDENT}${'suspect'.padEnd(widest)}   ${'verdict'.padEnd(15)} ${'p'.padStart(8)}  ${'answers'.padStart(10)}  tokens\n`,
    ),
    ...rows,
    '\n',
    paragraph(
      'Found is about this model or one that it descends from. Nothing found proves nothing: less text, or other marks, leave no trace that so few answers show.',
      width,
    ),
  ].join('');
}

export function endStep(
  files: readonly (readonly [string, string])[],
  { deviations, seconds }: { deviations: readonly string[]; seconds: number },
): string {
  const took = `${seconds.toFixed(0)} s`;
  return [
    heading('5. To look at'),
    pairs(files),
    '\n',
    deviations.length === 0
      ? `${INDENT}${pc.green('✓')} All of it came out as it should, in ${took}. Next: ${pc.bold('npx taggant keygen --help')}, ${pc.bold('npx taggant probe --help')}\n\n`
      : `${INDENT}${pc.red('✗')} Not all of it came out as it should (${took}):\n${deviations.map((line) => `${INDENT}  ${line}\n`).join('')}\n`,
  ].join('');
}

const heading = (text: string) => `\n${INDENT}${pc.bold(text)}\n\n`;

/** Names and values in two columns. */
function pairs(entries: readonly (readonly [string, string])[]): string {
  const width = Math.max(...entries.map(([name]) => name.length));
  return entries.map(([name, value]) => `${INDENT}${name.padEnd(width)}  ${pc.dim(value)}\n`).join('');
}

function paragraph(text: string, width: number): string {
  const words = text.split(' ').map((word) => ({ shown: word, length: word.length }));
  return `${wrap(words, width).join('\n')}\n`;
}

/** The beginning of a text, with how many of its tokens are green. */
function greenText(title: string, row: Row, decode: (ids: Uint32Array) => string, width: number): string {
  const { n, score, law } = row.detection;
  const chance = law.law === 'binomial' ? (100 * law.p).toFixed(0) : '';
  const count = `${score} of ${n} scored tokens are green, ${((100 * score) / n).toFixed(0)} %; chance gives ${chance} %`;
  const lines = wrap(shadedWords(row, decode), width);
  const rest = lines.length - MOST_LINES;
  return [
    `\n${INDENT}${pc.bold(title)}  ${pc.dim(count)}\n`,
    `${lines.slice(0, MOST_LINES).join('\n')}\n`,
    rest > 0 ? `${INDENT}${pc.dim(`... and ${rest} more lines`)}\n` : '',
  ].join('');
}

function shadedWords({ tokens, detection }: Row, decode: (ids: Uint32Array) => string): Word[] {
  const { details } = detection;
  if (details === undefined) throw new TypeError('"detection" expected details');
  const kinds = tokenKinds({ ...detection, details });
  const words: Word[] = [];
  let open = false;
  for (const { from, text } of tokenGroups(tokens, decode)) {
    const shade = kinds[from] === 4 ? green : String;
    for (const part of printable(text).split(/(\s+)/)) {
      if (part === '') continue;
      if (part.trim() === '') open = false;
      else if (open) words.push(joined(words.pop() as Word, part, shade));
      else words.push({ shown: shade(part), length: part.length });
      open = part.trim() !== '';
    }
  }
  return words;
}

function table(rows: readonly Row[]): string {
  const widest = Math.max(...rows.map(({ title }) => title.length));
  const line = (title: string, verdict: string, p: string, n: string, z: string) =>
    `${INDENT}${title.padEnd(widest)}   ${verdict} ${p.padStart(8)}  ${n.padStart(4)}  ${z.padStart(5)}\n`;
  const body = rows.map(({ title, detection: { verdict, lnP, n, z } }) =>
    line(title, badge(verdict), formatP(lnP), String(n), z.toFixed(1)),
  );
  return pc.dim(line('text', 'verdict'.padEnd(VERDICT_WIDTH), 'p', 'n', 'z')) + body.join('');
}

interface Word {
  readonly shown: string;
  /** Without the colours. */
  readonly length: number;
}

const joined = ({ shown, length }: Word, part: string, shade: (text: string) => string): Word => ({
  shown: shown + shade(part),
  length: length + part.length,
});

function wrap(words: readonly Word[], width: number): string[] {
  const lines: Word[] = [];
  for (const { shown, length } of words) {
    const line = lines.at(-1);
    if (line === undefined || line.length + 1 + length > width) lines.push({ shown, length });
    else lines[lines.length - 1] = { shown: `${line.shown} ${shown}`, length: line.length + 1 + length };
  }
  return lines.map(({ shown }) => INDENT + shown);
}

function badge(verdict: Verdict): string {
  const text = `${SIGNS[verdict]} ${verdict.replace('-', ' ')}`.padEnd(VERDICT_WIDTH);
  if (verdict === 'marked') return pc.bold(pc.green(text));
  return verdict === 'inconclusive' ? pc.yellow(text) : text;
}

const green = (text: string) => pc.green(pc.underline(text));

/** A model may write anything: control characters must not reach the terminal. */
const printable = (text: string) => text.replace(/(?!\s)\p{Cc}/gu, '\ufffd');

const SIGNS: Record<Verdict, string> = { marked: '●', inconclusive: '◐', 'not-marked': '○' };
const INDENT = '  ';
const VERDICT_WIDTH = 14;
const MOST_LINES = 9;
const ALPHA = '1e-6';
