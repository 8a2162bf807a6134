/**
 * Other engines' marks: one text of 400 tokens under one key, scores of its distinct pairs from a mark that has not seen it. Beside
 * the native green list on the same pairs.
 * @module
 */
import assert from 'node:assert/strict';
import { distinctPairs, type Mark, openMark, Secret } from '@taggant/core';
import { nullMoments } from '@taggant/detector';
import { type EngineMarkFile, openEngineMark } from '@taggant/engines';
import { jsKernels } from '@taggant/kernels';
import type { Case } from './run.ts';

const V = 50_257;
const N = 400;
const words = new Uint32Array(N);
jsKernels.keystream(new Uint32Array(8), Uint32Array.of(1, 2, 3), 0, words);
const ids = words.map((word) => word % V);
const keys = Array.from({ length: 30 }, (_, i) => 1000 + 77 * i);

/** A mark under a fresh key each time, opening included, so that nothing is remembered from the call before. */
function score(name: string, open: (key: number) => Mark): Case {
  let key = 1;
  const { contextWidth, start, law } = open(key);
  const all = distinctPairs(ids, { contextWidth, padding: start?.scores ? start.padding : undefined });
  const out = new Float64Array(all.n);
  const run = () => {
    const mark = open(key++);
    const pairs = mark.distinct?.(all) ?? all;
    mark.score(pairs, out);
    return pairs.n;
  };
  return {
    name: `score ${N} tokens: ${name}`,
    unit: 'us',
    amount: 1e6,
    ...(name === NATIVE ? {} : { besides: `score ${N} tokens: ${NATIVE}` }),
    run,
    check() {
      let [sum, n] = [0, 0];
      for (let i = 0; i < 20; i++) {
        const count = run();
        n += count;
        sum += out.subarray(0, count).reduce((total, one) => total + one, 0);
      }
      const { mean, variance } = nullMoments(law);
      const z = (sum - n * mean) / Math.sqrt(n * variance);
      assert(Math.abs(z) < 6, `${name}: mean score ${sum / n}, expected ${mean}`);
    },
  };
}

const engine = (mark: string, configOf: (key: number) => object, fields: Partial<EngineMarkFile> = {}): Case =>
  score(mark, (key) => openEngineMark({ mark, config: configOf(key), vocabSize: V, ...fields }));

const NATIVE = 'native green list';
const synthId = (key: number) => ({ ngram_len: 5, keys: keys.map((one) => one + 100_003 * key) });

export const cases: readonly Case[] = [
  score(NATIVE, (key) =>
    openMark({ scheme: 'greenlist' }, Secret.fromBytes(Uint8Array.of(key, key >> 8, ...new Uint8Array(30)))),
  ),
  engine('vllm/gumbel', (key) => ({ key })),
  engine('vllm/dual-key-gumbel', (key) => ({ key })),
  engine('vllm/sbw', (key) => ({ key })),
  engine('vllm/synthid', (key) => ({ key })),
  engine('sglang/gumbel', (key) => ({ key: key.toString(16) })),
  engine('textseal/gumbel', (key) => ({ secret_key: key })),
  engine('hf/synthid', synthId, { device: 'cpu' }),
  engine('deepmind/synthid', synthId),
  engine('hf/greenlist', (key) => ({ hashing_key: key * 15_485_863 })),
  engine('lm-watermarking/simple_1', (key) => ({ hash_key: key * 15_485_863 })),
  engine('three-bricks/greenlist', (key) => ({ seed: key })),
  engine('three-bricks/gumbel', (key) => ({ seed: key })),
  engine('markllm/kgw', (key) => ({ hash_key: key * 15_485_863 })),
];
