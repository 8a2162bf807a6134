/** `taggant detect`: texts or token ids in, one verdict with its p-value each out. @module */
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import type { DedupMode, Mark } from '@taggant/core';
import { type Command, Option } from 'commander';
import { drawSeed } from '../decoys.ts';
import type { DetectSetup } from '../detect-task.ts';
import { CommandError } from '../errors.ts';
import { exitCodeOf } from '../exit-codes.ts';
import { choice, integer, type KeyringFlags, probability, withKeyring } from '../flags.ts';
import { nameOf } from '../input.ts';
import { batchesAfter, readBatches, type Source } from '../inputs.ts';
import type { MarkFile } from '../mark-file.ts';
import { isSeen, openOutput } from '../output.ts';
import { refuseToReplace, tokenizerFiles } from '../paths.ts';
import { openCorpusProgress } from '../progress.ts';
import { openResultsFile, type Results } from '../results-file.ts';
import { cohortsFile, type SearchFlags, type SearchSetup, searchOf, withSearch } from '../search-flags.ts';
import { NO_RESULTS, plus, size, summary } from '../tally.ts';
import { VERSION } from '../version.ts';
import { stateOf, type Work } from '../work.ts';

interface Flags extends KeyringFlags, SearchFlags {
  readonly mark: string;
  readonly tokens?: readonly string[];
  readonly text?: readonly string[];
  readonly jsonl?: boolean;
  readonly promptText?: string;
  readonly tokenizer?: string;
  readonly idColumn?: string;
  readonly textColumn?: string;
  readonly alpha: number;
  readonly dedup?: DedupMode;
  readonly json?: boolean;
  readonly details?: boolean;
  readonly stream?: boolean;
  readonly output?: string;
  readonly resume?: boolean;
  readonly threads: number;
}

export function detectCommand(program: Command): void {
  withKeyring(
    withSearch(
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
          "with --text: tiny-lm, tiktoken:NAME or hf:PATH (default: the mark's own, if it is one of the first two)",
        )
        .option('--id-column <name>', 'the field or column of ids (default: id)')
        .option('--text-column <name>', 'with --text: the field or column of texts (default: text)')
        .addOption(
          new Option('--alpha <p>', 'a text is called marked at or below this p')
            .argParser(probability)
            .default(1e-6, '1e-6'),
        )
        .addOption(
          choice(
            '--dedup <mode>',
            'count each (context, token) pair once, or each context once (default: pair; context where cohorts of one ' +
              'key are tested together: --cohorts, --decode, layers)',
            ['pair', 'context'],
          ),
        )
        .option('--json', 'print one JSON object per input, in order')
        .option('--details', 'with --json or --output: position and score of every pair')
        .option('--stream', 'take all inputs as one, a document each; the verdict holds wherever it is stopped')
        .option('--output <file>', 'write the JSON objects to a file instead, whole or not at all')
        .option('--resume', 'with --output: go on where an interrupted run stopped')
        .option('--threads <n>', 'threads that do the work', integer(1, 1024), 1),
    ),
  )
    .addHelpText('after', HELP)
    .action(detect);
}

async function detect(flags: Flags): Promise<void> {
  checkFlags(flags);
  const { openMarkFile } = await import('../mark-file.ts');
  const search = await searchOf(flags);
  const markFile = await openMarkFile(flags.mark, 'detection', flags);
  if (markFile.layered && search !== undefined) {
    throw new CommandError(`--cohorts and --decode expected one mark, got the layers of ${nameOf(flags.mark)}`);
  }
  if (markFile.layered && (flags.stream || flags.decoyKeys !== undefined)) {
    throw new CommandError(`--stream and --decoy-keys expected one mark, got the layers of ${nameOf(flags.mark)}`);
  }
  await warnOfTokenizer(markFile.marks, flags);
  const { testInThreads } = await import('../test-in-threads.ts');
  const source = sourceOf(flags);
  const results = await openResults(flags, markFile);
  const progress = await openCorpusProgress(bytesOf(source.paths), flags.output !== undefined);
  // What a stream holds is made of all its documents, those before a --resume too.
  const inputs = batchesAfter(readBatches(source, progress.advance), flags.stream ? 0 : results.done);
  let { tally } = results;
  let last = '';
  try {
    for await (const tested of testInThreads(inputs, setupOf(flags, markFile, search, results.done), flags.threads)) {
      await results.append(tested.lines);
      progress.tested(size(tested.tally), tested.tokens);
      tally = plus(tally, tested.tally);
      last = tested.description || last;
      if (tested.error !== undefined) throw tested.error;
    }
    if (size(tally) === 0) throw noInput(source.paths);
    results.finish();
  } finally {
    progress.stop();
    results.leave();
  }
  const isOne = flags.stream || size(tally) === 1;
  if (!flags.json) await openOutput('-').write(isOne && last !== '' ? `\n${last}\n` : `\n${summary(tally)}\n`);
  process.exitCode = exitCodeOf(tally);
}

