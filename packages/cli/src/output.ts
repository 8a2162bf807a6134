/**
 * Where results go: standard output, or a file that appears whole or not at all.
 * @module
 */
import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { putInPlace, temporaryBeside } from '@taggant/core/whole-file';
import { at } from './errors.ts';
import { isObject } from './input.ts';

export interface Output {
  write(text: string): Promise<void>;
  /** Makes a file appear under its name. */
  close(): Promise<void>;
}

/** Opens a path, or standard output for `-` and undefined. `mode`: of a new file. */
export function openOutput(path: string | undefined, mode = 0o666): Output {
  if (path === undefined || path === '-') return standardOutput;
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    // A device or a pipe cannot be replaced by a file and must not be.
    return stats === undefined || stats.isFile() || stats.isDirectory()
      ? openWholeFile(path, stats, mode)
      : describeErrors(path, openSync(path, 'w'));
  } catch (error) {
    throw at(`cannot write ${path}`, error);
  }
}

/** Writes a whole file in one go. */
export async function writeWhole(path: string, text: string, mode?: number): Promise<void> {
  const output = openOutput(path, mode);
  await output.write(text);
  await output.close();
}

/** Whether somebody sees standard output, in colours. */
export function isSeen(): boolean {
  const { NO_COLOR, TERM } = process.env;
  return process.stdout.isTTY === true && !NO_COLOR && TERM !== 'dumb';
}

/** JSON in which `##`, which stands in strings only, is written `#\u0023`: to a pipeline's runner `##vso[` anywhere is a command. */
export const jsonInLog = (json: string): string => json.replaceAll('##', '#\\u0023');

/** JSON without the silence of `JSON.stringify` about numbers that JSON cannot hold. */
export function jsonLine(value: unknown): string {
  const refuse = (key: string, field: unknown) => {
    if (typeof field !== 'number' || Number.isFinite(field)) return field;
    throw new RangeError(`"${key}" expected a finite number, got ${field}`);
  };
  return `${jsonInLog(JSON.stringify(value, refuse))}\n`;
}

/** Errors of standard output arrive at the stream's own handler in main.ts, which ends the process. */
const standardOutput: Output = {
  write: (text) => new Promise((resolve) => process.stdout.write(text, (error) => error == null && resolve())),
  close: async () => {},
};

/** A new file beside the target, renamed over it in the end, and removed if the process ends before. */
function openWholeFile(path: string, existing: Stats | undefined, mode: number): Output {
  if (existing?.isDirectory()) throw Object.assign(new Error('is a folder'), { code: 'EISDIR' });
  refuseKeyring(path);
  const target = existing === undefined ? path : realpathSync(path);
  const temporary = temporaryBeside(target);
  const discard = () => rmSync(temporary, { force: true });
  // Before the file is there, so that no signal comes between.
  const release = endCleanly(discard);
  let file: number;
  try {
    file = openSync(temporary, 'wx', existing === undefined ? mode : existing.mode & 0o777);
  } catch (error) {
    release();
    throw error;
  }
  return describeErrors(path, file, () => {
    refuseKeyring(target);
    putInPlace(temporary, target);
    release();
  });
}

/** Secret keys cannot be had back: whatever its name, a keyring is replaced by the commands that change it only. */
export function refuseKeyring(path: string): void {
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? Number.POSITIVE_INFINITY) > MAX_KEYRING_BYTES) return;
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return;
    throw error;
  }
  if (isKeyring(value)) throw new Error('is a keyring, which holds secret keys');
}

export const isKeyring = (value: unknown): boolean => isObject(value) && 'keyring' in value;

function describeErrors(path: string, file: number, finish = () => {}): Output {
  const attempt = async (act: () => void) => {
    try {
      act();
    } catch (error) {
      throw at(`cannot write ${path}`, error);
    }
  };
  return {
    write: (text) => attempt(() => writeFileSync(file, text)),
    close: () =>
      attempt(() => {
        try {
          fsyncSync(file);
        } catch (error) {
          // Devices and pipes have nothing to flush.
          if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw error;
        }
        closeSync(file);
        finish();
      }),
  };
}

/** Runs `discard` when the process ends, by a signal too, unless the returned function is called before. */
export function endCleanly(discard: () => void): () => void {
  const signals = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
  const handlers = Object.entries(signals).map(([signal, code]) => [signal, () => process.exit(code)] as const);
  process.on('exit', discard);
  for (const [signal, handler] of handlers) process.on(signal, handler);
  return () => {
    process.off('exit', discard);
    for (const [signal, handler] of handlers) process.off(signal, handler);
  };
}

const MAX_KEYRING_BYTES = 1 << 26;
