/** Evidence over streams. Seeds are fixed; a statistical test says its false-alarm rate over seeds. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { distinctPairs, type Mark, type NativeMarkInput, openMark, type Pairs } from '@taggant/core';
import { cumulantOf, detectTokens, EvidenceStream, lnTail, tiltsOf } from '@taggant/detector';
import { tiktokenTokenizer } from '@taggant/detector/tiktoken';
import { openEngineMark } from '@taggant/engines';
import { MarkHook, sampleToken } from '@taggant/sampler';
import { binomialBand, EProcess } from '@taggant/stats';
import { describe, expect, it } from 'vitest';
import { secretOf, uniforms } from '../../core/test/support.ts';

const greenlist: NativeMarkInput = { scheme: 'greenlist', gamma: '1/4' };
const gumbel: NativeMarkInput = { scheme: 'gumbel', contextWidth: 2 };
const tournament: NativeMarkInput = { scheme: 'tournament', contextWidth: 2, layers: 10 };
const marks = [greenlist, gumbel, tournament];

const text = (length: number, seed: number, vocabulary = 500) => {
  const next = uniforms(seed);
  return Array.from({ length }, () => Math.floor(next() ** 3 * vocabulary));
};

function write(mark: Mark, length: number, seed: number): number[] {
  const next = uniforms(seed);
  const hook = new MarkHook([mark], { vocabSize: 200 });
  const sequence = hook.start();
  return Array.from({ length }, () => {
    const row = new Float32Array(200);
    hook.processLogits(row, [sequence]);
    const token = sampleToken(row, next());
    sequence.push(token);
    return token;
  });
}

describe.each(marks)('a stream of $scheme', (input) => {
  const mark = openMark(input, secretOf(1));

  it('is an e-process over the scores of the distinct pairs of all documents, in order', () => {
    const documents = [text(80, 1, 30), text(5, 2, 30), [], text(80, 3, 30), text(80, 1, 30)];
    const stream = new EvidenceStream(mark);
    const evidence = documents.map((ids) => stream.add(ids));
    const expected = new EProcess(cumulantOf(mark.law), tiltsOf(mark.law));
    const seen = new Set<string>();
    let at = 0;
    for (const ids of documents) {
      const { contexts, tokens, n } = distinctPairs(ids, { contextWidth: 2 });
      const scores = new Float64Array(n);
      mark.score(distinctPairs(ids, { contextWidth: 2 }), scores);
      for (let i = 0; i < n; i++) {
        const pair = `${contexts[2 * i]} ${contexts[2 * i + 1]} ${tokens[i]}`;
        if (!seen.has(pair)) expected.add(scores[i]);
        seen.add(pair);
      }
      const { lnE, lnSup, n: scored } = expected;
      expect(evidence[at++]).toEqual({ lnE, lnSup, lnP: 0 - lnSup, crossed: false, n: scored });
    }
    // A copy of the first document adds nothing.
    expect(evidence[4]).toEqual(evidence[3]);
    expect(stream.documents).toBe(5);
  });

  it('crosses on marked text, and stays crossed whatever comes after', () => {
    const stream = new EvidenceStream(mark);
    const marked = Array.from({ length: 8 }, (_, i) => stream.add(write(mark, 60, i)).crossed);
    expect(marked.at(-1)).toBe(true);
    const later = stream.add(text(2000, 3));
    expect(later.lnE).toBeLessThan(later.lnSup);
    expect(later.crossed).toBe(true);
    expect(later.lnP).toBe(-later.lnSup);
  });

  it('fixed() is the exact test of all documents together', () => {
    const stream = new EvidenceStream(mark, { dedup: 'context' });
    const ids = [text(100, 1, 30), text(100, 2, 30)];
    for (const one of ids) stream.add(one);
    const { n, dedup, verdict, lnP } = stream.fixed();
    expect([n, dedup]).toEqual([stream.evidence.n, 'context']);
    expect(lnP).toBeLessThanOrEqual(0);
    expect(verdict).not.toBe('marked');
  });
});

describe('streams', () => {
  it('give a prompt as context and never score it', () => {
    const mark = openMark(greenlist, secretOf(1));
    const ids = text(100, 1);
    const stream = new EvidenceStream(mark);
    expect(stream.add(ids.slice(40), ids.slice(0, 40)).n).toBe(
      detectTokens(ids.slice(40), mark, { prompt: ids.slice(0, 40) }).n,
    );
  });

  it("count contexts of other engines' marks, and leave out what reads the same seed anywhere in the stream", () => {
    const file = {
      mark: 'lm-watermarking/extended',
      config: { seeding_scheme: 'minhash', hash_key: 15485863 },
      vocabSize: 60,
    };
    const mark = openEngineMark(file);
    const stream = new EvidenceStream(mark);
    const documents = [1, 2, 3].map((seed) => text(100, seed, 60));
    for (const ids of documents) stream.add(ids);
    const whole = detectTokens(documents[0], mark, { dedup: 'context' });
    expect(stream.dedup).toBe('context');
    expect(stream.evidence.n).toBeGreaterThan(whole.n);
    const { n, score } = stream.fixed();
    expect(n).toBe(stream.evidence.n);
    expect(score).toBeLessThanOrEqual(n);
  });

  it.each<[() => unknown, RegExp]>([
    [
      () => new EvidenceStream(openMark(greenlist, secretOf(1)), { alpha: 0 }),
      /"alpha" expected a number in \(0, 1\), got 0/,
    ],
    [
      () => new EvidenceStream(openEngineMark({ mark: 'tgi/greenlist', config: {}, vocabSize: 60 }), { dedup: 'pair' }),
      /"dedup" expected context for a stream of "tgi\/greenlist", got pair/,
    ],
    [
      () => new EvidenceStream(openEngineMark({ mark: 'unigram/xuandong23b', config: {}, vocabSize: 60 })),
      /"mark" expected one with a context for a stream/,
    ],
  ])('refuse %s', (call, message) => {
    expect(call).toThrow(message);
  });
});

const ALPHAS = [0.05, 0.01, 0.001];
const folder = fileURLToPath(new URL('../../../../shared/data/text/', import.meta.url));
const passages = (ids: ArrayLike<number>) =>
  Array.from({ length: 20 }, (_, i) => Array.from({ length: 40 }, (_, j) => ids[600 + 40 * i + j]));

/** Pairs of 20 passages in an order of its own for each run, distinct over all of them. */
function streamsOf(documents: readonly number[][], contextWidth: number, seed: number, orders: number) {
  const next = uniforms(seed);
  return Array.from({ length: orders }, () => {
    const order = documents.map((ids) => ({ ids, at: next() })).sort((a, b) => a.at - b.at);
    // One text; contexts that reach across passages are as good as others here.
    return distinctPairs(
      order.flatMap(({ ids }) => ids),
      { contextWidth },
    );
  });
}

