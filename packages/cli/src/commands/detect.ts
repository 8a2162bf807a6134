/** `taggant detect`: texts or token ids in, one verdict with its p-value each out. @module */
import { statSync } from 'node:fs';
import type { DedupMode, Tokenizer } from '@taggant/core';
import type { Detection, LayeredDetection, Verdict } from '@taggant/detector';
import { type Command, Option } from 'commander';
import { at, CommandError, printable } from '../errors.ts';
import { exitCodeOf } from '../exit-codes.ts';
import { choice, type KeyringFlags, probability, withKeyring } from '../flags.ts';
import { type JsonLine, nameOf, type OnBytes, readJsonLines, readText } from '../input.ts';
import { jsonLine, openOutput } from '../output.ts';
import { openProgress } from '../progress.ts';

interface Flags extends KeyringFlags {
  readonly mark: string;
  readonly tokens?: readonly string[];
  readonly text?: readonly string[];
  readonly jsonl?: boolean;
  readonly promptText?: string;
  readonly tokenizer?: string;
  readonly alpha: number;
  readonly dedup: DedupMode;
  readonly json?: boolean;
  readonly details?: boolean;
}

export function detectCommand(program: Command): void {
  withKeyring(
    program
      .command('detect')
      .description('Test texts or token ids for a mark.')
      .requiredOption('--mark <file>', 'the mark; - is stdin')
      .option('--tokens <file...>', 'JSONL of token ids: {"id", "tokens": [..], "prompt": [..]?}; - is stdin')
      .option('--text <file...>', 'a text; a .jsonl file holds many: {"id", "text", "prompt"?}; - is stdin')
      .option('--jsonl', 'read --text as JSONL, whatever its name')
      .option('--prompt-text <text>', 'with --text: what stood before the text; gives context, is not scored')
      .option(
        '--tokenizer <spec>',
        'with --text: tiny-lm, tiktoken:NAME or hf:PATH (default: tiny-lm if the mark says so)',
      )
      .addOption(
        new Option('--alpha <p>', 'a text is called marked at or below this p')
          .argParser(probability)
          .default(1e-6, '1e-6'),
      )
      .addOption(
        choice('--dedup <mode>', 'count each (context, token) pair once, or each context once', [
          'pair',
          'context',
        ]).default('pair'),
      )
      .option('--json', 'print one JSON object per input, in order')
      .option('--details', 'with --json: position and score of every pair'),
  )
    .addHelpText('after', HELP)
    .action(detect);
}

async function detect(flags: Flags): Promise<void> {
  checkFlags(flags);
  const { openMarkFile } = await import('../mark-file.ts');
  const { marks, layered } = await openMarkFile(flags.mark, 'detection', flags);
  const { detectLayers, detectTokens } = await import('@taggant/detector');
  const { alpha, dedup, details } = flags;
  const test = ({ tokens, prompt, place }: Input): LayeredDetection => {
    const options = { alpha, dedup, details, prompt };
    try {
      return layered ? detectLayers(tokens, marks, options) : detectTokens(tokens, marks[0], options);
    } catch (error) {
      throw at(place, error);
    }
  };
  const paths = flags.tokens ?? flags.text ?? [];
  const progress = await openProgress(bytesOf(paths), LONG_BYTES);
  const onBytes: OnBytes = (bytes) => progress.advance(bytes);
  const inputs =
    flags.tokens === undefined
      ? readTexts(flags, await (await import('../tokenizers.ts')).openTokenizerOf(marks, flags.tokenizer), onBytes)
      : readTokens(flags.tokens, onBytes);
  const output = openOutput('-');
  const print = flags.json ? jsonPrinter : await humanPrinter();
  const tally = new Map<Verdict, number>();
  let only: LayeredDetection | undefined;
  for await (const input of inputs) {
    const detection = test(input);
    await output.write(print(input.id, detection, await describe(detection)));
    only = tally.size === 0 ? detection : undefined;
    tally.set(detection.verdict, (tally.get(detection.verdict) ?? 0) + 1);
  }
  progress.stop();
  if (tally.size === 0)
    throw new CommandError(`${paths.map(nameOf).join(', ')}: expected at least one input, got none`);
  if (!flags.json) await output.write(only === undefined ? summary(tally) : `\n${await describe(only)}\n`);
  process.exitCode = exitCodeOf(new Set(tally.keys()));
}

