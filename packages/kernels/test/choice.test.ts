import { spawnSync } from 'node:child_process';
import { jsKernels, kernels, simdKernels } from '@taggant/kernels';
import { expect, test } from 'vitest';
import { choose } from '../src/kernels.ts';

/** What a fresh process prints. */
function inProcess(code: string, env: Record<string, string> = {}): string {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--conditions=@taggant/source', '--import', 'tsx', '--input-type=module', '--eval', code],
    { cwd: new URL('..', import.meta.url), env: { ...process.env, TAGGANT_KERNELS: '', ...env }, encoding: 'utf8' },
  );
  return stdout.trim() || stderr;
}

const source = JSON.stringify(new URL('../src/index.ts', import.meta.url));

test('SIMD is chosen where there is SIMD', () => {
  expect(kernels().backend).toBe(process.env.TAGGANT_KERNELS === 'js' ? 'js' : 'simd');
  expect(choose(undefined, simdKernels)).toBe(simdKernels());
});

test('the twin is chosen where there is none', () => {
  expect(choose(undefined, () => undefined)).toBe(jsKernels);
});

test('TAGGANT_KERNELS=js picks the twin without compiling anything', () => {
  const compile = () => expect.fail('compiled');
  expect(choose('js', compile)).toBe(jsKernels);
  const code = `import { kernels } from ${source}; console.log(kernels().backend);`;
  expect(inProcess(code, { TAGGANT_KERNELS: 'js' })).toBe('js');
  expect(inProcess(code)).toBe('simd');
});

test('works without a process, as in a browser, and without WebAssembly', () => {
  const code = `const { log } = console; const { kernels, simdKernels } = await import(${source});
    globalThis.WebAssembly = undefined; globalThis.process = undefined;
    log(kernels().backend, simdKernels());`;
  expect(inProcess(code)).toBe('js undefined');
});

test('the examples of the documentation hold', () => {
  const stream = new Uint32Array(2);
  kernels().keystream(new Uint32Array(8), new Uint32Array(3), 0, stream);
  expect(stream[0]!.toString(16)).toBe('2fef003e');
  const values = new Uint32Array(2);
  kernels().readSlots(new Uint32Array(8), new Uint32Array(6), Uint32Array.of(0, 1), 1, values);
  expect([...values]).toEqual([0, 1]);
  const logits = new Float32Array(4);
  expect(kernels().biasGreen(logits, new Uint32Array(8), new Uint32Array(3), 1, 1, 0, 2)).toBe(-1);
  expect([...logits]).toEqual([2, 0, 0, 0]);
});
