/** `Mark.oneBit` against simulation: two equally likely tokens, one drawn under the mark, its score. */
import { distinctPairs, type Mark, openMark, type Strength } from '@taggant/core';
import { describe, expect, it } from 'vitest';
import { secretOf, uniforms } from './support.ts';

const N = 60_000;

/** Mean and variance of the drawn token's score over random contexts. */
function simulate(mark: Mark): Strength & { standardError: number } {
  const next = uniforms(3);
  const text = new Uint32Array(N).map((_, i) => i);
  const context = new Uint32Array(4);
  const pairs = distinctPairs(text, { contextWidth: mark.contextWidth, prompt: [1, 1, 1, 1] });
  const tokens = pairs.tokens.map((_, i) => {
    context.set(pairs.contexts.subarray(4 * i, 4 * i + 4));
    const row = new Float32Array(2);
    mark.apply(context, row);
    return next() < 1 / (1 + Math.exp(row[1] - row[0])) ? 0 : 1;
  });
  const scores = new Float64Array(N);
  mark.score({ ...pairs, tokens }, scores);
  const mean = scores.reduce((sum, score) => sum + score) / N;
  const variance = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / (N - 1);
  return { mean, variance, standardError: Math.sqrt(variance / N) };
}

const cases = [
  { scheme: 'greenlist', gamma: '1/2', delta: 2 },
  { scheme: 'greenlist', gamma: '1/4', delta: 1 },
  { scheme: 'greenlist', gamma: '3/16', delta: 5 },
  { scheme: 'greenlist', gamma: '1/4', delta: 0 },
  { scheme: 'gumbel' },
  { scheme: 'tournament', layers: 1 },
  { scheme: 'tournament', layers: 5 },
  { scheme: 'tournament', layers: 30 },
] as const;

describe.each(cases)('$scheme $gamma $delta $layers', (input) => {
  const mark = openMark({ ...input, contextWidth: 4 }, secretOf(2));
  const { mean, variance, standardError } = simulate(mark);

  it('the mean is within 5 standard errors, the variance within 5 %', () => {
    expect(Math.abs(mean - mark.oneBit.mean)).toBeLessThan(5 * standardError);
    expect(Math.abs(variance / mark.oneBit.variance - 1)).toBeLessThan(0.05);
  });

  it('control: a mean off by 3 % is caught', () => {
    expect(Math.abs(mean - 1.03 * mark.oneBit.mean)).toBeGreaterThan(5 * standardError);
  });
});
