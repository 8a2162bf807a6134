/** MarkLLM's EXP and EXPGumbel, against what it answered (test/generators/markllm_exp.py). */
import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { distinctPairs, type Mark, type Pairs } from '@taggant/core';
import { detectTokens, lnTail } from '@taggant/detector';
import { MersenneTwister } from '@taggant/kernels';
import { binomialBand } from '@taggant/stats';
import { describe, expect, it, vi } from 'vitest';
import { openEngineMark } from '../src/index.ts';
import { MARKS, markedText } from './generators/markllm-exp-texts.ts';
import { uniforms } from './generators/synthid-texts.ts';

const vectors = JSON.parse(readFileSync(new URL('./vectors/markllm-exp.json', import.meta.url), 'utf8'));
const names = Object.keys(MARKS) as (keyof typeof MARKS)[];
const WRONG_KEY = { exp: { hash_key: 15_485_864 }, expOfTwo: { hash_key: 77 }, expGumbel: { seed: 43 } };

describe.each(names)('%s', (name) => {
  const recorded = vectors[name];
  const mark = openEngineMark(MARKS[name]);
  const wrong = openEngineMark({ ...MARKS[name], config: { ...MARKS[name].config, ...WRONG_KEY[name] } });

  it('a step chooses the token that the peer chooses', () => {
    for (const { context, logits, token } of recorded.steps) {
      const row = Float32Array.from(logits);
      mark.apply(Uint32Array.from(context), row, 0.7);
      expect([row[token], row.filter((logit) => logit === -Infinity).length]).toEqual([0, row.length - 1]);
    }
  });

  it.each(['plain', 'repeated', 'markedByPeer', 'markedHere'])('%s text: the peer’s p is told', (kind) => {
    const { ids, score, is_watermarked } = recorded[kind];
    const figures = mark.compat?.(Uint32Array.from(ids), new Uint32Array(0)).figures ?? {};
    expect(figures.is_watermarked).toBe(is_watermarked);
    expect(Math.abs((figures.score as number) / score - 1)).toBeLessThan(1e-9);
  });

  it('text marked there or here is found, and not with another key', () => {
    for (const ids of [recorded.markedByPeer.ids, recorded.markedHere.ids, markedText(name, 60, uniforms(2))]) {
      expect(detectTokens(ids, mark).verdict).toBe('marked');
      expect(detectTokens(ids, wrong).verdict).not.toBe('marked');
    }
  });
});

describe('without the mark', () => {
  const TESTS = 2000;
  const cases = [
    { mark: 'markllm/exp', config: { prefix_length: 2 }, key: 'hash_key', vocabSize: 96 },
    { mark: 'markllm/exp-gumbel', config: { prefix_length: 2 }, key: 'seed', vocabSize: 40 },
  ];

  it.each(cases)('$mark: random keys reject at 1e-2 as often as that', ({ mark, config, key, vocabSize }) => {
    const next = uniforms(21);
    let [rejected, ofCopies] = [0, 0];
    for (let test = 0; test < TESTS; test++) {
      const ids = Array.from({ length: 80 }, () => Math.floor(vocabSize * next() ** 2));
      const file = { mark, config: { ...config, [key]: Math.floor(2 ** 32 * next()) }, vocabSize };
      const opened = openEngineMark(file);
      if (detectTokens(ids, opened).lnP < Math.log(0.01)) rejected++;
      // Control: copies scored.
      if (test % 10 === 0 && lnPOf(opened, Array(8).fill(ids).flat()) < Math.log(0.01)) ofCopies++;
    }
    const [least, most] = binomialBand(TESTS, 0.01, 1 - 1e-6);
    expect(rejected).toBeGreaterThanOrEqual(least);
    expect(rejected).toBeLessThanOrEqual(most);
    expect(ofCopies).toBeGreaterThan(most / 5);
  });

  it('pairs whose seed is 0 under every key are left out, those of one product count once', () => {
    const mark = openEngineMark({ mark: 'markllm/exp', config: { prefix_length: 2 }, vocabSize: 100 });
    // Products: 0, 0 (20 * 5 = 100), 6, 6, 6.
    const ids = [0, 9, 1, 20, 5, 1, 2, 3, 7, 3, 2, 7, 6, 1, 7];
    const pairs = distinctPairs(ids, { contextWidth: 2 });
    const kept = mark.distinct?.(pairs);
    const products = Array.from({ length: kept?.n ?? 0 }, (_, i) => {
      const [a, b] = [0, 1].map((j) => kept?.contexts[2 * i + j] ?? 0);
      return `${(a * b) % 100} ${kept?.tokens[i]}`;
    });
    expect(new Set(products).size).toBe(products.length);
    expect(products.filter((product) => product.startsWith('0 '))).toEqual([]);
    expect(products.filter((product) => product === '6 7')).toHaveLength(1);
  });
});

