/** `taggant probe served`: logs of what we served, as a compact set of contexts. @module */

import { parseDescriptor, type Tokenizer } from '@taggant/core';
import { ServedContexts } from '@taggant/probes';
import { addServedLog, writeServedFile } from '@taggant/probes/runner';
import { at, CommandError } from '../errors.ts';
import type { KeyringFlags } from '../flags.ts';
import { isObject, parseJson } from '../input.ts';
import { writeWhole } from '../output.ts';
import { refuseToReplace } from '../paths.ts';
import { openTokenizer } from '../tokenizers.ts';
import { readBytes } from './plan-file.ts';

interface Flags extends KeyringFlags {
  readonly mark: string;
  readonly logs: readonly string[];
  readonly tokenizer?: string;
}

export async function collectServed(path: string, { mark, logs, tokenizer: spec }: Flags): Promise<void> {
  for (const log of logs) refuseToReplace(['the file to write', path], { '--logs': log, '--mark': mark });
  const { contextWidth, tokenizer: id } = await shapeOf(mark);
  const name = spec ?? id?.name;
  if (name === undefined) throw new CommandError('probe served expected --tokenizer: the mark names none');
  const tokenizer = await openTokenizer(name, { name: id?.name, vocabSize: id?.vocabSize });
  const served = new ServedContexts({ contextWidth, tokenizer: tokenizer.id });
  for (const log of logs) await addLog(served, log, tokenizer);
  if (served.counts.texts === 0) throw new CommandError(`--logs ${logs.join(', ')} holds no texts`);
  try {
    writeServedFile(path, served);
  } catch (error) {
    throw at(path, error);
  }
  const { texts, contexts } = served.counts;
  await writeWhole('-', `${path}: ${contexts} contexts of ${texts} texts\n`);
}

/** Errors of a line name file and line. */
async function addLog(served: ServedContexts, log: string, tokenizer: Tokenizer): Promise<void> {
  try {
    await addServedLog(served, log, { tokenizer });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw code === undefined ? new CommandError(message, { cause: error }) : at(`cannot read ${log}`, error);
  }
}

/** Width and tokenizer: no key is needed to count contexts. */
async function shapeOf(path: string) {
  const value = parseJson(readBytes(path).toString('utf8'), path);
  if (isObject(value) && value.mark === 'taggant/1') {
    try {
      return parseDescriptor(value);
    } catch (error) {
      throw at(path, error);
    }
  }
  throw new CommandError(`${path}: expected a native mark (taggant/1)`);
}