/**
 * Runs under random keys, each on one of the streams, each with an adversary who may stop after every pair: how many ever see
 * E >= 1/alpha; and, as the control, how many ever see the p of a fixed length at or below alpha.
 */
function adversarialStops(
  input: NativeMarkInput,
  streams: readonly Pairs[],
  runs: number,
  seed: number,
  withControl = false,
) {
  const { law } = openMark(input, secretOf(0));
  const [cumulant, tilts] = [cumulantOf(law), tiltsOf(law)];
  const byE = ALPHAS.map(() => 0);
  const byP = ALPHAS.map(() => 0);
  const scores = new Float64Array(Math.max(...streams.map(({ n }) => n)));
  for (let run = 0; run < runs; run++) {
    const mark = openMark(input, secretOf(seed * 1e7 + run));
    const pairs = streams[run % streams.length];
    mark.score(pairs, scores);
    const evidence = new EProcess(cumulant, tilts);
    let [sum, least] = [0, 0];
    for (let i = 0; i < pairs.n; i++) {
      evidence.add(scores[i]);
      sum += scores[i];
      if (withControl) least = Math.min(least, lnTail(law, sum, i + 1));
    }
    ALPHAS.forEach((alpha, a) => {
      if (evidence.lnSup >= -Math.log(alpha)) byE[a]++;
      if (least <= Math.log(alpha)) byP[a]++;
    });
  }
  return { byE, byP };
}

describe.each([
  ['synthetic text', text(3000, 7)],
  ...(existsSync(folder)
    ? [
        [
          'real text',
          Array.from(
            tiktokenTokenizer('gpt2').encode(
              readFileSync(`${folder}pg1342_pride_prejudice.txt`, 'utf8').slice(4000, 24_000),
            ),
          ),
        ] as const,
      ]
    : []),
] as const)('any stopping rule, %s (real text is skipped without ../shared/data/text)', (_, ids) => {
  const documents = passages(ids);

  // False alarm over seeds: at most 0.15 % of the times, three alphas, three marks and two texts.
  it.each([
    [greenlist, 4000],
    [gumbel, 2000],
    [tournament, 2000],
  ])('seed 1: %o, stopped where E is largest: %i keys cross 1/alpha no more often than alpha', (input, runs) => {
    const streams = streamsOf(documents, 2, 1, 16);
    const { byE } = adversarialStops(input, streams, runs, 1);
    ALPHAS.forEach((alpha, a) => {
      expect(byE[a], `alpha ${alpha}`).toBeLessThanOrEqual(binomialBand(runs, alpha, 0.999)[1]);
    });
  });

  it('CONTROL: the p of a fixed length, looked at after every pair, breaks alpha', () => {
    const runs = 200;
    const { byP } = adversarialStops(greenlist, streamsOf(documents, 2, 1, 4), runs, 2, true);
    for (const a of [0, 1]) expect(byP[a]).toBeGreaterThan(binomialBand(runs, ALPHAS[a], 0.999)[1]);
  });
});
