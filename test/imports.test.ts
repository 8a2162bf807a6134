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
  report: ['core', 'detector', 'probes', 'stats', 'vega', 'vega-lite'],
  cli: [
    'core',
    'detector',
    'engines',
    'probes',
    'report',
    'sampler',
    'stats',
    'tiny-lm',
    'cli-progress',
    'commander',
    'fzstd',
    'hyparquet',
    'hyparquet-compressors',
    'picocolors',
    'yaml',
  ],
};

/** Packages that must run in a browser as they are: no `node:` module, except in the files named. */
const PORTABLE: Record<string, readonly string[]> = {
  kernels: [],
  stats: [],
  core: ['keyring-file.ts'],
  engines: [],
  sampler: ['transformers/local-model.ts'],
  detector: ['task-thread.ts', 'threads.ts'],
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

  it('would catch an edge that points up', () => {
    expect(allows('core', 'index.ts', '@taggant/detector')).toBe(false);
    expect(allows('kernels', 'index.ts', '@noble/hashes/sha2.js')).toBe(false);
    expect(allows('stats', 'index.ts', 'node:fs')).toBe(false);
    expect(allows('stats', 'index.ts', '../../core/src/index.ts')).toBe(false);
  });
});

function importsOf(name: string): { file: string; target: string }[] {
  const source = join(root, 'packages', name, 'src');
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  return files.flatMap((file) => {
    // Docstrings show imports too; they are not edges.
    const code = readFileSync(join(source, file), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
    const targets = code.matchAll(/^(?:.*[\s;}])?(?:from|import|import\()\s*['"]([^'"\s]+)['"]/gm);
    return Array.from(targets, ([, target]) => ({ file, target }));
  });
}

function allows(name: string, file: string, target: string): boolean {
  if (target.startsWith('node:')) return !(name in PORTABLE) || PORTABLE[name].includes(file);
  if (!isPackage(target))
    return (
      !join(name, 'src', file, '..', target).startsWith('..') &&
      join(name, 'src', file, '..', target).startsWith(join(name, 'src'))
    );
  const from = packageOf(target);
  return ALLOWED[name].includes(from.replace('@taggant/', '')) || ALLOWED[name].includes(from);
}

const isPackage = (target: string) => !target.startsWith('.') && !target.startsWith('node:');
const packageOf = (target: string) =>
  target
    .split('/')
    .slice(0, target.startsWith('@') ? 2 : 1)
    .join('/');
