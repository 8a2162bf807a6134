/** A file that says which process is at work, so that no second one does the same. @module */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { CommandError } from './errors.ts';
import { endCleanly } from './output.ts';

/** Holds the lock until this process ends. What a dead process left is taken over; throws while another one lives. */
export function holdLock(path: string): void {
  while (!create(path)) {
    const owner = ownerOf(path);
    if (owner === undefined) continue;
    if (isAlive(owner)) {
      throw new CommandError(
        `process ${owner} is writing this file; wait for it, or remove ${path} if that is another program`,
      );
    }
    rmSync(path, { force: true });
  }
  endCleanly(() => rmSync(path, { force: true }));
}

function create(path: string): boolean {
  try {
    writeFileSync(path, `${process.pid}\n`, { flag: 'wx' });
    return true;
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    throw error;
  }
}

/** The number of its process; undefined when the lock is gone meanwhile. */
function ownerOf(path: string): number | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
  if (/^[1-9]\d*\n$/.test(text)) return Number(text);
  throw new CommandError(`${path} expected the number of a process; remove it if none is writing this file`);
}

/** A number of our own was a dead process's: in a container numbers come again. */
function isAlive(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return !isCode(error, 'ESRCH');
  }
}

const isCode = (error: unknown, code: string) => (error as NodeJS.ErrnoException).code === code;