describe('weak keys', () => {
  const next = uniforms(5);
  const ids = Array.from({ length: 300 }, () => 1 + Math.floor(96 * next()));
  const kept = (hash_key: number) => {
    const mark = openEngineMark({ mark: 'markllm/exp', config: { prefix_length: 2, hash_key }, vocabSize: 97 });
    return mark.distinct?.(distinctPairs(ids, { contextWidth: 2 })) as Pairs;
  };

  it('EXP counts the seeds that reach its generator, not products', () => {
    expect(kept(0).n).toBe(0);
    expect(kept(2 ** 32).n).toBe(0);
    // Seed 2^31 for every odd product: each token once.
    const { n, tokens } = kept(2 ** 31);
    expect(n).toBeGreaterThan(50);
    expect(new Set(tokens).size).toBe(n);
    expect(kept(15_485_863).n).toBeGreaterThan(250);
    expect(
      detectTokens(ids, openEngineMark({ mark: 'markllm/exp', config: { hash_key: 0 }, vocabSize: 97 })).verdict,
    ).not.toBe('marked');
  });

  it('EXPGumbel walks its table once for all pairs and once for the peer’s figures, with the scores of one pair at a time', () => {
    const mark = openEngineMark({ mark: 'markllm/exp-gumbel', config: { prefix_length: 2 }, vocabSize: 97 });
    const pairs = distinctPairs(ids, { contextWidth: 2 });
    const alone = Array.from({ length: pairs.n }, (_, i) => {
      const out = new Float64Array(1);
      const [contexts, tokens] = [pairs.contexts.subarray(2 * i, 2 * i + 2), pairs.tokens.subarray(i, i + 1)];
      mark.score({ ...pairs, n: 1, contexts, tokens }, out);
      return out[0];
    });
    const seed = vi.spyOn(MersenneTwister.prototype, 'seed');
    const out = new Float64Array(pairs.n);
    mark.score(pairs, out);
    mark.compat?.(Uint32Array.from(ids), new Uint32Array(0));
    expect(seed.mock.calls.length).toBeLessThanOrEqual(2);
    seed.mockRestore();
    expect([...out]).toEqual(alone);
  });
});

describe('configurations', () => {
  it('are refused without a vocabulary, and EXPGumbel’s with a large one', () => {
    expect(() => openEngineMark({ mark: 'markllm/exp', config: {} })).toThrow('vocabSize');
    expect(() => openEngineMark({ mark: 'markllm/exp-gumbel', config: {}, vocabSize: 50_272 })).toThrow(
      'at most 11585',
    );
  });

  it('EXPGumbel’s table has no row and no column for ids beyond the vocabulary', () => {
    const mark = openEngineMark({ mark: 'markllm/exp-gumbel', config: {}, vocabSize: 50 });
    const message = '"tokens" expected ids below the vocabulary\'s size 50, got';
    for (const ids of [
      [1, 50, 2],
      [1, 2, 50],
    ]) {
      const pairs = distinctPairs(ids, { contextWidth: 2 });
      expect(() => mark.score(pairs, new Float64Array(pairs.n))).toThrow(message);
    }
    const row = new Float32Array(51);
    expect(() => mark.apply(Uint32Array.of(1, 2), row)).toThrow(message);
    expect(row).toEqual(new Float32Array(51));
  });

  it('no key is seen', () => {
    for (const [mark, key] of [['exp', 'hash_key'] as const, ['exp-gumbel', 'seed'] as const]) {
      const opened = openEngineMark({ mark: `markllm/${mark}`, config: { [key]: 918_273_645 }, vocabSize: 99 });
      expect(inspect(opened, { depth: 9, showHidden: true }) + JSON.stringify(opened)).not.toContain('918273645');
    }
  });
});

/** ln p of all n-grams of a text, copies too. */
function lnPOf(mark: Mark, ids: number[]): number {
  const width = mark.contextWidth;
  const n = ids.length - width;
  const contexts = Uint32Array.from({ length: n * width }, (_, j) => ids[Math.floor(j / width) + (j % width)]);
  const pairs = {
    ...distinctPairs(ids, { contextWidth: width }),
    n,
    contexts,
    tokens: Uint32Array.from(ids.slice(width)),
  };
  const out = new Float64Array(n);
  mark.score(pairs, out);
  const sum = out.reduce((total, score) => total + score, 0);
  return lnTail(mark.law, sum, n);
}
