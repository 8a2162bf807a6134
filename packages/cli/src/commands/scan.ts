/** `taggant scan`: whose mark is in a text, and under what settings? Tries keys, parameters and tokenizers. @module */
import { existsSync } from 'node:fs';
import { printable } from '@taggant/core';
import type { Reading, Scan, ScanPart } from '@taggant/detector';
import type { Command } from 'commander';
import { CommandError, complain, withoutSecrets } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { integer, type KeyringFlags, probability, withKeyring } from '../flags.ts';
import { isObject, nameOf, parseJsonExactly, readJsonLines, readText } from '../input.ts';
import { openOutput, writeWhole } from '../output.ts';
import { refuseToReplace } from '../paths.ts';
import { openProgress } from '../progress.ts';
import type { SealedHypothesis, Tried } from '../scan/hypotheses.ts';
import { diagnosisOf, tableOf } from '../scan/words.ts';
import type { ScanSetup, ScanWork } from '../scan-task.ts';

interface Flags extends KeyringFlags {
  readonly text?: string;
  readonly tokens?: string;
  readonly mark?: readonly string[];
  readonly tokenizer?: readonly string[];
  readonly promptText?: string;
  readonly vocabSize?: readonly string[];
  readonly exact?: boolean;
  readonly alpha: number;
  readonly top: number;
  readonly out?: string;
  readonly threads: number;
  readonly json?: boolean;
}

export function scanCommand(program: Command): void {
  withKeyring(
    program
      .command('scan')
      .description('Find out whose mark a text carries, and under what settings.')
      .option('--text <file>', 'a text; - is stdin')
      .option(
        '--tokens <file>',
        'JSONL of token ids, each line scanned on its own: {"id", "tokens": [..], "prompt": [..]?}',
      )
      .option('--mark <file...>', 'settings to start from; without a kid, with every key of the keyring that fits')
      .option('--tokenizer <spec...>', 'with --text: one or several of tiny-lm, tiktoken:NAME, hf:PATH')
      .option('--prompt-text <text>', 'with --text: what stood before the text; tried with and without')
      .option('--vocab-size <n...>', 'widths of logits to try, for marks of engines that permute the vocabulary')
      .option('--exact', 'try the settings as they are written, and no others')
      .option('--alpha <p>', 'family-wise p at or below which a mark is found', probability, 1e-6)
      .option('--top <n>', 'how many of the best to list', integer(1, 1000), 5)
      .option('--out <file>', 'where the mark that was found goes, with the settings that fit and without its key')
      .option('--threads <n>', 'threads that do the work', integer(1, 1024), 1)
      .option('--json', 'print one JSON object per text'),
  )
    .addHelpText('after', HELP)
    .action(scanTexts);
}

async function scanTexts(flags: Flags): Promise<void> {
  if ((flags.text === undefined) === (flags.tokens === undefined)) {
    throw new CommandError('scan expected either --text or --tokens');
  }
  checkOut(flags);
  const { scanOf } = await import('@taggant/detector');
  const { mapInThreads } = await import('@taggant/detector/threads');
  const texts = await readingsOf(flags);
  if (flags.out !== undefined && texts.length > 1) throw new CommandError('--out goes with one text, got several');
  const hypotheses = await hypothesesFor(flags, texts);
  const tests = texts.reduce((sum, { readings }) => sum + hypotheses.length * readings.length, 0);
  const progress = await openProgress(tests, LONG);
  const setup: ScanSetup = { texts: texts.map(({ readings }) => readings), top: flags.top };
  const slices = Math.ceil(hypotheses.length / SLICE);
  let found = false;
  let text = 0;
  let parts: ScanPart<Tried>[] = [];
  try {
    for await (const part of mapInThreads<ScanSetup, ScanWork, ScanPart<Tried>>(workOn(texts, hypotheses), {
      module: TASK,
      setup,
      threads: flags.threads,
    })) {
      progress.advance(part.tests);
      parts.push(part);
      if (parts.length < slices) continue;
      const result = scanOf(parts, { alpha: flags.alpha, top: flags.top });
      const { id } = texts[text];
      await writeWhole('-', flags.json ? jsonOf(id, result) : wordsOf(id, result));
      if (flags.out !== undefined) await writeMark(flags.out, result);
      found ||= result.verdict === 'found';
      text++;
      parts = [];
    }
  } finally {
    progress.stop();
  }
  process.exitCode = found ? EXIT.marked : EXIT.inconclusive;
}