function checkFlags(flags: Flags): void {
  const { mark, tokens, text, json, details, output, resume } = flags;
  if ((tokens === undefined) === (text === undefined)) {
    throw new CommandError(
      'detect expected either --tokens or --text; --text - reads stdin (see taggant detect --help)',
    );
  }
  if ([mark, flags.cohorts, ...(tokens ?? text ?? [])].filter((path) => path === '-').length > 1) {
    throw new CommandError('stdin (-) can be read once only');
  }
  const textFlags = {
    '--jsonl': flags.jsonl,
    '--prompt-text': flags.promptText,
    '--tokenizer': flags.tokenizer,
    '--text-column': flags.textColumn,
  };
  const misplaced =
    tokens === undefined ? undefined : Object.entries(textFlags).find(([, value]) => value !== undefined);
  if (misplaced !== undefined) throw new CommandError(`${misplaced[0]} goes with --text, got --tokens`);
  if (flags.dedup === 'pair' && (flags.cohorts ?? flags.decode) !== undefined) {
    throw new CommandError('--cohorts and --decode count each context once; they do not go with --dedup pair');
  }
  if (details && (flags.cohorts ?? flags.decode) !== undefined) {
    throw new CommandError('--details goes with one mark, not with --cohorts or --decode');
  }
  if (details && !json && output === undefined) throw new CommandError('--details goes with --json or --output');
  if (json && output !== undefined) {
    throw new CommandError('--output writes JSON lines anyway, and a summary to stdout; it does not go with --json');
  }
  if (flags.stream) checkStream(flags);
  if (resume && flags.decoyKeys !== undefined && flags.seed === undefined) {
    throw new CommandError('--resume with --decoy-keys expected the --seed of the run that was cut short');
  }
  if (resume && output === undefined) throw new CommandError('--resume goes with --output');
  if (resume && [flags.cohorts, ...(tokens ?? text ?? [])].includes('-')) {
    throw new CommandError('--resume expected files: stdin (-) cannot be read again');
  }
  refuseToReplace(['--output', output], {
    '--mark': mark,
    '--keyring': flags.keyring,
    '--cohorts': cohortsFile(flags.cohorts),
  });
  for (const path of tokens ?? text ?? [])
    refuseToReplace(['--output', output], { [tokens ? '--tokens' : '--text']: path });
  for (const path of tokenizerFiles(flags.tokenizer)) refuseToReplace(['--output', output], { '--tokenizer': path });
}

function checkStream(flags: Flags): void {
  const { cohorts, decode, decoys, decoyKeys, details, threads } = flags;
  const others = {
    '--cohorts': cohorts,
    '--decode': decode,
    '--decoys': decoys,
    '--decoy-keys': decoyKeys,
    '--details': details,
  };
  const other = Object.entries(others).find(([, value]) => value !== undefined);
  if (other !== undefined) throw new CommandError(`--stream follows one mark; it does not go with ${other[0]}`);
  if (threads > 1) throw new CommandError('--stream takes one document after the other; it goes with --threads 1');
}

function sourceOf({ tokens, text, jsonl, idColumn, textColumn }: Flags): Source {
  const required = tokens === undefined ? [textColumn ?? 'text'] : ['tokens'];
  // The default id is the place; a column that was asked for has to be there.
  const optional = tokens === undefined ? ['prompt'] : ['prompt', 'promptTokens'];
  const columns =
    idColumn === undefined
      ? { required, optional: ['id', ...optional] }
      : { required: [idColumn, ...required], optional };
  return { paths: tokens ?? text ?? [], jsonl: jsonl === true || tokens !== undefined, columns };
}

function setupOf(
  flags: Flags,
  { layered, seal }: MarkFile,
  search: SearchSetup | undefined,
  done: number,
): DetectSetup {
  const { tokens, tokenizer, promptText, idColumn = 'id', textColumn = 'text', alpha, dedup, details } = flags;
  const { decoys, decoyKeys, seed = drawSeed(), stream } = flags;
  const words = isSeen() ? 'colored-words' : 'words';
  return {
    marks: seal(),
    layered,
    alpha,
    dedup,
    details,
    search,
    decoys,
    ...(decoyKeys === undefined ? {} : { decoyKeys: { count: decoyKeys, seed } }),
    ...(stream ? { stream: { done } } : {}),
    print: flags.json || flags.output !== undefined ? 'json' : words,
    text: tokens === undefined ? { tokenizer, prompt: promptText } : undefined,
    fields: { id: idColumn, text: textColumn },
  };
}

