/** Runs the real command as a child process, and remembers all it said. @module */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { hkdfSync } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Mark, type NativeMarkInput, openMark, SCHEMES, Secret } from '@taggant/core';
import { MarkHook, sampleToken } from '@taggant/sampler';
import { afterAll, expect } from 'vitest';

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd: string;
  readonly input?: string | Uint8Array;
  readonly env?: Record<string, string>;
  /** Flags for Node itself. */
  readonly node?: readonly string[];
}

/** What stands behind `node`. After a build the built command, which starts five times as fast as its sources. */
const COMMAND: readonly string[] =
  process.env.TAGGANT_BUILT === '1'
    ? [fileURLToPath(new URL('../bin/taggant.js', import.meta.url))]
    : [
        '--conditions=@taggant/source',
        '--import',
        createRequire(import.meta.url).resolve('tsx'),
        fileURLToPath(new URL('../src/main.ts', import.meta.url)),
      ];
const said: Said[] = [];
const secrets: Uint8Array[] = [];

export function start(args: readonly string[], { cwd, env = {}, node = [] }: RunOptions) {
  const command = [...node, ...COMMAND, ...args];
  return follow(args, spawn(process.execPath, command, { cwd, env: { ...process.env, CI: 'true', ...env } }));
}

/** The command as a shell runs it, redirections included. */
export function runInShell(args: string, { cwd }: RunOptions): Promise<Ended> {
  const script = `"$0" ${COMMAND.map((_, i) => `"$${i + 1}"`).join(' ')} ${args}`;
  const { child, ended } = follow([args], spawn('sh', ['-c', script, process.execPath, ...COMMAND], { cwd }));
  child.stdin.end();
  return ended;
}

/** The command with a terminal for its output, as the `script` of util-linux makes one. */
export function runOnTerminal(args: readonly string[], { cwd }: RunOptions): Promise<Ended> {
  const command = [process.execPath, ...COMMAND, ...args];
  const quoted = command.map((part) => `'${part}'`).join(' ');
  const { child, ended } = follow(args, spawn('script', ['-qec', `stty cols 100; ${quoted}`, '/dev/null'], { cwd }));
  child.stdin.end();
  return ended;
}

function follow(args: readonly string[], child: ChildProcessWithoutNullStreams) {
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.on('error', () => {});
  const ended = new Promise<Ended>((resolve) =>
    child.on('close', (status) => {
      said.push({ args, text: stdout + stderr });
      resolve({ status, stdout, stderr });
    }),
  );
  return { child, ended };
}

export function run(args: readonly string[], options: RunOptions): Promise<Ended> {
  const { child, ended } = start(args, options);
  child.stdin.end(options.input ?? '');
  return ended;
}

/** Asserts an error: status 2, one line on standard error that matches, no stack. */
export function expectError({ status, stderr }: Ended, message: RegExp): void {
  const lines = stderr.split('\n').filter((line) => line !== '' && !/^taggant: (warning: |seed \d)/.test(line));
  expect(lines).toEqual([expect.stringMatching(message)]);
  expect(lines[0]).toMatch(/^taggant: /);
  expect(status).toBe(2);
}

export const jsonLines = (text: string) =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

/** A folder of its own for a test file, removed in the end. */
export function temporaryFolder(): { path: string; file(name: string, content: unknown, mode?: number): string } {
  const path = mkdtempSync(join(tmpdir(), 'taggant-cli-'));
  afterAll(() => rmSync(path, { recursive: true, force: true }));
  return {
    path,
    file(name, content, mode = 0o644) {
      const text = typeof content === 'string' || content instanceof Uint8Array ? content : JSON.stringify(content);
      writeFileSync(join(path, name), text);
      chmodSync(join(path, name), mode);
      return name;
    },
  };
}

/** From now on, this secret must show up nowhere. */
export function watch(secret: Uint8Array): Uint8Array {
  secrets.push(secret);
  return secret;
}

export function watchKeyring(path: string): void {
  for (const { secret } of JSON.parse(readFileSync(path, 'utf8')).keys) watch(Buffer.from(secret, 'base64url'));
}

interface Said {
  readonly args: readonly string[];
  readonly text: string;
}

/** The commands of this test file whose words hold a watched secret, or a key derived from it, in any form. */
export function leaks(texts: readonly Said[] = said): string[] {
  const keysOf = (secret: Uint8Array) =>
    SCHEMES.flatMap((scheme) =>
      ['', 'tenant'].map((label) => new Uint8Array(hkdfSync('sha256', secret, '', `taggant/1/${scheme}/${label}`, 32))),
    );
  const forms = secrets.flatMap((secret) => [secret, ...keysOf(secret)]).flatMap(formsOf);
  return texts
    .map(({ args, text }) => ({ args, text: text.replace(/\s/g, '') }))
    .filter(({ text }) => forms.some((form) => text.includes(form) || text.toLowerCase().includes(form)))
    .map(({ args }) => args.join(' '));
}

export const everythingSaid = () => said.length;

/** The first half of each form is enough: half a secret is a leak too. */
function formsOf(bytes: Uint8Array): string[] {
  const half = Buffer.from(bytes.slice(0, 4 * Math.floor(bytes.length / 8)));
  const words = Array.from({ length: half.length / 4 }, (_, i) => half.readUInt32LE(4 * i));
  const base64 = half.toString('base64url').slice(0, -2);
  return [
    half.toString('hex'),
    base64,
    base64.replaceAll('-', '+').replaceAll('_', '/'),
    half.join(','),
    words.join(','),
  ];
}

export const SECRET = watch(Uint8Array.from({ length: 32 }, (_, i) => (i * 37 + 11) % 256));
export const SECRET_HEX = Buffer.from(SECRET).toString('hex');

export const open = (input: NativeMarkInput): Mark => openMark(input, Secret.fromBytes(SECRET));

/** `length` tokens of a flat distribution over `vocabSize` tokens, with the marks on it. */
export function writeTokens(marks: readonly Mark[], length: number, seed: number, vocabSize = 1000): number[] {
  const random = mulberry32(seed);
  const hook = marks.length === 0 ? undefined : new MarkHook(marks, { vocabSize });
  const sequence = hook?.start();
  const tokens: number[] = [];
  while (tokens.length < length) {
    const row = new Float32Array(vocabSize);
    if (hook && sequence) hook.processLogits(row, [sequence]);
    const token = sampleToken(row, random());
    sequence?.push(token);
    tokens.push(token);
  }
  return tokens;
}

export function mulberry32(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