function checkOut({ out, keyring, text, tokens, mark = [] }: Flags): void {
  if (out === undefined) return;
  refuseToReplace(['--out', out], { '--keyring': keyring, '--text': text, '--tokens': tokens });
  for (const path of mark) refuseToReplace(['--out', out], { '--mark': path });
  if (existsSync(out)) {
    throw new CommandError(`${out} exists already; texts may rest on it, so it is not replaced`);
  }
}

/** The same slices however many threads there are. */
function* workOn(texts: readonly Text[], hypotheses: readonly SealedHypothesis[]): Generator<ScanWork> {
  for (let text = 0; text < texts.length; text++) {
    for (let from = 0; from < hypotheses.length; from += SLICE) {
      yield { text, hypotheses: hypotheses.slice(from, from + SLICE) };
    }
  }
}

/** Its descriptor: what `detect` takes, with the key from the keyring. */
async function writeMark(path: string, { verdict, findings }: Scan<Tried>): Promise<void> {
  if (verdict !== 'found') {
    await complain(`nothing was found, so ${path} is not written`);
    return;
  }
  const [{ mark, of }] = findings;
  const out = openOutput(path);
  await out.write(`${JSON.stringify(mark, null, 2)}\n`);
  await out.close();
  if (mark.kid === undefined) await complain(`${path} names no key: ${of.key} has it, or it is the engine's default`);
}

interface Text {
  readonly id: string;
  readonly readings: readonly Reading[];
  /** How many ids the tokenizers have. */
  readonly sizes: readonly number[];
}

async function readingsOf({ text, tokens, tokenizer, promptText }: Flags): Promise<Text[]> {
  if (text !== undefined) {
    if (/\.(jsonl|ndjson)$/.test(text))
      throw new CommandError('scan --text expected a file that is one text, got JSONL');
    if (tokenizer === undefined) throw new CommandError('scan --text needs --tokenizer, one or several');
    return [await readingsOfText(text, tokenizer, promptText)];
  }
  if (tokenizer !== undefined || promptText !== undefined) {
    throw new CommandError('--tokenizer and --prompt-text go with --text, got --tokens');
  }
  const texts: Text[] = [];
  for await (const { fields, place } of readJsonLines(tokens as string)) {
    // In the lines of `taggant generate --json` the prompt is text, and its ids are in `promptTokens`.
    const prompt = fields.promptTokens ?? fields.prompt;
    for (const ids of [fields.tokens, prompt ?? []]) {
      if (!Array.isArray(ids)) throw new CommandError(`${place}: "tokens" and "prompt" expected arrays of token ids`);
    }
    const readings = withAndWithout('ids', fields.tokens as number[], prompt as number[] | undefined);
    texts.push({ id: typeof fields.id === 'string' ? fields.id : place, readings, sizes: [] });
  }
  if (texts.length === 0) throw new CommandError(`${nameOf(tokens as string)}: expected at least one input, got none`);
  return texts;
}

async function readingsOfText(path: string, specs: readonly string[], promptText?: string): Promise<Text> {
  const { openTokenizer } = await import('../tokenizers.ts');
  const text = await readText(path);
  const readings: Reading[] = [];
  const sizes: number[] = [];
  for (const spec of specs) {
    const tokenizer = await openTokenizer(spec);
    const prompt = promptText === undefined ? undefined : Array.from(tokenizer.encode(promptText));
    readings.push(...withAndWithout(spec, tokenizer.encode(text), prompt));
    sizes.push(tokenizer.id.vocabSize);
  }
  return { id: nameOf(path), readings, sizes };
}

function withAndWithout(name: string, tokens: ArrayLike<number>, prompt: readonly number[] | undefined): Reading[] {
  if (prompt === undefined || prompt.length === 0) return [{ name, tokens }];
  return [
    { name: `${name}, after the prompt`, tokens, prompt },
    { name: `${name}, without the prompt`, tokens },
  ];
}

