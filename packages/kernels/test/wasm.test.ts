import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { compile, embed } from '../scripts/build-wasm.ts';
import { wasmBase64 } from '../src/generated/wasm.ts';
import { wrap } from '../src/simd/index.ts';
import { instantiate } from '../src/simd/module.ts';
import { bytes, randomWords } from './backends.ts';

test('the embedded module is what assembly/ compiles to', async () => {
  const committed = await readFile(new URL('../src/generated/wasm.ts', import.meta.url), 'utf8');
  expect(committed, 'stale: npm run build:wasm').toBe(embed(await compile()));
});

test('the module is at most 16 KiB', () => {
  expect(Buffer.from(wasmBase64, 'base64').length).toBeLessThanOrEqual(16 * 1024);
});

test('no key stays in WASM memory after a call', () => {
  const exports = instantiate()!;
  const kernels = wrap(exports);
  const [key, nonce] = [randomWords(8, 1), randomWords(3, 2)];
  const memory = () => Buffer.from(exports.memory.buffer);
  const holdsKey = () => [...key].some((_, i) => memory().includes(bytes(key.subarray(i, i + 1))));

  new Uint32Array(exports.memory.buffer, exports.key.value, 8).set(key);
  expect(holdsKey()).toBe(true); // the search can find a key

  kernels.keystream(key, nonce, 0, new Uint32Array(100));
  expect(holdsKey()).toBe(false);
  kernels.readSlots(key, randomWords(30, 3), new Uint32Array(10), 32, new Uint32Array(10));
  expect(holdsKey()).toBe(false);
  kernels.biasGreen(new Float32Array(100), key, nonce, 1, 1, 0, 2);
  expect(holdsKey()).toBe(false);
  kernels.loudest(new Float32Array(100), 0, 1, key, nonce, 0);
  expect(holdsKey()).toBe(false);
  kernels.biasGreen(new Float32Array(100).fill(NaN), key, nonce, 1, 1, 0, 2);
  expect(holdsKey()).toBe(false);
});

test('memory grows with the longest row and by no more', () => {
  const exports = instantiate()!;
  const kernels = wrap(exports);
  const pages = () => exports.memory.buffer.byteLength / 65_536;
  const bias = (width: number) =>
    kernels.biasGreen(new Float32Array(width), randomWords(8, 1), randomWords(3, 2), 1, 1, 0, 2);
  expect(pages()).toBe(4);
  bias(131_072);
  expect(pages()).toBe(11);
  kernels.keystream(randomWords(8, 1), randomWords(3, 2), 0, new Uint32Array(1_000_000));
  kernels.readSlots(randomWords(8, 1), new Uint32Array(30_000), new Uint32Array(10_000), 1, new Uint32Array(10_000));
  bias(131_072);
  bias(10);
  expect(pages()).toBe(11);
});
