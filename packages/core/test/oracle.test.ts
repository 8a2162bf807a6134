/** Every native mark against the oracle of naive.ts: what `apply` writes, and that `score` reads the same slots. */
import { deriveKey, distinctPairs, type Mark, openMark, SCHEMES, Secret } from '@taggant/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { naiveCommitment, naiveKey, naiveNonce, naiveStream } from './naive.ts';
import { always, randomRow, softmax, uniforms } from './support.ts';

const bytes = fc.uint8Array({ minLength: 32, maxLength: 48 });
const label = fc.string({ unit: 'grapheme', maxLength: 12 });
const width = fc.integer({ min: 0, max: 4 });
const cohort = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 2 ** 24 - 1 }), fc.integer({ min: 0, max: 700 }));
const token = fc.oneof(fc.integer({ min: 0, max: 2 ** 24 - 2 }), fc.integer({ min: 0, max: 300 }));
const context = fc.array(token, { minLength: 4, maxLength: 7 });
const g256 = fc.oneof(fc.integer({ min: 1, max: 255 }), fc.constantFrom(64, 128, 48));
const vocabSize = fc.oneof(fc.integer({ min: 2, max: 1100 }), fc.constantFrom(512, 1024, 513));
const seed = fc.nat();

function scoresOf(mark: Mark, context: readonly number[], tokens: readonly number[]): number[] {
  const text = tokens.map((v) => distinctPairs([v], { contextWidth: mark.contextWidth, prompt: context }));
  return text.map((pairs) => {
    const out = new Float64Array(1);
    mark.score(pairs, out);
    return out[0];
  });
}

const oracle = (secret: Uint8Array, scheme: string, context: readonly number[], width: number) =>
  naiveStream(naiveKey(secret, scheme), naiveNonce(context, width));

describe('keys', () => {
  it('are those of HKDF-SHA256 for any secret and label', () => {
    always([bytes, label, fc.constantFrom(...SCHEMES)], (secret, label, scheme) => {
      const { commitment, kid } = deriveKey(Secret.fromBytes(secret), scheme, label);
      expect(commitment).toBe(naiveCommitment(naiveKey(secret, scheme, label)));
      expect(kid).toBe(commitment.slice(0, 16));
    });
  });
});

describe('green list', () => {
  it('adds delta to exactly the slots below G, and scores exactly those 1', () => {
    always([bytes, width, cohort, context, g256, vocabSize, seed], (secret, w, m, c, k, size, seed) => {
      const mark = openMark(
        { scheme: 'greenlist', gamma: k / 256, contextWidth: w, cohort: m, delta: 1.5 },
        Secret.fromBytes(secret),
      );
      const b = [1, 2, 4, 8].find((bits) => (k * 2 ** bits) % 256 === 0)!;
      const slots = oracle(secret, 'greenlist', c, w);
      const isGreen = (v: number) => slots.value(v, m, b) < (k * 2 ** b) / 256;
      const row = randomRow(size, uniforms(seed));
      const expected = row.map((logit, v) => (isGreen(v) ? Math.fround(logit + 1.5) : logit));
      mark.apply(Uint32Array.from(c), row);
      expect(row).toEqual(expected);
      const tokens = [0, size - 1, size >> 1, 2 ** 24 - 2];
      expect(scoresOf(mark, c, tokens)).toEqual(tokens.map((v) => (isGreen(v) ? 1 : 0)));
    });
  });
});

describe('Gumbel-max', () => {
  it('picks argmax ln(u) / p, and scores -ln(1 - u)', () => {
    always([bytes, width, cohort, context, vocabSize, seed], (secret, w, m, c, size, seed) => {
      const mark = openMark({ scheme: 'gumbel', contextWidth: w, cohort: m }, Secret.fromBytes(secret));
      const slots = oracle(secret, 'gumbel', c, w);
      const u = (v: number) => (slots.word(v, m) + 0.5) / 2 ** 32;
      const row = randomRow(size, uniforms(seed));
      const loudness = softmax(row).map((p, v) => (p > 0 ? Math.log(u(v)) / p : Number.NEGATIVE_INFINITY));
      const winner = loudness.indexOf(Math.max(...loudness));
      mark.apply(Uint32Array.from(c), row);
      expect(row).toEqual(new Float32Array(size).fill(Number.NEGATIVE_INFINITY).fill(0, winner, winner + 1));
      const tokens = [winner, 0, size - 1, 2 ** 24 - 2];
      scoresOf(mark, c, tokens).forEach((score, i) => void expect(score).toBeCloseTo(-Math.log(1 - u(tokens[i])), 9));
    });
  });
});

describe('tournament', () => {
  it('multiplies p by 1 + g - sum g p, layer by layer, sums to 1, and scores the g bits', () => {
    always(
      [bytes, width, cohort, context, vocabSize, seed, fc.integer({ min: 1, max: 32 })],
      (secret, w, m, c, size, seed, layers) => {
        const mark = openMark({ scheme: 'tournament', contextWidth: w, cohort: m, layers }, Secret.fromBytes(secret));
        const slots = oracle(secret, 'tournament', c, w);
        const g = (v: number, layer: number) => Math.floor(slots.word(v, m) / 2 ** layer) % 2;
        const row = randomRow(size, uniforms(seed));
        let p = softmax(row);
        for (let l = 0; l < layers; l++) {
          const ones = p.reduce((sum, p, v) => sum + g(v, l) * p, 0);
          p = p.map((p, v) => p * (1 + g(v, l) - ones));
        }
        mark.apply(Uint32Array.from(c), row);
        const sum = row.reduce((sum, logit) => sum + Math.exp(logit), 0);
        expect(Math.abs(sum - 1)).toBeLessThan(1e-5);
        // float32 logits: ln p keeps 24 bits, so p keeps a relative |ln p| 2^-24. Where 1 - (sum of g p) cancels, the formula
        // itself has rounding errors only: not compared below 1e-12.
        row.forEach((logit, v) => {
          if (p[v] > 1e-12) expect(Math.abs(Math.exp(logit) / p[v] - 1)).toBeLessThan(1e-5);
          else expect(Math.exp(logit)).toBeLessThan(1.1e-12);
        });
        const tokens = [0, size - 1, 2 ** 24 - 2];
        const bits = (v: number) => Array.from({ length: layers }, (_, l) => g(v, l)).reduce((a, b) => a + b);
        expect(scoresOf(mark, c, tokens)).toEqual(tokens.map(bits));
      },
    );
  });
});