async function hypothesesFor(flags: Flags, texts: readonly Text[]) {
  const { hypothesesOf } = await import('../scan/hypotheses.ts');
  const { readKeyring } = await import('../keyring-store.ts');
  const files: { place: string; fields: Record<string, unknown> }[] = [];
  for (const path of flags.mark ?? []) {
    const value = parseJsonExactly(await readText(path), nameOf(path));
    for (const fields of Array.isArray(value) ? value : [value]) {
      if (!isObject(fields)) throw new CommandError(`${nameOf(path)}: expected a mark as a JSON object`);
      files.push({ place: nameOf(path), fields });
    }
  }
  const carriesKey = ({ fields }: { fields: Record<string, unknown> }) =>
    fields.secret !== undefined || fields.mark !== 'taggant/1';
  const { existsSync } = await import('node:fs');
  const isOptional = files.length > 0 && files.every(carriesKey) && !existsSync(flags.keyring);
  const keyring = isOptional ? undefined : readKeyring(flags);
  const skipped: string[] = [];
  try {
    const hypotheses = hypothesesOf({
      keyring,
      files,
      vocabSizes: sizesOf(flags, texts),
      exact: flags.exact === true,
      onSkip: (message) => void skipped.push(message),
    });
    for (const message of skipped) await complain(`warning: ${message}`);
    if (hypotheses.length > 0) return hypotheses;
  } catch (error) {
    throw withoutSecrets('scan', error);
  }
  throw new CommandError(`scan expected a key for the marks given, got none in ${flags.keyring}`);
}

/** As given; and what tokenizers have, as it is and filled up to a multiple of 64 or 128, as models do. */
function sizesOf({ vocabSize = [] }: Flags, texts: readonly Text[]): number[] {
  const given = vocabSize.map((text) => {
    if (/^\d{1,8}$/.test(text)) return Number(text);
    throw new CommandError(`--vocab-size expected integers, got ${printable(text).slice(0, 20)}`);
  });
  const padded = texts[0].sizes.flatMap((size) => [size, Math.ceil(size / 64) * 64, Math.ceil(size / 128) * 128]);
  return [...new Set([...given, ...padded])];
}

function jsonOf(id: string, { findings, ...rest }: Scan<Tried>): string {
  const listed = findings.map(({ of, mark, lnP, ...finding }) => ({
    ...{ ...of, kid: mark.kid ?? null },
    ...{ ...finding, lnP, p: Math.exp(lnP), mark },
  }));
  return `${JSON.stringify({ id, ...rest, p: Math.exp(rest.lnP), findings: listed })}\n`;
}

function wordsOf(id: string, result: Scan<Tried>): string {
  const verdict = result.verdict === 'found' ? 'found' : 'nothing found';
  return `${verdict.padEnd(15)}${printable(id)}  ${diagnosisOf(result)}\n${tableOf(result.verdict === 'found' ? result.findings : result.findings.slice(0, 1))}`;
}

/** Hypotheses that go to a thread at a time: enough to fill it for a while, few enough to deal out evenly. */
const SLICE = 64;

/** Beside the commands' folder, in the sources; beside the command, in what is built of them. */
const TASK = new URL(import.meta.url.endsWith('.ts') ? '../scan-task.ts' : './scan-task.js', import.meta.url);

/** A bar is worth drawing from so many tests on. */
const LONG = 1000;

const HELP = `
Exit status:
  0  a mark was found in at least one text
  3  nothing was found: the text may carry another mark, or none
  2  error

Without --mark, every key of the keyring is tried under its scheme's usual settings. With --mark, the settings of the file and
those that people mistake for them (gamma, context, scheme, vocabulary size, device), under the file's key, or under every
key of the keyring that fits. Every p is corrected for everything that was tried. Green lists of graphics cards are tried too,
card by card, unless the file says "device": "cpu"; they take longer.

--out writes a mark file that detect and generate take. The key stays where it is: in the keyring, under the kid that the file names.

Examples:
  $ taggant scan --text suspect.txt --tokenizer tiktoken:o200k_base tiktoken:cl100k_base
  $ taggant scan --tokens ids.jsonl --mark old.json --threads 4 --out found.json
  $ taggant scan --tokens ids.jsonl --mark hf-greenlist.json --vocab-size 50257 50304`;
