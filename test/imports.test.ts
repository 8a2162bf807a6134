/** The house has floors (the table in CONTRIBUTING.md): imports point down only. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

/** What each package may import, besides itself. */
const ALLOWED: Record<string, readonly string[]> = {
  kernels: [],
  stats: [],
  core: ['kernels', '@noble/hashes'],
  engines: ['core', 'kernels', 'stats', '@noble/hashes'],
  sampler: ['core', '@huggingface/transformers', 'node-llama-cpp'],
  detector: ['core', 'stats', '@huggingface/tokenizers', 'tiktoken'],
  'tiny-lm': ['core', 'detector'],
  probes: ['core', 'detector', 'stats', '@huggingface/transformers', '@noble/hashes', 'canonicalize'],
  verify: ['core', 'detector', 'sampler', 'stats', '@huggingface/transformers'],
  report: ['core', 'detector', 'probes', 'stats', 'verify', 'vega', 'vega-lite'],
  cli: [
    'core',
    'detector',
    'engines',
    'probes',
    'report',
    'sampler',
    'stats',
    'tiny-lm',
    'verify',
    'cli-progress',
    'commander',
    'fzstd',
    'hyparquet',
    'hyparquet-compressors',
    'jiti',
    'picocolors',
    'yaml',
  ],
};

/** Packages that must run in a browser as they are: nothing of Node, except in the files named, which their `.` never reaches. */
const PORTABLE: Record<string, readonly string[]> = {
  kernels: [],
  stats: [],
  core: ['keyring-file.ts', 'whole-file.ts'],
  engines: [],
  sampler: ['transformers/local-model.ts'],
  detector: ['task-thread.ts', 'threads.ts'],
  probes: [
    'files/assignment-file.ts',
    'files/bundle.ts',
    'files/check-bundle.ts',
    'files/file-hash.ts',
    'files/journal.ts',
    'files/lock.ts',
    'files/served-file.ts',
    'runner/pace.ts',
    'runner/run.ts',
  ],
  verify: ['attacks/infill.ts', 'attacks/wordnet.ts'],
};

const root = fileURLToPath(new URL('..', import.meta.url));
const packages = readdirSync(join(root, 'packages')).filter((name) =>
  existsSync(join(root, 'packages', name, 'package.json')),
);

describe('imports', () => {
  it('covers every package', () => {
    expect(packages.sort()).toEqual(Object.keys(ALLOWED).sort());
  });

  for (const name of packages) {
    it(`${name} imports only what stands below it`, () => {
      const strangers = importsOf(name).filter(({ file, target }) => !allows(name, file, target));
      expect(strangers).toEqual([]);
    });

    it(`${name} declares what it imports`, () => {
      const { dependencies = {}, peerDependencies = {} } = JSON.parse(
        readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'),
      );
      const declared = Object.keys({ ...dependencies, ...peerDependencies });
      const undeclared = importsOf(name).filter(
        ({ target }) => isPackage(target) && !declared.includes(packageOf(target)),
      );
      expect(undeclared).toEqual([]);
    });
  }

  for (const name of Object.keys(PORTABLE)) {
    it(`${name} has an entry point that reaches no file of Node's`, () => {
      const reached = reachedFrom(name, 'index.ts');
      expect(reached.filter((file) => PORTABLE[name].includes(file))).toEqual([]);
    });
  }

  it("would catch an entry point that reaches a file of Node's", () => {
    expect(reachedFrom('probes', 'runner/index.ts')).toContain('files/lock.ts');
    expect(allows('probes', 'probe.ts', '@taggant/core/whole-file')).toBe(false);
  });

  it('would catch an edge that points up', () => {
    expect(allows('core', 'index.ts', '@taggant/detector')).toBe(false);
    expect(allows('kernels', 'index.ts', '@noble/hashes/sha2.js')).toBe(false);
    expect(allows('stats', 'index.ts', 'node:fs')).toBe(false);
    expect(allows('stats', 'index.ts', '../../core/src/index.ts')).toBe(false);
  });
});

function importsOf(name: string, { types = true } = {}): { file: string; target: string }[] {
  const source = join(root, 'packages', name, 'src');
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  return files.flatMap((file) => {
    // Docstrings show imports too; they are not edges.
    const all = readFileSync(join(source, file), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
    const code = types ? all : all.replace(/^(?:import|export) type\b[^;]*;/gm, '');
    const targets = code.matchAll(/^(?:.*[\s;}])?(?:from|import|import\()\s*['"]([^'"\s]+)['"]/gm);
    return Array.from(targets, ([, target]) => ({ file, target }));
  });
}

/** A file and all that it needs of its package when it runs. */
function reachedFrom(name: string, entry: string): string[] {
  const edges = importsOf(name, { types: false }).filter(({ target }) => target.startsWith('.'));
  const reached = new Set([entry]);
  for (const from of reached) {
    for (const { file, target } of edges) if (file === from) reached.add(join(file, '..', target));
  }
  return [...reached];
}

function allows(name: string, file: string, target: string): boolean {
  if (isNode(target) && name in PORTABLE && !PORTABLE[name].includes(file)) return false;
  if (target.startsWith('node:')) return true;
  if (!isPackage(target)) {
    const path = join(name, 'src', file, '..', target);
    return path.startsWith(join(name, 'src')) || (path.startsWith(join(name, 'schema')) && path.endsWith('.json'));
  }
  const from = packageOf(target);
  return ALLOWED[name].includes(from.replace('@taggant/', '')) || ALLOWED[name].includes(from);
}

/** A module of Node, or of ours that needs one. */
const isNode = (target: string) =>
  target.startsWith('node:') || ['@taggant/core/keyring-file', '@taggant/core/whole-file'].includes(target);
const isPackage = (target: string) => !target.startsWith('.') && !target.startsWith('node:');
const packageOf = (target: string) =>
  target
    .split('/')
    .slice(0, target.startsWith('@') ? 2 : 1)
    .join('/');
