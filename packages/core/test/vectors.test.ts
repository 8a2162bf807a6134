/** Frozen outputs: a change of any of these orphans every text already published. */
import { deriveKey, distinctPairs, type Mark, openMark, SCHEMES, Secret } from '@taggant/core';
import { describe, expect, it } from 'vitest';
import tg1 from '../../kernels/test/vectors/tg1.json' with { type: 'json' };
import { packNonce } from '../src/context.ts';

const secret = Secret.fromHex(tg1.secret);

/** One pair per token, all in the same context. */
function pairsOf(context: readonly number[], tokens: readonly number[]) {
  return {
    n: tokens.length,
    contextWidth: context.length,
    contexts: Uint32Array.from(tokens.flatMap(() => context)),
    tokens: Uint32Array.from(tokens),
    positions: Uint32Array.from(tokens.keys()),
    positionsSeen: tokens.length,
    repeated: 0,
    withoutContext: 0,
  };
}

function scores(mark: Mark, context: readonly number[], tokens: readonly number[]): number[] {
  const out = new Float64Array(tokens.length);
  mark.score(pairsOf(context, tokens), out);
  return [...out];
}

/** The tokens below `size` that `apply` biases. */
function biased(mark: Mark, context: readonly number[], size: number): number[] {
  const row = new Float32Array(size);
  mark.apply(Uint32Array.from(context), row);
  return [...row.keys()].filter((v) => row[v] !== 0);
}

describe('tg1.json: keys', () => {
  it.each(SCHEMES)('%s has the frozen commitment and kid', (scheme) => {
    const { commitment, kid } = deriveKey(secret, scheme);
    expect({ commitment, kid }).toEqual({ commitment: tg1.derive[scheme].commitment, kid: tg1.derive[scheme].kid });
  });

  it('a label gives a key of its own', async () => {
    // The vectors hold this key without its commitment.
    const { createHash } = await import('node:crypto');
    const key = Buffer.from(tg1.derive['greenlist/tenant-a'].key, 'hex');
    const commitment = createHash('sha256').update('taggant/commit/1').update(key).digest('hex');
    expect(deriveKey(secret, 'greenlist', 'tenant-a').commitment).toBe(commitment);
  });
});

describe.each(tg1.cases)('tg1.json: context $context', (vector) => {
  const { context } = vector;
  const descriptor = { contextWidth: context.length };
  const green = (gamma: string, cohort = 0) =>
    openMark({ scheme: 'greenlist', gamma, cohort, delta: 1, ...descriptor }, secret);

  it('packs the frozen nonce', () => {
    const words = new Uint32Array(5);
    packNonce(Uint32Array.of(9, 9, ...context), context.length + 2, context.length, words, 1);
    expect(Buffer.from(words.buffer, 4, 12).toString('hex')).toBe(vector.nonce);
    expect([words[0], words[4]]).toEqual([0, 0]);
  });

  it.each(Object.entries(vector.green))('gamma %s: green list as written and as read', (gamma, list) => {
    expect(biased(green(gamma), context, 96)).toEqual(list);
    const flags = scores(green(gamma), context, [...Array(96).keys()]);
    expect([...flags.keys()].filter((v) => flags[v] === 1)).toEqual(list);
  });

  it.each(Object.entries(vector.green_cohort_23999))('gamma %s, cohort 23,999: green list', (gamma, list) => {
    expect(biased(green(gamma, 23999), context, 96)).toEqual(list);
  });

  it.each(Object.entries(vector.green_at_131071))('gamma %s: token 131,071', (gamma, isGreen) => {
    expect(scores(green(gamma), context, [131071])).toEqual([isGreen ? 1 : 0]);
    expect(biased(green(gamma), context, 131072).includes(131071)).toBe(isGreen);
  });

  it('Gumbel words', () => {
    const score = (word: number) => -Math.log1p(-(word + 0.5) / 2 ** 32);
    const tokens = [0, 1, 15, 16, 50256, 131071];
    const read = (cohort: number) =>
      scores(openMark({ scheme: 'gumbel', cohort, ...descriptor }, secret), context, tokens);
    expect(read(0)).toEqual(vector.gumbel_words.map(score));
    expect(read(5)).toEqual(vector.gumbel_words_cohort_5.map(score));
  });

  it('tournament words, bit by bit', () => {
    const tokens = [0, 1, 15, 16, 50256, 131071];
    const sums = (layers: number) =>
      scores(openMark({ scheme: 'tournament', layers, ...descriptor }, secret), context, tokens);
    let before = tokens.map(() => 0);
    for (let layer = 0; layer < 32; layer++) {
      const after = sums(layer + 1);
      expect(after.map((sum, i) => sum - before[i])).toEqual(
        vector.tournament_words.map((word) => (word >>> layer) & 1),
      );
      before = after;
    }
  });
});

describe('tg1.json: texts', () => {
  it.each(tg1.sequences)('gamma $gamma, cohort $cohort: $green of $scored green', (vector) => {
    const { tokens, context_width: contextWidth, gamma, cohort } = vector;
    const mark = openMark({ scheme: 'greenlist', gamma, cohort, contextWidth }, secret);
    const pairs = distinctPairs(tokens, { contextWidth });
    const out = new Float64Array(pairs.n);
    mark.score(pairs, out);
    const expected = vector.positions.filter(({ duplicate }) => !duplicate);
    expect([...pairs.positions]).toEqual(expected.map(({ i }) => i));
    expect([...out]).toEqual(expected.map(({ green }) => (green ? 1 : 0)));
    expect([pairs.n, out.reduce((a, b) => a + b)]).toEqual([vector.scored, vector.green]);
  });

  it('the green counts of 1,024 cohorts over one text', () => {
    const { tokens, green } = tg1.cohorts;
    const pairs = distinctPairs(tokens, { contextWidth: 2 });
    const out = new Float64Array(pairs.n);
    const counts = green.map((_, cohort) => {
      openMark({ scheme: 'greenlist', gamma: '1/2', contextWidth: 2, cohort }, secret).score(pairs, out);
      return out.reduce((a, b) => a + b);
    });
    expect(counts).toEqual(green);
  });
});
