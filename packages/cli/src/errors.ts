/** Errors as one line for people: what failed, where, and never a stack trace or a file's contents. @module */
import { printable } from '@taggant/core';

/** Something the user can mend. Its message stands after `taggant: `. */
export class CommandError extends Error {}

/** The error with its place before it: `ids.jsonl:3: "tokens[0]" expected ...`. */
export function at(place: string, error: unknown): CommandError {
  return new CommandError(`${place}: ${explain(error)}`, { cause: error });
}

/** What went wrong, in words; system errors by their meaning. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  return (code !== undefined && SYSTEM_ERRORS[code]) || error.message;
}

/**
 * An error about a file of secrets. Errors quote what they got, and a secret may have slipped into a wrong field: long
 * quoted runs are cut out, and the original error is not kept as a cause.
 */
export function withoutSecrets(place: string, error: unknown): CommandError {
  const message = explain(error).replace(/"[^"\s]{24,}"/g, '"[...]"');
  return new CommandError(message.includes(place) ? message : `${place}: ${message}`);
}

/** Long runs without spaces are cut out: what was typed in the place of a flag's value may be a secret. Flags stay. */
export function masked(text: string): string {
  return text.replace(/[\w+/=-]{40,}|[\w-]{24,}/g, (run) => (/^--[a-z]+(-[a-z]+)+$/.test(run) ? run : '[...]'));
}

/**
 * One line on standard error, which is no command to a pipeline's runner: `##vso[` anywhere is one to Azure's. Resolves when it is out,
 * or when nobody listens any more.
 */
export function complain(message: string): Promise<void> {
  const line = `taggant: ${printable(message.trim().replace(/\s*\n\s*/g, ' ')).replaceAll('##', '#\\x23')}\n`;
  return new Promise((resolve) => process.stderr.write(line, () => resolve()));
}

const SYSTEM_ERRORS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EEXIST: 'exists already',
  EISDIR: 'is a folder, a file expected',
  EMFILE: 'too many open files',
  ENAMETOOLONG: 'the name is too long',
  ENOENT: 'no such file or folder',
  ENOSPC: 'no space left on the device',
  ENOTDIR: 'a part of the path is not a folder',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
};
