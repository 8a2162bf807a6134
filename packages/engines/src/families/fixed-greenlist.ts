/**
 * One green list for a whole key, drawn by numpy: Zhao, Ananth, Li & Wang 2023, "Provable Robust Watermarking for AI-Generated
 * Text". SHA-256 of the key seeds a PCG64 that shuffles G ones and V - G zeros.
 *
 * No context: a token counts once in a text, and the number of green ones among m distinct tokens is hypergeometric (V, G, m),
 * whose upper tail the binomial (m, G / V) bounds above its mean plus 1 (Hoeffding 1956; 1963, theorem 4).
 *
 * Weak: the list never changes, so that counting words in enough marked text finds it; of the key 32 bits are used.
 * @module
 */

import { sha256 } from '@noble/hashes/sha2.js';
import { checkFinite, type EngineFigures, Peaks } from '@taggant/core';
import type { Recipe } from '../opener.ts';
import { Pcg64 } from '../random/pcg64.ts';
import { oneBitOfBias } from './permuted-greenlist.ts';

export interface FixedGreenlist {
  readonly title: string;
  readonly vocabSize: number;
  /** The share of green tokens that was asked for. */
  readonly gamma: number;
  readonly delta: number;
  /** As an int64. */
  readonly key: bigint;
  /** The engine's own figures, from 1 for green or 0 for each token. */
  compat(tokens: Uint32Array, flags: Uint8Array): EngineFigures;
}

export function fixedGreenlist({ title, vocabSize, gamma, delta, key, compat }: FixedGreenlist): Recipe {
  const greenCount = Math.trunc(gamma * vocabSize);
  if (greenCount === 0) throw new RangeError(`a green list expected at least one of ${vocabSize} tokens, got none`);
  const p = greenCount / vocabSize;
  const peaks = new Peaks();
  let list: Uint8Array | undefined;
  // Made when it is asked for: a keyring may hold many keys.
  const green = () => {
    list ??= greenMask(key, vocabSize, greenCount);
    return list;
  };
  // A token beyond the vocabulary is never green.
  const flag = (token: number) => green()[token] ?? 0;
  return {
    title,
    acts: 'logits',
    stage: 'pre-temperature',
    contextWidth: 0,
    law: { law: 'binomial', trials: 1, p },
    oneBit: oneBitOfBias(p, delta),
    apply(_, logits, scale = 1) {
      const bias = Math.fround(delta * checkFinite(scale, 'scale'));
      peaks.read(logits);
      const mask = green();
      for (let token = Math.min(logits.length, vocabSize) - 1; token >= 0; token--) {
        if (mask[token] === 1) logits[token] += bias;
      }
    },
    score({ n, tokens }, out) {
      for (let i = 0; i < n; i++) out[i] = flag(tokens[i]);
    },
    compat: (tokens) => compat(tokens, Uint8Array.from(tokens, flag)),
  };
}

function greenMask(key: bigint, vocabSize: number, greenCount: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigInt64(0, key, true);
  const seed = new DataView(sha256(bytes).buffer).getUint32(0, true);
  const mask = new Uint8Array(vocabSize).fill(1, 0, greenCount);
  new Pcg64(seed).shuffle(mask);
  return mask;
}
