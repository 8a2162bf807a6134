/** Coverage audits: of a log by itself, and as checks of a gate. @module */
import { existsSync } from 'node:fs';
import { type Mark, MarkKey, type NativeDescriptor, openMark, type Tokenizer } from '@taggant/core';
import {
  type Check,
  type CoverageOptions,
  type CoverageResult,
  coverageChecks,
  measureStrength,
  openCoverage,
  readServed,
} from '@taggant/verify';
import { at, CommandError } from '../errors.ts';
import type { KeyringFlags } from '../flags.ts';
import { readJsonLines } from '../input.ts';
import { readKeyring } from '../keyring-store.ts';
import { jsonLine, openOutput } from '../output.ts';
import type { ConfigFile } from './config.ts';

/** Of the responses that are known to be marked, the share that may be weaker than is expected. */
export const OUTSIDE = 0.05;

interface AuditOptions extends CoverageOptions {
  /** Where the class of each response that counts goes. */
  readonly responses?: string;
  /** Responses that are known to be marked: how strong marked ones are. */
  readonly known?: string;
}

/** Reads a log line by line. */
export async function auditLog(
  path: string,
  mark: Mark,
  { responses, known, ...options }: AuditOptions,
): Promise<CoverageResult> {
  const strength = known === undefined ? undefined : await strengthOf(known, mark, options.tokenizer);
  const { classify, tally } = openCoverage(mark, { ...options, strength });
  const output = responses === undefined ? undefined : openOutput(responses);
  for await (const { place, fields } of readJsonLines(path)) {
    try {
      const classified = classify(readServed(fields));
      if (tally.add(classified)) await output?.write(jsonLine(classified));
    } catch (error) {
      throw at(place, error);
    }
  }
  await output?.close();
  const result = tally.result();
  if (result.all.n === 0) throw new CommandError(`${path} holds no responses`);
  return result;
}

async function strengthOf(path: string, mark: Mark, tokenizer: Tokenizer | undefined) {
  const known: { tokens: ArrayLike<number>; prompt?: ArrayLike<number> }[] = [];
  for await (const { place, fields } of readJsonLines(path)) {
    try {
      // Nobody asks for their ids.
      const { tokens, text, prompt } = readServed({ ...fields, id: place });
      const ids = tokens ?? (text === undefined ? undefined : tokenizer?.encode(text));
      if (ids === undefined) throw new TypeError('"tokens" expected, or "text" and a tokenizer');
      known.push({ tokens: ids, prompt });
    } catch (error) {
      throw at(place, error);
    }
  }
  try {
    return measureStrength(known, mark, { outside: OUTSIDE });
  } catch (error) {
    throw at(path, error);
  }
}

/** The keyring's other keys, under the mark's settings: what a response may carry in its place. */
export function otherMarks({ descriptor }: Mark, flags: KeyringFlags): Mark[] {
  if (descriptor.mark !== 'taggant/1' || !existsSync(flags.keyring)) return [];
  const { kid, ...settings } = descriptor as NativeDescriptor;
  return readKeyring(flags)
    .entries.map(({ key }) => key)
    .filter((key): key is MarkKey => key instanceof MarkKey && key.scheme === settings.scheme && key.kid !== kid)
    .map((key) => openMark(settings as NativeDescriptor, key));
}

/** The coverage that a config asks for, as checks: one for all traffic, one for each class. */
export async function checksOfCoverage(
  { config: { coverage, keyring = 'taggant-keys.json' }, resolve }: ConfigFile,
  { mark, tokenizer }: { readonly mark: Mark; readonly tokenizer?: Tokenizer },
): Promise<Check[]> {
  if (coverage === undefined) return [];
  const { responses, least, known, logprobs } = coverage;
  const others = otherMarks(mark, { keyring: resolve(keyring) });
  const options = { tokenizer, others, logprobs, known: known && resolve(known) };
  return coverageChecks(await auditLog(resolve(responses), mark, options), least);
}
