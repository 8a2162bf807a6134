/**
 * vLLM's pseudorandom function `philox4x32-10-v1` (vllm/v1/watermarking/prfs/philox.py, 0.30.0 to 0.33.0): Philox as a chain
 * over the context, four tokens a block, and once more for four adjacent candidates.
 *
 * Philox is no cryptographic function: nobody has shown that its 64-bit key cannot be found from marked text.
 * @module
 */
import { kernels, philoxBlock } from '@taggant/kernels';
import type { Words } from '../families/word-tournament.ts';
import { low32 } from '../int64.ts';
import { NO_TOKEN } from '../scored.ts';

/** key: 64 bits. Contexts of `width` tokens. */
export function philoxWords(key: bigint, width: number): Required<Words> {
  const key0 = low32(key) | 0;
  const key1 = low32(key >> 32n) | 0;
  const state = new Uint32Array(4);
  const words = new Uint32Array(4);
  let group = -1;
  return {
    seed(tokens, from) {
      state[0] = CONTEXT_DOMAIN;
      state[1] = width;
      state[2] = 0;
      state[3] = 0;
      for (let at = 0; at < width; at += 4) {
        // Behind the last token stand the largest words, counted down from the place in the block.
        for (let i = 0; i < 4; i++) state[i] ^= at + i < width ? tokens[from + at + i] : ~i;
        philoxBlock(state, key0 ^ at, key1);
      }
      group = -1;
    },
    of(token) {
      if (token >>> 2 !== group) {
        group = token >>> 2;
        words[0] = group;
        words[1] = state[0];
        words[2] = state[1];
        words[3] = state[2];
        philoxBlock(words, key0 ^ state[3], key1 ^ TOKEN_DOMAIN);
      }
      return words[token & 3];
    },
    ofPairs(contexts, tokens, out) {
      for (let from = 0; from < out.length; from += BATCH) {
        const n = Math.min(BATCH, out.length - from);
        const [blocks, keys] = [batch.subarray(0, 4 * n), batchKeys.subarray(0, 2 * n)];
        for (let i = 0; i < n; i++) blocks.set([CONTEXT_DOMAIN, width, 0, 0], 4 * i);
        for (let at = 0; at < width; at += 4) {
          for (let i = 0; i < n; i++) {
            const context = (from + i) * width + at;
            for (let j = 0; j < 4; j++) blocks[4 * i + j] ^= at + j < width ? contexts[context + j] : ~j;
            keys[2 * i] = key0 ^ at;
            keys[2 * i + 1] = key1;
          }
          kernels().philox(blocks, keys);
        }
        for (let i = 0; i < n; i++) {
          keys[2 * i] = key0 ^ blocks[4 * i + 3];
          keys[2 * i + 1] = key1 ^ TOKEN_DOMAIN;
          blocks.copyWithin(4 * i + 1, 4 * i, 4 * i + 3);
          blocks[4 * i] = tokens[from + i] >>> 2;
        }
        kernels().philox(blocks, keys);
        for (let i = 0; i < n; i++) out[from + i] = blocks[4 * i + (tokens[from + i] & 3)];
        keys.fill(0);
      }
    },
  };
}

/**
 * The uniform of a word: its upper 24 bits m as (m + 1) / (2^24 + 1), rounded to float32. From 2^-24 to 1 - 2^-24.
 *
 * @example
 * uniformOf(0xffffffff); // 1 - 2 ** -24
 */
export function uniformOf(word: number): number {
  return Math.fround(((word >>> 8) + 1) / 16777217);
}

/** What vLLM's marks see where there is no token, and whom they mark: generated tokens, from the first on, and nothing else. */
export const START = { padding: NO_TOKEN, marks: true, scores: true, prompt: false } as const;

/** Pairs whose blocks are worked on together: they stay in the nearest cache. */
const BATCH = 512;
const batch = new Uint32Array(4 * BATCH);
const batchKeys = new Uint32Array(2 * BATCH);
/** "WMCX" and "WMTK". */
const CONTEXT_DOMAIN = 0x574d4358;
const TOKEN_DOMAIN = 0x574d544b;
