/**
 * The ground floor on one core: keystream and slots read per second, and what the twin's biasing of a row costs beside
 * copying it (rows.bench.ts has that of the fastest backend).
 * Every case of one backend is checked against the other before anything is timed. A scored pair costs one block of
 * 64 bytes, so the keystream of the fastest backend is the limit of scoring.
 * @module
 */
import assert from 'node:assert/strict';
import { jsKernels, type Kernels, simdKernels } from '@taggant/kernels';
import type { Case } from './run.ts';

const V = 131_072;
const PAIRS = 65_536;
const DELTA = 2;
const BLOCK_BYTES = 64;
const backends = [simdKernels(), jsKernels].filter((kernels) => kernels !== undefined);

/** Words that look random and are the same in every run (the keystream of the zero key). */
const words = (length: number, nonce: number) => {
  const out = new Uint32Array(length);
  jsKernels.keystream(new Uint32Array(8), Uint32Array.of(nonce, 0, 0), 0, out);
  return out;
};
const key = words(8, 1);
const nonces = words(3 * PAIRS, 2);
const nonce = nonces.slice(0, 3);
const slots = words(PAIRS, 3).map((word) => word % V);
const logits = Float32Array.from(words(V, 4), (word) => word / 2 ** 28 - 8);

const keystreamName = (kernels: Kernels) => `keystream ${(4 * V) / 1024} KiB [${kernels.backend}]`;

function bias(bits: 1 | 2): Case {
  const cohort = 23_999;
  const row = logits.slice();
  const run = () => jsKernels.biasGreen(row, key, nonce, bits, 1, cohort, DELTA);
  return {
    name: `biasGreen V=${V} gamma=1/${2 ** bits} cohort=${cohort} [js]`,
    unit: 'us',
    amount: 1e6,
    besides: `copy 1 x ${V} logits, each`,
    run,
    check() {
      run();
      const tokens = Uint32Array.from(row, (_, v) => v ^ cohort);
      const values = new Uint32Array(V);
      jsKernels.readSlots(key, repeat(nonce, V), tokens, bits, values);
      assert.deepEqual(
        row,
        logits.map((x, v) => (values[v] === 0 ? x + DELTA : x)),
      );
      const green = values.reduce((count, value) => count + Number(value === 0), 0);
      assert(Math.abs(green - V / 2 ** bits) < 4 * Math.sqrt(V), `${green} green tokens`);
    },
  };
}

function keystream(kernels: Kernels): Case {
  const out = new Uint32Array(V);
  const run = () => kernels.keystream(key, nonce, 0, out);
  return {
    name: keystreamName(kernels),
    unit: 'GB/s',
    amount: (4 * V) / 1e9,
    run,
    check() {
      run();
      const values = new Uint32Array(V);
      jsKernels.readSlots(key, repeat(nonce, V), Uint32Array.from(out.keys()), 32, values);
      assert.deepEqual(out, values);
    },
  };
}

function score(kernels: Kernels, bits: 1 | 2 | 32): Case {
  const out = new Uint32Array(PAIRS);
  const run = () => kernels.readSlots(key, nonces, slots, bits, out);
  return {
    name: `readSlots ${PAIRS} pairs bits=${bits} [${kernels.backend}]`,
    unit: 'M pairs/s',
    amount: PAIRS / 1e6,
    limit: { of: keystreamName(backends[0]!), needs: (PAIRS * BLOCK_BYTES) / 1e9 },
    run,
    check() {
      run();
      for (let i = 0; i < PAIRS; i += 97) {
        const word = new Uint32Array(16);
        const perBlock = 512 / bits;
        const r = slots[i]! % perBlock;
        jsKernels.keystream(key, nonces.subarray(3 * i, 3 * i + 3), Math.floor(slots[i]! / perBlock), word);
        const bit = (offset: number) => (word[offset >> 5]! >>> (offset & 31)) & 1;
        assert.equal(out[i], bits === 32 ? word[r] : bits === 2 ? bit(r) + 2 * bit(256 + r) : bit(r));
      }
    },
  };
}

const repeat = (triple: Uint32Array, n: number) => Uint32Array.from({ length: 3 * n }, (_, i) => triple[i % 3]!);

export const cases: readonly Case[] = [
  ...backends.flatMap((kernels) => [keystream(kernels), ...([1, 2, 32] as const).map((bits) => score(kernels, bits))]),
  ...([1, 2] as const).map(bias),
];
