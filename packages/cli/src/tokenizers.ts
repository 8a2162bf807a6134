/** Tokenizers by name: `tiny-lm`, `tiktoken:NAME`, `hf:PATH`. Each is loaded when asked for. @module */
import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { checkSameTokenizer, type Mark, show, type Tokenizer } from '@taggant/core';
import { at, CommandError, complain, masked } from './errors.ts';
import { isObject, parseJson, readText } from './input.ts';
import { tokenizerFiles } from './paths.ts';

export const TOKENIZER_HELP = 'tiny-lm, tiktoken:NAME (such as tiktoken:o200k_base) or hf:PATH (a tokenizer.json)';

/** The tokenizer of a mark's texts, by default the one that the mark names, if it comes along; throws when it is not the mark's. */
export async function openTokenizerOf(marks: readonly Mark[], spec: string | undefined): Promise<Tokenizer> {
  const ids = marks.map(({ descriptor }) => descriptor.tokenizer);
  const marked = ids.find((id) => id !== undefined);
  const known = marked !== undefined && /^(tiny-lm$|tiktoken:)/.test(marked.name) ? marked.name : undefined;
  const chosen = spec ?? known;
  if (chosen === undefined) {
    const named = marked === undefined ? '' : `, the mark's is ${show(marked.name)}`;
    throw new CommandError(`--text needs --tokenizer: ${TOKENIZER_HELP}${named}`);
  }
  const tokenizer = await openTokenizer(chosen, { name: marked?.name });
  for (const id of ids) checkSameTokenizer(id, tokenizer.id);
  return tokenizer;
}

/** A file goes under the name that the mark gives, so that its hash alone can tell it from another. */
export async function warnIfUnchecked(marks: readonly Mark[], path: string): Promise<void> {
  if (marks.every(({ descriptor }) => descriptor.tokenizer?.sha256 !== undefined)) return;
  await complain(
    `warning: the mark names no sha256 of its tokenizer, so nothing checks that ${path} is it; with another tokenizer no mark is found`,
  );
}

export interface TokenizerOptions {
  /** What to call the tokenizer of a file. Default: its folder. */
  readonly name?: string;
  /** Width of the logits, when known. */
  readonly vocabSize?: number;
}

export async function openTokenizer(spec: string, options: TokenizerOptions = {}): Promise<Tokenizer> {
  const [kind, ...rest] = spec.split(':');
  const argument = rest.join(':');
  if (spec === 'tiny-lm') return (await import('@taggant/tiny-lm')).tinyLmTokenizer();
  if (kind === 'tiktoken') return (await import('@taggant/detector/tiktoken')).tiktokenTokenizer(argument as never);
  if (kind === 'hf' && argument !== '') {
    if (existsSync(argument)) return openTokenizerFile(argument, options);
    // A path is quoted whole unless all of it may be a secret.
    const shown = masked(argument) === '[...]' ? '[...]' : argument;
    throw new CommandError(`cannot read ${shown}: no such file or folder`);
  }
  throw new CommandError(`--tokenizer expected ${TOKENIZER_HELP}, got ${masked(JSON.stringify(spec))}`);
}

/** A `tokenizer.json`, or the folder that holds it, with the `tokenizer_config.json` beside it. */
export async function openTokenizerFile(path: string, options: TokenizerOptions = {}): Promise<Tokenizer> {
  const [file, beside] = tokenizerFiles(`hf:${path}`);
  const json = await readText(file);
  const config = existsSync(beside) ? await readText(beside) : undefined;
  const { huggingFaceTokenizer } = await import('@taggant/detector/huggingface');
  try {
    return huggingFaceTokenizer(json, { config, name: basename(dirname(resolve(file))), ...defined(options) });
  } catch (error) {
    throw at(`${file}: expected a Hugging Face tokenizer.json`, error);
  }
}

/** Width of the logits of the model beside a tokenizer file, which may exceed the tokenizer's ids. */
export async function vocabSizeBeside(path: string): Promise<number | undefined> {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory();
  const file = join(isFolder ? path : dirname(path), 'config.json');
  if (!existsSync(file)) return undefined;
  const config = parseJson(await readText(file), file);
  return isObject(config) && Number.isInteger(config.vocab_size) ? (config.vocab_size as number) : undefined;
}

const defined = (options: TokenizerOptions) =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
