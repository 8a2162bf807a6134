/** A file that says which process is at work, so that no second one on this machine does the same. @module */
import { randomBytes } from 'node:crypto';
import { constants, copyFileSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/**
 * Takes the lock, and returns what gives it back. What a dead process left is taken over; throws while another one lives,
 * or while this process holds it already. A process that ends gives back what it holds, unless it is killed. `busy`: what the
 * other process is doing.
 *
 * @example
 * const release = takeLock('run.lock');
 */
export function takeLock(path: string, busy = (owner: number) => `process ${owner} is writing this file`): () => void {
  while (!create(path)) {
    const owner = ownerOf(path);
    if (owner === undefined) continue;
    if (isAtWork(owner, path)) {
      throw new Error(`${busy(owner)}; wait for it, or remove ${path} if that is another program`);
    }
    removeThatOf(owner, path);
  }
  held.add(path);
  const release = () => {
    if (!held.delete(path)) return;
    process.off('exit', release);
    rmSync(path, { force: true });
  };
  process.on('exit', release);
  return release;
}

/** A link makes the name and the content appear at once: nobody reads a lock without an owner. */
function create(path: string): boolean {
  const own = besides(path);
  writeFileSync(own, `${process.pid}\n`, { flag: 'wx' });
  try {
    return link(own, path);
  } finally {
    rmSync(own, { force: true });
  }
}

/** Two processes may find the same dead owner: the second must not remove the first one's new lock. */
function removeThatOf(dead: number, path: string): void {
  const taken = besides(path);
  try {
    renameSync(path, taken);
  } catch (error) {
    if (isCode(error, 'ENOENT')) return;
    throw error;
  }
  if (ownerOf(taken) !== dead) link(taken, path);
  rmSync(taken, { force: true });
}

/** Whether the name was free. Some file systems have no links; there a copy must do, which is not there at once. */
function link(from: string, to: string): boolean {
  try {
    try {
      linkSync(from, to);
    } catch (error) {
      if (!['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP'].some((code) => isCode(error, code))) throw error;
      copyFileSync(from, to, constants.COPYFILE_EXCL);
    }
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
  throw new Error(`${path} expected the number of a process; remove it if none is writing this file`);
}

/** A number of our own that we do not hold was a dead process's: in a container numbers come again. */
function isAtWork(pid: number, path: string): boolean {
  if (pid === process.pid) return held.has(path);
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return !isCode(error, 'ESRCH');
  }
}

const besides = (path: string) => `${path}-${process.pid}-${randomBytes(6).toString('hex')}`;
const isCode = (error: unknown, code: string) => (error as NodeJS.ErrnoException).code === code;
const held = new Set<string>();
