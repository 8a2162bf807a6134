/** What the tests of the marks with per-token randomness have in common. @module */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { distinctPairs, type Mark } from '@taggant/core';
import { detectTokens, lnTail } from '@taggant/detector';
import { drawToken, type HookOptions, largestToken, MarkHook } from '@taggant/sampler';
import { binomialBand } from '@taggant/stats';
import { expect } from 'vitest';

/** The generator that the Python scripts draw their inputs with: 23 bits a draw. */
export function lcg(state: number): () => number {
  return () => {
    state = (Math.imul(1103515245, state) + 12345) & 0x7fffffff;
    return state >>> 8;
  };
}

/** A key of 64 bits, as the scripts draw it. */
export function drawnKey(draw: () => number): bigint {
  const [a, b, c] = [BigInt(draw()), BigInt(draw()), BigInt(draw())];
  return (a << 41n) ^ (b << 20n) ^ c;
}

export const drawnRow = (draw: () => number, size: number) =>
  Float32Array.from({ length: size }, () => (draw() % 4096) / 512);

/** A text marked through the hook on the scripts' logits. Without `random`, what the row says is largest is chosen. */
export function hookText(
  mark: Mark,
  {
    prompt,
    vocabSize,
    length = 200,
    random,
    ...options
  }: HookOptions & { prompt: number[]; vocabSize: number; length?: number; random?: () => number },
): number[] {
  const draw = lcg(7);
  const hook = new MarkHook(mark, { ...options, vocabSize });
  const sequence = hook.start(prompt);
  return Array.from({ length }, () => {
    const row = drawnRow(draw, vocabSize);
    hook.processLogits(row, [sequence]);
    const token = random === undefined ? largestToken(row) : drawToken(row, options.temperature ?? 1, random);
    sequence.push(token);
    return token;
  });
}

export const vectorsOf = <T>(name: string): T =>
  JSON.parse(readFileSync(fileURLToPath(new URL(`./vectors/${name}.json`, import.meta.url)), 'utf8'));

/** Word-like text: tokens of Zipf's law, some of its pieces repeated. 60 tokens a passage. */
export function passage(i: number, vocabSize = 50_000): Uint32Array {
  const draw = lcg(1000 + i);
  const text = Uint32Array.from({ length: 60 }, () =>
    Math.min(vocabSize - 1, Math.floor(vocabSize ** (draw() / 2 ** 23)) - 1),
  );
  text.copyWithin(40, 5, 15);
  return text;
}

/**
 * Tests so many texts, each under a key of its own, and expects the rejections at 1e-2 inside the exact 99.9 % band; where
 * scores are integers, of p-values that are made continuous. Returns the number of rejections.
 */
export function expectNull(markOf: (key: bigint) => Mark, { tests = 4000, vocabSize = 50_000 } = {}): number {
  const draw = lcg(99);
  let rejections = 0;
  for (let i = 0; i < tests; i++) {
    const mark = markOf(drawnKey(draw));
    const { score, n, law } = detectTokens(passage(i, vocabSize), mark);
    const p = Math.exp(lnTail(law, score, n));
    const above = law.law === 'binomial' ? Math.exp(lnTail(law, score + 1, n)) : p;
    if (above + (p - above) * ((draw() + 0.5) / 2 ** 23) <= 0.01) rejections++;
  }
  const [low, high] = binomialBand(tests, 0.01, 0.999);
  expect(rejections).toBeGreaterThanOrEqual(low);
  expect(rejections).toBeLessThanOrEqual(high);
  return rejections;
}

/** The sum of a mark's scores over the distinct pairs of a text, from the position `first` on. */
export function sumFrom(mark: Mark, tokens: number[], first: number): { sum: number; n: number } {
  const pairs = distinctPairs(tokens.slice(first - mark.contextWidth), { contextWidth: mark.contextWidth });
  const scores = new Float64Array(pairs.n);
  mark.score(pairs, scores);
  return { sum: scores.reduce((sum, score) => sum + score, 0), n: pairs.n };
}

export const close = (a: number, b: number, tolerance: number) =>
  expect(Math.abs(a - b)).toBeLessThanOrEqual(tolerance * Math.max(Math.abs(a), Math.abs(b)));
