/** What results depend on, as plain data without secrets that stands beside them, and how two such records differ. @module */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { masked } from './errors.ts';
import { isObject } from './input.ts';

/** Fields go by the flags they come from; files stand as lists of their states. */
export type Work = Readonly<Record<string, unknown>>;

/** Tells a file from another one, and from itself after a change. */
export interface FileState {
  readonly path: string;
  readonly bytes?: number;
  readonly modified?: string;
}

export function stateOf(path: string): FileState {
  const stats = path === '-' ? undefined : statSync(path, { throwIfNoEntry: false });
  return { path: path === '-' ? path : resolve(path), bytes: stats?.size, modified: stats?.mtime.toISOString() };
}

/** What is different now, in words; none if nothing is. */
export function differencesOf(begun: Work, now: Work): string[] {
  const names = [...new Set([...Object.keys(now), ...Object.keys(begun)])];
  const changed = names.filter((name) => !isSame(begun[name], now[name]));
  return [...new Set(changed.flatMap((name) => difference(name, begun[name], now[name])))];
}

function difference(name: string, was: unknown, is: unknown): string[] {
  if (name === 'mark' || name === 'layered') return ['--mark is another'];
  if (name === 'version') return [`taggant was ${was}, is ${is}`];
  const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  if (name === 'promptText') return [`${flag} is another`];
  const [then, now] = [was, is].map(asFiles);
  if (!then || !now || !isSame(then.map(pathOf), now.map(pathOf)))
    return [`${flag} was ${words(was)}, is ${words(is)}`];
  return now.flatMap((file, i) =>
    isSame(then[i], file) ? [] : [`${file.path} (${flag}) was ${sizeAndTime(then[i])}, is ${sizeAndTime(file)}`],
  );
}

function words(value: unknown): string {
  if (value === undefined) return 'not given';
  const files = asFiles(value);
  return files === undefined ? masked(String(value)) : files.map(pathOf).join(', ');
}

const sizeAndTime = ({ bytes, modified }: FileState) =>
  bytes === undefined ? 'not there' : `${bytes} bytes of ${modified}`;
const asFiles = (value: unknown) =>
  Array.isArray(value) && value.every((item) => isObject(item) && 'path' in item) ? (value as FileState[]) : undefined;
const pathOf = ({ path }: FileState) => path;
const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