function checkFlags({ mark, tokens, text, jsonl, promptText, tokenizer, json, details }: Flags): void {
  if ((tokens === undefined) === (text === undefined)) {
    throw new CommandError(
      'detect expected either --tokens or --text; --text - reads stdin (see taggant detect --help)',
    );
  }
  if ([mark, ...(tokens ?? text ?? [])].filter((path) => path === '-').length > 1) {
    throw new CommandError('stdin (-) can be read once only');
  }
  const textFlags = Object.entries({ '--jsonl': jsonl, '--prompt-text': promptText, '--tokenizer': tokenizer });
  const misplaced = tokens === undefined ? undefined : textFlags.find(([, value]) => value !== undefined);
  if (misplaced !== undefined) throw new CommandError(`${misplaced[0]} goes with --text, got --tokens`);
  if (details && !json) throw new CommandError('--details goes with --json');
}

interface Input {
  readonly id: string | number;
  readonly place: string;
  readonly tokens: ArrayLike<number>;
  readonly prompt?: ArrayLike<number>;
}

async function* readTokens(paths: readonly string[], onBytes: OnBytes): AsyncGenerator<Input> {
  for (const path of paths) {
    for await (const line of readJsonLines(path, onBytes)) {
      const tokens = idsOf(line.fields.tokens, 'tokens', line.place);
      yield { id: idOf(line), place: line.place, tokens, prompt: promptTokensOf(line) };
    }
  }
}

/** `prompt` as ids; in the lines of `taggant generate --json` it is text, and the ids are in `promptTokens`. */
function promptTokensOf({ fields, place }: JsonLine): ArrayLike<number> | undefined {
  const { prompt, promptTokens } = fields;
  if (prompt != null && promptTokens != null && typeof prompt !== 'string') {
    throw new CommandError(`${place}: expected "prompt" or "promptTokens", got both`);
  }
  const ids = promptTokens ?? prompt;
  return ids == null ? undefined : idsOf(ids, 'prompt', place);
}

/** A flat array; the values are the detector's to check, which an array so deep that it cannot be compared would fell. */
function idsOf(value: unknown, name: string, place: string): readonly number[] {
  if (!Array.isArray(value)) throw new CommandError(`${place}: "${name}" expected an array of token ids`);
  const deep = value.findIndex((token) => typeof token === 'object' && token !== null);
  if (deep < 0) return value;
  const got = Array.isArray(value[deep]) ? 'an array' : 'an object';
  throw new CommandError(`${place}: "${name}[${deep}]" expected a token id, got ${got}`);
}

async function* readTexts(flags: Flags, tokenizer: Tokenizer, onBytes: OnBytes): AsyncGenerator<Input> {
  const encode = (text: string, place: string) => {
    try {
      return tokenizer.encode(text);
    } catch (error) {
      throw at(place, error);
    }
  };
  const common = flags.promptText === undefined ? undefined : encode(flags.promptText, '--prompt-text');
  for (const path of flags.text ?? []) {
    if (flags.jsonl || path.endsWith('.jsonl')) {
      for await (const line of readJsonLines(path, onBytes)) {
        const text = textOf(line, 'text');
        const prompt = line.fields.prompt == null ? undefined : textOf(line, 'prompt');
        const { place } = line;
        const promptIds = prompt === undefined ? common : encode(prompt, place);
        yield { id: idOf(line), place, tokens: encode(text, place), prompt: promptIds };
      }
    } else {
      yield { id: path, place: nameOf(path), tokens: encode(await readText(path), nameOf(path)), prompt: common };
      onBytes(bytesOf([path]) ?? 0);
    }
  }
}

function idOf({ fields, place }: JsonLine): string | number {
  const { id = place } = fields;
  if (typeof id === 'string' || Number.isSafeInteger(id)) return id as string | number;
  throw new CommandError(`${place}: "id" expected a string or an integer`);
}

