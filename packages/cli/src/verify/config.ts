/** The config of a gate: found, loaded and checked. @module */
import { existsSync } from 'node:fs';
import { dirname, extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type GateConfig, parseConfig } from '@taggant/verify';
import { at, CommandError } from '../errors.ts';
import { parseJsonExactly, readText } from '../input.ts';

export interface ConfigFile {
  readonly path: string;
  readonly config: GateConfig;
  /** A path of the config, from its folder. */
  resolve(path: string): string;
}

/** Reads the config at `path`, or the one that stands in this folder. */
export async function readConfig(path = found()): Promise<ConfigFile> {
  const value = /\.json$/.test(path) ? parseJsonExactly(await readText(path), path) : await importDefault(path);
  try {
    return { path, config: parseConfig(value), resolve: (file) => resolve(dirname(path), file) };
  } catch (error) {
    throw at(path, error);
  }
}

function found(): string {
  const path = EXTENSIONS.map((extension) => `taggant.config${extension}`).find((name) => existsSync(name));
  if (path !== undefined) return path;
  throw new CommandError(`no taggant.config${EXTENSIONS.join(' or ')} in this folder; --config names another`);
}

/** A module of the user's. TypeScript goes through jiti: Node 20 does not read it. */
export async function importModule(path: string): Promise<Record<string, unknown>> {
  const file = resolve(path);
  if (!existsSync(file)) throw new CommandError(`${path}: no such file or folder`);
  try {
    if (!/\.[mc]?ts$/.test(extname(file))) return await import(pathToFileURL(file).href);
    const { createJiti } = await import('jiti');
    return await createJiti(import.meta.url, { fsCache: false }).import(file);
  } catch (error) {
    throw at(path, error);
  }
}

async function importDefault(path: string): Promise<unknown> {
  const { default: value } = await importModule(path);
  if (value === undefined) throw new CommandError(`${path}: expected a default export, got none`);
  return value;
}

const EXTENSIONS = ['.ts', '.mts', '.js', '.mjs', '.json'];
