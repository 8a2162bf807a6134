/**
 * Rejections under wrong keys, against the exact 99.9 % band of Binomial(tests, alpha): real text and text that repeats
 * itself without end. Every corpus has its control: the same tests on every copy, and a text marked with the key.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { distinctPairs, type Mark, type NativeMarkInput, openMark, type Pairs, type PairsOptions } from '@taggant/core';
import { detectPairs, detectTokens, lnTail } from '@taggant/detector';
import { tiktokenTokenizer } from '@taggant/detector/tiktoken';
import { MarkHook, sampleToken } from '@taggant/sampler';
import { binomialBand } from '@taggant/stats';
import { describe, expect, it } from 'vitest';
import { randomRow, secretOf, uniforms } from '../../core/test/support.ts';

const TESTS = 20_000;
const LEVELS = [1e-2, 1e-3];
const CONFIDENCE = 0.999;
const data = fileURLToPath(new URL('../../../../shared/data/text/', import.meta.url));
const marks = [
  { scheme: 'greenlist', gamma: '1/4' },
  { scheme: 'gumbel', contextWidth: 2 },
  { scheme: 'tournament', contextWidth: 2 },
] as const;

/** Passages of 20 to 219 tokens, cut one after the other and round again. */
function passages(ids: Uint32Array): Uint32Array[] {
  const cuts: Uint32Array[] = [];
  for (
    let at = 0, length = 20;
    at + length <= ids.length && cuts.length < 4000;
    at += length, length = 20 + ((length * 7) % 200)
  ) {
    cuts.push(ids.subarray(at, at + length));
  }
  return cuts;
}

/** Loops of 1 to 12 tokens for 150 tokens, with a slip every 40. */
const loops = Array.from({ length: 2000 }, (_, i) => {
  const next = uniforms(i);
  const loop = Array.from({ length: 1 + (i % 12) }, () => Math.floor(50257 * next()));
  return Uint32Array.from({ length: 150 }, (_, j) =>
    j % 40 === 39 ? Math.floor(50257 * next()) : loop[j % loop.length],
  );
});

/** What a careless detector scores: every position, copies included. */
function everyCopy(ids: Uint32Array, contextWidth: number): Pairs {
  const n = ids.length - contextWidth;
  const contexts = Uint32Array.from(
    { length: n * contextWidth },
    (_, i) => ids[Math.floor(i / contextWidth) + (i % contextWidth)],
  );
  const positions = Uint32Array.from({ length: n }, (_, i) => i + contextWidth);
  const counts = { positionsSeen: ids.length, repeated: 0, withoutContext: contextWidth };
  return { n, contextWidth, contexts, tokens: ids.slice(contextWidth), positions, ...counts };
}

/**
 * Rejections at each level by the exact p, which is conservative where scores are integers, and by the randomised p (the
 * observed sum counts for a uniform part of its probability), which is uniform under the null for any law.
 */
function rejections(input: Input, texts: readonly Uint32Array[], tests: number, pairsOf: (text: Uint32Array) => Pairs) {
  const next = uniforms(99);
  const exact = LEVELS.map(() => 0);
  const randomised = LEVELS.map(() => 0);
  const allPairs = texts.map(pairsOf);
  for (let test = 0; test < tests; test++) {
    const mark = openMark(input, secretOf(test + 1e6));
    const { lnP, p, score, n, law } = detectPairs(allPairs[test % texts.length], mark);
    const above = law.law === 'binomial' && n > 0 ? Math.exp(lnTail(law, score + 1, n)) : p;
    const uniform = n > 0 ? above + next() * (p - above) : next();
    LEVELS.forEach((level, i) => {
      if (lnP <= Math.log(level)) exact[i]++;
      if (uniform <= level) randomised[i]++;
    });
  }
  return { exact, randomised };
}

type Input = NativeMarkInput | (typeof marks)[number];

function expectNull(input: Input, texts: readonly Uint32Array[], options: Partial<PairsOptions> = {}) {
  const { contextWidth } = openMark(input, secretOf(0));
  const { exact, randomised } = rejections(input, texts, TESTS, (ids) =>
    distinctPairs(ids, { contextWidth, ...options }),
  );
  const failures = LEVELS.flatMap((level, i) => {
    const [low, high] = binomialBand(TESTS, level, CONFIDENCE);
    return [
      ...(exact[i] <= high ? [] : [`${exact[i]} rejections of ${TESTS} at ${level}, band ${low} to ${high}`]),
      ...(randomised[i] >= low && randomised[i] <= high ? [] : [`${randomised[i]} randomised, band ${low} to ${high}`]),
    ];
  });
  expect(failures).toEqual([]);
}

describe('text that repeats itself without end', () => {
  it.each(marks)('$scheme: wrong keys reject no more often than alpha', (input) => expectNull(input, loops));

  it.each(marks)('CONTROL $scheme: with copies scored, they reject far too often', (input) => {
    const { contextWidth } = openMark(input, secretOf(0));
    const { exact } = rejections(input, loops, TESTS / 5, (ids) => everyCopy(ids, contextWidth));
    LEVELS.forEach(
      (level, i) => void expect(exact[i]).toBeGreaterThan(2 * binomialBand(TESTS / 5, level, CONFIDENCE)[1]),
    );
  });
});

describe.skipIf(!existsSync(data))('real text (skipped when ../shared/data/text is missing)', () => {
  const gpt2 = tiktokenTokenizer('gpt2');
  const read = (file: string) => passages(gpt2.encode(readFileSync(data + file, 'utf8').slice(0, 600_000)));

  it.each(marks)('wikitext, $scheme: wrong keys reject no more often than alpha', (input) => {
    expectNull(input, read('wikitext2_valid.txt'));
  });

  it('Shakespeare, green list of width 1, each context once', () => {
    expectNull({ ...marks[0], contextWidth: 1 } as NativeMarkInput, read('tinyshakespeare.txt'), { dedup: 'context' });
  });
});

describe('the right key', () => {
  /** 120 tokens of a model that answers each step with random logits of a modest spread. */
  function generate(mark: Mark): Uint32Array {
    const next = uniforms(5);
    const hook = new MarkHook(mark);
    const sequence = hook.start([1, 2, 3, 4]);
    return Uint32Array.from({ length: 120 }, () => {
      const row = randomRow(1000, next);
      hook.processLogits(row, [sequence]);
      const token = sampleToken(row, next());
      sequence.push(token);
      return token;
    });
  }

  it.each(marks)('$scheme: rejects at 1e-6, where the wrong one does not', (input) => {
    const text = generate(openMark(input, secretOf(1)));
    expect(detectTokens(text, openMark(input, secretOf(1)))).toMatchObject({ verdict: 'marked', reason: 'evidence' });
    expect(detectTokens(text, openMark(input, secretOf(2))).verdict).not.toBe('marked');
  });
});
