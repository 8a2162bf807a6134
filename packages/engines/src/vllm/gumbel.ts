/**
 * vLLM's `gumbel` and `dual_key_gumbel`, 0.30.0 to 0.33.0 (vllm/v1/watermarking/gumbel.py and its detectors).
 *
 * Uniforms have 24 bits. Where u is above 1/2, a score is that of the lower end of its cell, never above the exponential that it
 * stands for; elsewhere it is above by at most 2^-24. So P[sum >= s] is at most the law's tail at s - n 2^-24, which is at most
 * e^(n 2^-24) times that at s: 1.00006 times for 1,000 tokens. Contexts start empty in each text: all texts under one key share
 * the uniforms of their first token, so texts that are pooled must be deduplicated together.
 *
 * vLLM's own p for two keys is that of a gamma with the right mean and variance, whose tail is too light: in its published goldens
 * it is 0.0021 for 0.0024, and 1.2e-51 for 4.3e-49. Ours is the exact one.
 * @module
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { lnGammaTail } from '@taggant/stats';
import { type GumbelKey, type Uniforms, uniformGumbel } from '../families/uniform-gumbel.ts';
import type { Recipe, Settings } from '../opener.ts';
import { philoxWords, START, uniformOf } from './prf.ts';
import { padded, type VllmSettings, vllmSettings } from './settings.ts';

export function openGumbel({ config }: Settings): Recipe {
  config.ignore('alpha');
  const settings = vllmSettings(config, 'gumbel');
  const keys = [{ uniforms: uniforms(settings.key, settings.width), share: 1 }] as const;
  return gumbelOf(settings, `vLLM gumbel, context ${settings.width}`, keys);
}

/** `alpha`: how often the second key chooses. */
export function openDualKeyGumbel({ config, random }: Settings): Recipe {
  const alpha = config.number('alpha', 0, 1, 0.1);
  const settings = vllmSettings(config, 'dual_key_gumbel');
  const { key, width } = settings;
  const keys = [
    { uniforms: uniforms(derivedKey('key_a', key), width), share: 1 - alpha },
    { uniforms: uniforms(derivedKey('key_b', key), width), share: alpha },
  ] as const;
  return gumbelOf(settings, `vLLM dual-key gumbel alpha ${alpha}, context ${width}`, keys, random);
}

function gumbelOf(
  { width, detector }: VllmSettings,
  title: string,
  keys: readonly [GumbelKey] | readonly [GumbelKey, GumbelKey],
  random?: () => number,
) {
  return uniformGumbel({
    title,
    contextWidth: width,
    start: START,
    keys,
    random,
    compat(tokens) {
      const text = padded(tokens, width);
      const positions = detector.positions(text);
      let sum = 0;
      for (const { uniforms, share } of keys) {
        for (const i of positions) {
          uniforms.seed(text, i - width);
          sum -= share * Math.log1p(-uniforms.of(text[i]));
        }
      }
      return detector.figures(sum, matchedTail(sum, positions.length, keys), positions.length);
    },
  });
}

/** The tail of the gamma of mean n and the sum's variance; where both keys have equal shares, with a shape that is rounded. */
function matchedTail(sum: number, n: number, keys: readonly GumbelKey[]): number {
  if (n === 0 || sum <= 0) return 1;
  const variance = keys.reduce((total, { share }) => total + share * share, 0);
  const isExact = variance === 1 || keys.every(({ share }) => share === 0.5);
  const shape = isExact ? Math.round(n / variance) : n / variance;
  return Math.exp(lnGammaTail(sum / variance, shape));
}

function uniforms(key: bigint, width: number): Uniforms {
  const words = philoxWords(key, width);
  return {
    seed: words.seed,
    of: (token) => uniformOf(words.of(token)),
    ofPairs(contexts, tokens, out) {
      const read = new Uint32Array(out.length);
      words.ofPairs(contexts, tokens, read);
      for (let i = 0; i < out.length; i++) out[i] = uniformOf(read[i]);
    },
  };
}

/** The first 64 bits, big-endian, of SHA-256 of a label and the key. */
function derivedKey(label: string, key: bigint): bigint {
  const bytes = new Uint8Array(label.length + 8);
  bytes.set(new TextEncoder().encode(label));
  const view = new DataView(bytes.buffer);
  view.setBigUint64(label.length, key);
  return new DataView(sha256(bytes).buffer).getBigUint64(0);
}