function textOf({ fields, place }: JsonLine, name: string): string {
  const text = fields[name];
  if (typeof text !== 'string') throw new CommandError(`${place}: "${name}" expected a string`);
  if (/\p{Surrogate}/u.test(text))
    throw new CommandError(`${place}: "${name}" holds half a character (a lone surrogate)`);
  return text;
}

/** Bytes of all the files, unless one is a stream. */
function bytesOf(paths: readonly string[]): number | undefined {
  const sizes = paths.map((path) => {
    const stats = path === '-' ? undefined : statSync(path, { throwIfNoEntry: false });
    return stats?.isFile() ? stats.size : Number.NaN;
  });
  const total = sizes.reduce((a, b) => a + b, 0);
  return Number.isNaN(total) ? undefined : total;
}

type Print = (id: string | number, detection: LayeredDetection, description: string) => string;

const jsonPrinter: Print = (id, { layers, ...detection }, description) =>
  jsonLine({
    id,
    ...forJson(detection),
    description,
    ...(layers === undefined ? {} : { layers: layers.map(forJson) }),
  });

/** JSON has no Infinity and no typed arrays. `needed: null` means that no length would do. */
function forJson({ power, details, ...rest }: Detection) {
  const { verdict, reason, lnP, p, n, score, z, ...more } = rest;
  return {
    ...{ verdict, reason, lnP, p, n, score, z },
    ...more,
    power: { ...power, needed: Number.isFinite(power.needed) ? power.needed : null },
    ...(details === undefined
      ? {}
      : { details: { positions: Array.from(details.positions), scores: Array.from(details.scores) } }),
  };
}

async function humanPrinter(): Promise<Print> {
  const { formatP } = await import('@taggant/detector');
  const { default: picocolors } = await import('picocolors');
  const { NO_COLOR, TERM } = process.env;
  const colors = picocolors.createColors(process.stdout.isTTY === true && !NO_COLOR && TERM !== 'dumb');
  const paint = { marked: colors.green, 'not-marked': colors.dim, inconclusive: colors.yellow };
  return (id, { verdict, reason, lnP, n, score, z, correction }) => {
    const tests = correction.tests > 1 ? `, corrected for ${correction.tests} layers` : '';
    const words = `p = ${formatP(lnP)}, n = ${n}, score = ${Number(score.toFixed(2))}, z = ${z.toFixed(1)}${tests}`;
    return `${paint[verdict](verdict.padEnd(12))}  ${printable(String(id))}  ${reason}, ${words}\n`;
  };
}

async function describe(detection: LayeredDetection): Promise<string> {
  const { describeDetection, formatP } = await import('@taggant/detector');
  const { layers } = detection;
  if (layers === undefined) return describeDetection(detection);
  const each = layers.map((layer, i) => `layer ${i + 1} p = ${formatP(layer.lnP)}`).join(', ');
  return `${describeDetection(detection)} This p is corrected for ${layers.length} layers; on their own: ${each}.`;
}

function summary(tally: ReadonlyMap<Verdict, number>): string {
  const words = [...tally].map(([verdict, count]) => `${count} ${verdict}`);
  return `\n${words.join(', ')}\n`;
}

const LONG_BYTES = 1 << 20;

const HELP = `
Exit status:
  0  marked            of several inputs: at least one is marked
  1  not marked        of several inputs: none is marked, none inconclusive
  3  inconclusive      of several inputs: none is marked, at least one inconclusive
  2  error             results printed before it stay valid

The mark file is the JSON that keygen wrote. An array of marks is tested layer by layer; the p-value of the whole is
corrected for their number. Keys come from the keyring, by the mark's kid or as the only usable key of its scheme.
Each input is tested on its own: of many unmarked inputs, a share of at most alpha is called marked on average.

Examples:
  $ taggant detect --mark mark.json --text essay.txt
  $ taggant detect --mark mark.json --text corpus.jsonl --tokenizer tiktoken:o200k_base --json > results.jsonl
  $ taggant generate --mark mark.json --count 8 --json | taggant detect --mark mark.json --tokens - --json`;
