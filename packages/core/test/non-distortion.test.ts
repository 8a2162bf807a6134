/** Over random keys and contexts, Gumbel-max and tournament leave the model's distribution as it is. */
import { type Mark, openMark } from '@taggant/core';
import { describe, expect, it } from 'vitest';
import { LN_RARE, lnChiSquare, secretOf, softmax, uniforms } from './support.ts';

const DRAWS = 120_000;
const PER_KEY = 500;
const LOGITS = Float32Array.of(1, 0.2, -0.5, -1, 0.7, -2.5, 0, -3.5);

/** How often each token comes out when `pick` draws from the marked row, over many keys and contexts. */
function frequencies(open: (key: number) => Mark, logits: Float32Array, pick: (row: Float32Array) => number): number[] {
  const counts: number[] = Array(logits.length).fill(0);
  const row = new Float32Array(logits.length);
  const context = new Uint32Array(4);
  for (let key = 0; key < DRAWS / PER_KEY; key++) {
    const mark = open(key);
    for (let i = 0; i < PER_KEY; i++) {
      context[3] = i;
      row.set(logits);
      mark.apply(context, row);
      counts[pick(row)]++;
    }
  }
  return counts;
}

/** The same row with one token's odds raised by 5 %, its probability by 3 % of itself. */
function tampered(): Float32Array {
  const row = LOGITS.slice();
  row[0] += Math.log(1.05);
  return row;
}

describe.each(['gumbel', 'tournament'] as const)('%s', (scheme) => {
  const open = (key: number) => openMark({ scheme, contextWidth: 4 }, secretOf(key));
  // A tournament's output is drawn from; Gumbel's has one token left, which any draw picks.
  const next = uniforms(11);
  const draw = (row: Float32Array) => {
    let left = next();
    const p = softmax(row);
    const v = p.findIndex((p) => (left -= p) < 0);
    return v < 0 ? p.indexOf(Math.max(...p)) : v;
  };

  it('draws follow p', () => {
    expect(lnChiSquare(frequencies(open, LOGITS, draw), softmax(LOGITS))).toBeGreaterThan(LN_RARE);
  });

  it('control: a token favoured by 5 % of its odds is caught', () => {
    expect(lnChiSquare(frequencies(open, tampered(), draw), softmax(LOGITS))).toBeLessThan(LN_RARE);
  });
});

describe('tournament', () => {
  it('averages to p within 5 standard errors, token by token; control: 2 % more of one token is caught', () => {
    const p = softmax(LOGITS);
    const sums = p.map(() => 0);
    const squares = p.map(() => 0);
    const row = new Float32Array(LOGITS.length);
    const rows = 40_000;
    for (let key = 0; key < 40; key++) {
      // Two layers move little, so that the average is sharp.
      const mark = openMark({ scheme: 'tournament', layers: 2 }, secretOf(key));
      for (let i = 0; i < rows / 40; i++) {
        row.set(LOGITS);
        mark.apply(Uint32Array.of(0, 0, 0, i), row);
        row.forEach((logit, v) => {
          sums[v] += Math.exp(logit);
          squares[v] += Math.exp(2 * logit);
        });
      }
    }
    const deviations = (expected: readonly number[]) =>
      expected.map((p, v) => {
        const mean = sums[v] / rows;
        return Math.abs(mean - p) / Math.sqrt((squares[v] / rows - mean * mean) / rows);
      });
    expect(Math.max(...deviations(p))).toBeLessThan(5);
    const more = p.map((p, v) => (v === 0 ? p * 1.02 : p));
    expect(Math.max(...deviations(more))).toBeGreaterThan(5);
  });
});
