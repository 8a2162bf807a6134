/** `taggant generate`: marked text from a model on this machine. @module */
import { createHash, randomInt } from 'node:crypto';
import type { Mark, Tokenizer } from '@taggant/core';
import type { GenerationDedup } from '@taggant/sampler';
import type { LocalModel } from '@taggant/sampler/local-model';
import type { Command } from 'commander';
import { at, CommandError, complain } from '../errors.ts';
import { atLeastZero, choice, integer, type KeyringFlags, share, withKeyring } from '../flags.ts';
import { readJsonLines } from '../input.ts';
import { jsonLine, openOutput } from '../output.ts';
import { refuseToReplace } from '../paths.ts';
import { openProgress } from '../progress.ts';

interface Flags extends KeyringFlags {
  readonly mark?: string;
  readonly unmarked?: boolean;
  readonly model: string;
  readonly prompt?: string;
  readonly prompts?: string;
  readonly maxNewTokens: number;
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly greedy?: boolean;
  readonly dedup?: GenerationDedup;
  readonly ignoreEnd?: boolean;
  readonly seed?: number;
  readonly count: number;
  readonly batch: number;
  readonly out?: string;
  readonly json?: boolean;
}

export function generateCommand(program: Command): void {
  withKeyring(
    program
      .command('generate')
      .description('Write marked text with a model on this machine.')
      .option('--mark <file>', 'the mark; - is stdin; an array of marks puts all of them on the text')
      .option('--unmarked', 'leave the text unmarked, for comparison')
      .option('--model <folder>', 'tiny-lm, or a folder in the layout of transformers.js', 'tiny-lm')
      .option('--prompt <text>', 'what the text continues; tiny-lm needs none')
      .option('--prompts <file>', 'JSONL of prompts: {"id", "prompt"}; - is stdin')
      .option('--max-new-tokens <n>', 'length of a text at most', integer(1, 2 ** 20), 200)
      .option('--temperature <t>', 'sampling temperature', atLeastZero, 1)
      .option('--top-k <k>', 'sample from the k likeliest tokens; 0 is all', integer(0, 2 ** 24), 0)
      .option('--top-p <p>', 'sample from the likeliest tokens that reach this probability', share, 1)
      .option('--greedy', 'take the likeliest token; for green lists only')
      .addOption(
        choice(
          '--dedup <mode>',
          'leave contexts unmarked that came before (default: none; single-turn for gumbel, tournament)',
          ['none', 'single-turn', 'all'],
        ),
      )
      .option('--ignore-end', 'never choose the end-of-text token: every text gets its full length')
      .option(
        '--seed <n>',
        'the same seed and flags give the same texts (default: drawn and shown)',
        integer(0, 2 ** 32 - 1),
      )
      .option('--count <n>', 'texts per prompt', integer(1, 2 ** 20), 1)
      .option('--batch <n>', 'texts at a time', integer(1, 1024), 8)
      .option('--out <file>', 'where the texts go, written whole or not at all (default: stdout)')
      .option('--json', 'print JSONL: {"id", "prompt", "text", "tokens", "promptTokens", "seed", "mark"}'),
  )
    .addHelpText('after', HELP)
    .action(generate);
}

async function generate(flags: Flags): Promise<void> {
  const { out, keyring, mark: markFile, prompts } = flags;
  refuseToReplace(['--out', out], { '--keyring': keyring, '--mark': markFile, '--prompts': prompts });
  const marks = await openMarks(flags);
  const seed = flags.seed ?? randomInt(2 ** 32);
  const output = openOutput(flags.out);
  const { model, tokenizer, settings } = await openModel(flags, marks);
  if (flags.seed === undefined) await complain(`seed ${seed}`);
  const kids = marks.map(({ descriptor }) => descriptor.kid ?? null);
  const mark = kids.length > 1 ? kids : (kids[0] ?? null);
  const { maxNewTokens, ignoreEnd, batch } = flags;
  const progress = await openProgress(prompts === undefined ? flags.count : undefined, batch + 1);
  let done = 0;
  for await (const jobs of batches(readJobs(flags, model, tokenizer), batch)) {
    const starts = jobs.map((job) => job.promptTokens);
    const texts = await model.generate(starts, { maxNewTokens, ignoreEnd, settings, seed: seedOf(seed, done) });
    for (const [i, { id, prompt, promptTokens }] of jobs.entries()) {
      const text = tokenizer.decode(texts[i]);
      const separator = done++ === 0 ? '' : '\n';
      const ids = { tokens: Array.from(texts[i]), promptTokens: Array.from(promptTokens) };
      await output.write(
        flags.json
          ? jsonLine({ id, prompt, text, ...ids, seed, mark })
          : `${separator}${text}${text.endsWith('\n') ? '' : '\n'}`,
      );
    }
    progress.advance(jobs.length);
  }
  progress.stop();
  await model.dispose();
  if (done === 0) throw new CommandError(`${prompts}: expected at least one prompt, got none`);
  await output.close();
}

/** Every batch draws anew, and runs with neighbouring seeds share nothing. */
const seedOf = (seed: number, done: number) => createHash('sha256').update(`${seed}/${done}`).digest().readUInt32LE();

