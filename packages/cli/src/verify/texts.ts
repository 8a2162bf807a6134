/** Texts that go to a model, or into texts that do: never a file of secrets that was named by mistake. @module */
import type { EngineMarkFile } from '@taggant/engines';
import { CommandError } from '../errors.ts';
import { isObject, readJsonLines, readText } from '../input.ts';
import { holdsKey } from '../mark-file.ts';
import { isKeyring } from '../output.ts';

/** A JSONL file's texts, or those of a text file between blank lines. */
export async function textsOf(path: string, field: string): Promise<string[]> {
  const texts: string[] = [];
  if (!/\.jsonl(\.gz|\.zst)?$/.test(path)) {
    texts.push(
      ...(await readPublic(path))
        .split(/\n\s*\n/)
        .map((text) => text.trim())
        .filter(Boolean),
    );
  } else {
    for await (const { place, fields } of readJsonLines(path)) {
      refuseSecrets(fields, place);
      if (typeof fields[field] !== 'string') throw new CommandError(`${place}: expected "${field}" as text`);
      texts.push(fields[field]);
    }
  }
  if (texts.length === 0) throw new CommandError(`${path}: expected at least one text, got none`);
  return texts;
}

/** A text file without secrets. */
export async function readPublic(path: string): Promise<string> {
  const text = await readText(path);
  // Of JSONL the first line is JSON.
  for (const json of [text, text.trimStart().split('\n', 1)[0]]) {
    try {
      refuseSecrets(JSON.parse(json), path);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
  }
  return text;
}

function refuseSecrets(value: unknown, place: string): void {
  for (const entry of Array.isArray(value) ? value : [value]) {
    if (isKeyring(entry)) throw new CommandError(`${place}: expected texts, got a keyring, which holds secret keys`);
    // A config has the mark in a field of its own.
    if (isObject(entry) && typeof entry.mark === 'object' && entry.mark !== null) refuseSecrets(entry.mark, place);
    if (isObject(entry) && 'mark' in entry && ('secret' in entry || holdsKey(entry as unknown as EngineMarkFile))) {
      throw new CommandError(`${place}: expected texts, got a mark with its secret key`);
    }
  }
}
