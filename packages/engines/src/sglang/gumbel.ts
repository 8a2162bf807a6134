/**
 * SGLang's keyed Gumbel, 0.5.23 (python/sglang/srt/sampling/watermarking): u = (t + 1/2) / 2^32 with t a MurmurHash3 of key,
 * context hash and token. With `key_b`, a keyed coin of each context says which key chooses, so that a text has one score.
 *
 * What is weak: the key enters through 32 bits of state, so each key has 2^32 equal ones and one marked text is enough to search
 * them all; the hash of a context is unkeyed, so anyone can build contexts that collide. Contexts that do count once here.
 * u is the middle of one of 2^32 cells, as in the native Gumbel mark: p may be too small by at most n 2^-33 for n pairs
 * (docs/statistics.md).
 * @module
 */
import { type EngineFigures, show } from '@taggant/core';
import { lnGammaTail } from '@taggant/stats';
import { distinctSeeds } from '../distinct.ts';
import { type Uniforms, uniformGumbel } from '../families/uniform-gumbel.ts';
import { low32 } from '../int64.ts';
import type { Recipe, Settings } from '../opener.ts';
import { murmurFinish, murmurTake } from '../random/murmur3.ts';
import { NO_TOKEN, scoredPositions } from '../scored.ts';

export function openGumbel({ config }: Settings): Recipe {
  const key = config.hexKey('key');
  const keyB = config.hexKey('key_b');
  if (key === undefined) throw new TypeError('"config.key" expected text of 1 to 16 hex digits, got none');
  const width = config.integer('context_window', 1, 64, 4);
  const mixing = config.number('mixing_probability', Number.MIN_VALUE, 1 - 2 ** -53, 0.5);
  if (keyB === undefined && mixing !== 0.5) {
    throw new RangeError(`"config.mixing_probability" expected no value without "key_b", got ${show(mixing)}`);
  }
  const most = config.number('max_probability', Number.MIN_VALUE, 1, 1);
  const limit = config.integer('max_contexts', 1, 4096, 4096);
  config.ignore('default_enabled', 'enforce_all', 'enabled');
  const tokenHash = keyB === undefined ? hashUnder(key) : hashUnderEither(key, keyB, mixing);
  const uniforms = uniformsOf(tokenHash, width);
  return uniformGumbel({
    title: `SGLang gumbel${keyB === undefined ? '' : ` dual-key mixing ${mixing}`}, context ${width}`,
    contextWidth: width,
    // Steps with fewer tokens before them are marked with those that there are; a detector without the prompt skips them.
    start: { padding: NO_TOKEN, marks: true, scores: false, prompt: true },
    keys: [{ uniforms, share: 1 }],
    leaves: (context, { n, lnWeights }) =>
      context[context.length - 1] === NO_TOKEN || (most < 1 && largestShare(lnWeights.subarray(0, n)) > most),
    distinct: (pairs) => distinctSeeds(pairs, (i) => [contextHash(pairs.contexts, i * width, width)]),
    compat(tokens, prompt) {
      const tail = prompt.subarray(Math.max(0, prompt.length - width));
      const text = Uint32Array.of(...tail, ...tokens);
      const first = prompt.length === 0 ? Math.min(width, tokens.length) : tail.length;
      const positions = scoredPositions(text, { first, width, once: 'context' }).slice(0, limit);
      const padded = new Uint32Array(width + text.length).fill(NO_TOKEN, 0, width);
      padded.set(text, width);
      let score = 0;
      for (const i of positions) {
        uniforms.seed(padded, i);
        score -= Math.log1p(-uniforms.of(text[i]));
      }
      return figuresOf(score, positions.length);
    },
  });
}

function figuresOf(score: number, n: number): EngineFigures {
  const detector = 'SGLang WatermarkDetector';
  const lnP = n === 0 ? 0 : lnGammaTail(score, n);
  const z = n === 0 ? 0 : (score - n) / Math.sqrt(n);
  return {
    detector,
    figures: { num_contexts: n, score, z_score: z, p_value: Math.exp(lnP), log_p_value: lnP },
  };
}

/** The hash of a token in a context of the hash given: 32 bits. */
type TokenHash = (context: number) => (token: number) => number;

/** The state after the key is that of any context. */
function hashUnder(key: bigint): TokenHash {
  const keyed = murmurTake(murmurTake(0, low32(key)), low32(key >> 32n));
  return (context) => {
    const state = murmurTake(keyed, context);
    return (token) => murmurFinish(murmurTake(state, token), 4);
  };
}

/** Under the key that the context's coin names: the first with probability `mixing`. */
function hashUnderEither(keyA: bigint, keyB: bigint, mixing: number): TokenHash {
  const [a, b] = [hashUnder(keyA), hashUnder(keyB)];
  const both = [keyA, keyA >> 32n, keyB, keyB >> 32n].map(low32).reduce((state, word) => murmurTake(state, word), 0);
  const limit = Math.floor(mixing * 2 ** 32);
  return (context) => (murmurFinish(murmurTake(both, context), 5) < limit ? a : b)(context);
}

function uniformsOf(tokenHash: TokenHash, width: number): Uniforms {
  let hash = tokenHash(0);
  return {
    seed(tokens, from) {
      hash = tokenHash(contextHash(tokens, from, width));
    },
    of: (token) => (hash(token) + 0.5) / 2 ** 32,
  };
}

/** Of the tokens that a context has, oldest first. */
function contextHash(tokens: Uint32Array, from: number, width: number): number {
  let state = 0;
  let length = 0;
  for (let i = from; i < from + width; i++) {
    if (tokens[i] === NO_TOKEN) continue;
    state = murmurTake(state, tokens[i]);
    length++;
  }
  return murmurFinish(state, length);
}

/** The probability of the likeliest candidate. */
function largestShare(lnWeights: Float64Array): number {
  return 1 / lnWeights.reduce((sum, lnWeight) => sum + Math.exp(lnWeight), 0);
}