async function openMarks(flags: Flags): Promise<readonly Mark[]> {
  if (flags.unmarked) return [];
  if (flags.mark === undefined) throw new CommandError('generate expected --mark FILE, or --unmarked');
  if (flags.mark === '-' && flags.prompts === '-') throw new CommandError('stdin (-) can be read once only');
  const { openMarkFile } = await import('../mark-file.ts');
  const { marks } = await openMarkFile(flags.mark, 'marking', flags);
  if (flags.count > 1 && marks.some(({ law }) => law.law !== 'binomial')) {
    await complain('warning: a gumbel mark fixes the choices, so texts of the same prompt may coincide');
  }
  return marks;
}

/** The sampling settings come first: what they refuse should not wait for a model to load. */
async function openModel(flags: Flags, marks: readonly Mark[]) {
  const { openLocalModel } = await import('@taggant/sampler/local-model');
  const { markedGeneration, plainGeneration } = await import('@taggant/sampler/transformers');
  const { temperature, topK, topP, dedup } = flags;
  const sampling = { doSample: !flags.greedy, temperature, topK, topP };
  const settings = marks.length === 0 ? plainGeneration(sampling) : markedGeneration(marks, { ...sampling, dedup });
  const tiny = flags.model === 'tiny-lm' ? await import('@taggant/tiny-lm') : undefined;
  const model = await open(() => openLocalModel(tiny?.tinyLmFolder ?? flags.model));
  const tokenizer = tiny?.tinyLmTokenizer() ?? (await openFolderTokenizer(flags.model, marks, model));
  const { checkSameTokenizer } = await import('@taggant/core');
  for (const { descriptor } of marks) {
    checkSameTokenizer(descriptor.tokenizer, tokenizer.id);
    const sizes = { vocabSize: descriptor.vocabSize, 'tokenizer.vocabSize': descriptor.tokenizer?.vocabSize };
    for (const [field, size = model.vocabSize] of Object.entries(sizes)) {
      if (size === model.vocabSize) continue;
      throw new CommandError(`the mark's "${field}" expected the model's ${model.vocabSize}, got ${size}`);
    }
  }
  return { model, tokenizer, settings };

  async function open<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      throw at(`cannot open model ${flags.model}`, error);
    }
  }
}

async function openFolderTokenizer(folder: string, marks: readonly Mark[], model: LocalModel): Promise<Tokenizer> {
  const { openTokenizerFile, warnIfUnchecked } = await import('../tokenizers.ts');
  const name = marks.find(({ descriptor }) => descriptor.tokenizer)?.descriptor.tokenizer?.name;
  const tokenizer = await openTokenizerFile(folder, { name, vocabSize: model.vocabSize });
  await warnIfUnchecked(marks, folder);
  return tokenizer;
}

interface Job {
  readonly id: string | number;
  readonly prompt: string;
  readonly promptTokens: ArrayLike<number>;
}

async function* readJobs(flags: Flags, model: LocalModel, tokenizer: Tokenizer): AsyncGenerator<Job> {
  for await (const { id, prompt, place } of readPrompts(flags)) {
    const promptTokens = await encodePrompt(prompt, place);
    for (let i = 1; i <= flags.count; i++) {
      yield { id: flags.count === 1 ? id : `${id}-${i}`, prompt, promptTokens };
    }
  }

  async function encodePrompt(prompt: string, place: string): Promise<ArrayLike<number>> {
    const ids = tokenizer.encode(prompt);
    const length = Math.max(1, ids.length);
    if (length + flags.maxNewTokens > model.maxLength) {
      throw new CommandError(
        `${place}: prompt (${length} tokens) and --max-new-tokens (${flags.maxNewTokens}) expected at most ${model.maxLength} together`,
      );
    }
    if (ids.length > 0) return ids;
    if (flags.model !== 'tiny-lm') throw new CommandError(`${place}: expected a prompt of at least one token`);
    return [(await import('@taggant/tiny-lm')).TINY_LM_END];
  }
}

async function* readPrompts({ prompt, prompts }: Flags) {
  if (prompts === undefined) {
    yield { id: '1' as string | number, prompt: prompt ?? '', place: '--prompt' };
    return;
  }
  if (prompt !== undefined) throw new CommandError('generate expected --prompt or --prompts, got both');
  for await (const { fields, place } of readJsonLines(prompts)) {
    const { id = place, prompt: text } = fields;
    if (typeof text !== 'string') throw new CommandError(`${place}: "prompt" expected a string`);
    if (typeof id !== 'string' && !Number.isSafeInteger(id)) {
      throw new CommandError(`${place}: "id" expected a string or an integer`);
    }
    yield { id: id as string | number, prompt: text, place };
  }
}

async function* batches<T>(items: AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let batch: T[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

const HELP = `
Examples:
  $ taggant generate --mark mark.json --prompt "It was a dark night" --seed 1
  $ taggant generate --mark mark.json --prompts prompts.jsonl --temperature 0.8 --top-p 0.95 --json --out texts.jsonl
  $ taggant generate --unmarked --count 20 --json > plain.jsonl

A model folder holds config.json, tokenizer.json and onnx/model.onnx (float32); nothing is downloaded.
Gumbel and tournament marks need a choice to make: they refuse --greedy, --temperature 0 and --top-k 1.
Without --json, texts are separated by an empty line.`;