/** Standard output takes results as they come; a file gets them whole, and may have some of them already. */
async function openResults(flags: Flags, markFile: MarkFile): Promise<Results> {
  if (flags.output !== undefined) return openResultsFile(flags.output, workOf(flags, markFile), flags.resume === true);
  const { write } = openOutput('-');
  return { done: 0, tally: NO_RESULTS, append: write, finish: () => {}, leave: () => {} };
}

/** What the results depend on. Descriptors hold no secret; a prompt is somebody's text and stands there by its hash. */
function workOf(flags: Flags, { marks, layered }: MarkFile): Work {
  const { tokens, text = [], tokenizer, jsonl, promptText, idColumn, textColumn, alpha, dedup, details } = flags;
  const { cohorts, decode, decoys, decoyKeys, seed, stream } = flags;
  const inputs = (tokens ?? text).map(stateOf);
  const vocabulary = tokenizerFiles(tokenizer);
  const accounts = cohortsFile(cohorts);
  return {
    version: VERSION,
    mark: marks.map(({ descriptor }) => descriptor),
    layered,
    [tokens === undefined ? 'text' : 'tokens']: inputs,
    tokenizer: vocabulary.length === 0 ? tokenizer : vocabulary.map(stateOf),
    promptText: promptText && createHash('sha256').update(promptText).digest('hex'),
    ...{ alpha, dedup, details, jsonl, idColumn, textColumn, decode, decoys, decoyKeys, seed, stream },
    cohorts: accounts === undefined ? cohorts : [stateOf(accounts)],
  };
}

async function warnOfTokenizer(marks: readonly Mark[], { text, tokenizer }: Flags): Promise<void> {
  if (text === undefined || !tokenizer?.startsWith('hf:')) return;
  const { warnIfUnchecked } = await import('../tokenizers.ts');
  await warnIfUnchecked(marks, tokenizer.slice(3));
}

const noInput = (paths: readonly string[]) =>
  new CommandError(`${paths.map(nameOf).join(', ')}: expected at least one input, got none`);

/** Bytes of all the files, unless one is a stream. */
function bytesOf(paths: readonly string[]): number | undefined {
  const sizes = paths.map((path) => {
    const stats = path === '-' ? undefined : statSync(path, { throwIfNoEntry: false });
    return stats?.isFile() ? stats.size : Number.NaN;
  });
  const total = sizes.reduce((a, b) => a + b, 0);
  return Number.isNaN(total) ? undefined : total;
}

const HELP = `
Exit status:
  0  marked            of several inputs: at least one is marked
  1  not marked        of several inputs: none is marked, none inconclusive
  3  inconclusive      of several inputs: none is marked, at least one inconclusive
  2  error             results printed before it stay valid
With --output it speaks of all results in FILE, those from before a --resume too; on 2 FILE stays as it was, and FILE.partial
holds what results there are.

The mark file is the JSON that keygen wrote. An array of marks is tested layer by layer; the p-value of the whole is
corrected for their number. Keys come from the keyring, by the mark's kid or as the only usable key of its scheme.
Each input is tested on its own: of many unmarked inputs, a share of at most alpha is called marked on average.

--cohorts and --decode try many cohorts of the mark's key and report the best one, its p corrected for their number; the
cohort in the mark file plays no part. --decoys ranks the mark file's cohort among others without using any law;
--decoy-keys ranks its key among random ones, which any mark has, and checks the law on the text at hand.

--stream takes all inputs as one stream, and counts what repeats once in all of it. After each it prints an e-value; when
that has ever reached 1/alpha, the verdict is marked, for good (exit status 0; else 3). It may be stopped whenever one likes,
and more may be added later, without a false alarm more often than alpha.

Files may be compressed (.gz, .zst), and may be Parquet (.parquet, with the columns "tokens", or "text" and "id", if it is
there). With --output, results grow in FILE.partial, which gets its name in the end. After an interruption of any kind the
same command with --resume goes on behind the last whole result. FILE.partial.lock keeps a second process out meanwhile.

Examples:
  $ taggant detect --mark mark.json --text essay.txt
  $ taggant detect --mark mark.json --text corpus.jsonl.gz --tokenizer tiktoken:o200k_base --threads 4 --output results.jsonl
  $ taggant detect --mark mark.json --text answer.txt --cohorts 1-24000
  $ taggant detect --mark mark.json --text answer.txt --decoy-keys 100000
  $ taggant detect --mark mark.json --tokens answers.jsonl --stream --json
  $ taggant generate --mark mark.json --count 8 --json | taggant detect --mark mark.json --tokens - --json`;
