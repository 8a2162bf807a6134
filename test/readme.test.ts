/** The code in these packages' READMEs runs as it stands. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The JavaScript blocks of a README. */
function blocksOf(name: string): string[] {
  const text = readFileSync(`${root}packages/${name}/README.md`, 'utf8');
  return Array.from(text.matchAll(/^```js\n(.*?)^```$/gms), ([, code]) => code);
}

function run(code: string) {
  const flags = ['--conditions=@taggant/source', '--import', 'tsx', '--input-type=module', '--eval', code];
  return spawnSync(process.execPath, flags, { cwd: root, encoding: 'utf8' });
}

describe.each(['engines', 'kernels', 'sampler'])('packages/%s/README.md', (name) => {
  it.each(blocksOf(name).map((code, i) => [i + 1, code] as const))('block %d runs', (_, code) => {
    const { status, stderr } = run(code);
    expect(status, stderr).toBe(0);
  });
});

it('control: a block that throws is noticed', () => {
  expect(run("import { MarkHook } from '@taggant/sampler'; new MarkHook([]);").status).not.toBe(0);
});
