/** Packages stay small: growth beyond these budgets is a decision, taken here. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { wasmBase64 } from '../packages/kernels/src/generated/wasm.ts';

/** KiB of each package: all its entry points bundled without what they import from other packages, minified, gzipped. */
const BUDGET: Record<string, number> = {
  kernels: 16,
  stats: 8,
  core: 14,
  sampler: 12,
  detector: 12,
  probes: 40,
  verify: 40,
  report: 18,
  'tiny-lm': 4,
  engines: 28,
  cli: 60,
};
const WASM_BUDGET = 16;

const root = fileURLToPath(new URL('..', import.meta.url));
const packages = readdirSync(join(root, 'packages')).filter((name) =>
  existsSync(join(root, 'packages', name, 'package.json')),
);

describe('size', () => {
  it('every package has a budget', () => {
    expect(Object.keys(BUDGET).sort()).toEqual(packages.sort());
  });

  for (const name of packages) {
    it(`${name} is at most ${BUDGET[name]} KiB`, async () => {
      expect(await bundledKiB(entryPoints(name))).toBeLessThanOrEqual(BUDGET[name]);
    });
  }

  it(`the kernels' WebAssembly is at most ${WASM_BUDGET} KiB`, () => {
    expect(Buffer.from(wasmBase64, 'base64').length / 1024).toBeLessThanOrEqual(WASM_BUDGET);
  });

  it('would notice a dependency that is bundled in by mistake', async () => {
    expect(await bundledKiB(entryPoints('core'), 'bundle')).toBeGreaterThan(BUDGET.core);
  });
});

/** What package.json exports, and the command behind a bin. */
function entryPoints(name: string): string[] {
  const folder = join(root, 'packages', name);
  const { exports = {}, bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const targets = Object.values(exports as Record<string, Record<string, string> | string>);
  // What is no module is a plain path.
  const sources = targets.flatMap((at) => (typeof at === 'string' ? [] : [at['@taggant/source']]));
  return [...sources, ...(bin ? ['src/main.ts'] : [])].map((source) => join(folder, source));
}

async function bundledKiB(entryPoints: string[], packages: 'external' | 'bundle' = 'external'): Promise<number> {
  const { outputFiles } = await build({
    entryPoints,
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['@taggant/source'],
    packages,
    outdir: root,
    write: false,
  });
  return outputFiles.reduce((sum, { contents }) => sum + gzipSync(contents, { level: 9 }).length, 0) / 1024;
}
