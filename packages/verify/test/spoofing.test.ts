/** Spoofing, in a made-up language of 256 words, and on tiny-lm. */
import { type Mark, openMark } from '@taggant/core';
import { detectTokens } from '@taggant/detector';
import { binomialBand } from '@taggant/stats';
import { tinyLmTokenizer } from '@taggant/tiny-lm';
import { describe, expect, it } from 'vitest';
import { secretOf, uniforms } from '../../core/test/support.ts';
import { language, VOCABULARY, write } from '../../probes/test/accounts/support.ts';
import type { Deployment, Sample } from '../src/sample.ts';
import { type Attacker, chooseStrength, meanSurprise } from '../src/spoofing/attacker.ts';
import { forger, stolenScore } from '../src/spoofing/forge.ts';
import { learnMark, queriesNeeded, spoofingCheck, spoofingCurve } from '../src/spoofing/index.ts';
import { localAttacker } from '../src/spoofing/local-attacker.ts';
import { openTinyLm } from './faulty-deployment.ts';

const TOKENIZER = { name: 'made up', vocabSize: VOCABULARY };
const fill = language(3);
const markOf = (contextWidth: number, key = 1) =>
  openMark({ scheme: 'greenlist', delta: 4, contextWidth, tokenizer: TOKENIZER }, secretOf(key));
const textOf = (marks: readonly Mark[], seed: number, length = 200): number[] =>
  write(fill, marks, { length }, uniforms(seed));
const sampleOf = (tokens: ArrayLike<number>, id = ''): Sample => ({
  id,
  prompt: new Uint32Array(0),
  tokens: Uint32Array.from(tokens),
  text: '',
});
const texts = (marks: readonly Mark[], count: number, seed = 0) =>
  Array.from({ length: count }, (_, i) => sampleOf(textOf(marks, seed + i)));

const deploymentOf = (marks: readonly Mark[]): Deployment & { asked: number } => ({
  name: 'made up',
  asked: 0,
  async write(requests) {
    this.asked += requests.length;
    return requests.map(({ seed, maxTokens }) => ({ tokens: textOf(marks, seed, maxTokens) }));
  },
});
const attacker: Attacker = {
  write: async (requests, bias) =>
    requests.map(({ seed, maxTokens }) => ({ tokens: textOf(bias ? [bias as Mark] : [], seed, maxTokens) })),
  reference: async (samples) => samples.map(({ tokens }) => lnProbabilities(tokens)),
};
const PROMPTS = ['a', 'b', 'c', 'd'];

describe('a stolen table', () => {
  const boostsOf = (table: ReturnType<typeof learnMark>, ...context: number[]) => {
    const found: Record<number, number> = {};
    table.boosts(Uint32Array.from(context), (token, boost) => {
      found[token] = (found[token] ?? 0) + boost;
    });
    return found;
  };

  it('favours what comes more often after a context than without the mark, and up to twice as often', () => {
    const marked = [sampleOf([7, 1, 7, 1, 7, 2, 7, 2, 7, 3])];
    const base = [sampleOf([7, 1, 7, 2, 7, 2, 7, 2, 7, 3])];
    const boosts = boostsOf(learnMark(marked, base, { contextWidth: 1 }), 7);
    // After 7: 1 has 2/5 against 1/5, 2 has 2/5 against 3/5, 3 came once. Without context: 7 as often in both, 1 twice
    // as often.
    expect(boosts).toEqual({ 1: 1, 7: 0.1 });
  });

  it('knows nothing of contexts that it never saw but what it knows without them', () => {
    const table = learnMark([sampleOf([1, 2, 1, 2, 1, 2])], [sampleOf([3, 4, 3, 4])], { contextWidth: 2 });
    expect(boostsOf(table, 2, 1)).toEqual({ 1: 0.5 / 3.5, 2: 1 });
    expect(boostsOf(table, 9, 9)).toEqual({ 1: 0.5 / 3.5, 2: 0.5 / 3.5 });
  });

  it('takes the context from the prompt, whose own tokens it does not count', () => {
    const one = { ...sampleOf([5]), prompt: Uint32Array.of(8, 9) };
    const table = learnMark([one, one], [], { contextWidth: 1 });
    expect(table.size).toBe(2);
    expect(boostsOf(table, 9)).toEqual({ 5: 1 });
    expect(boostsOf(table, 8)).toEqual({ 5: 0.2 });
  });

  it('is nothing without texts, and a bias of it changes nothing', () => {
    const row = Float32Array.of(1, 2, 3);
    forger(learnMark([], [], { contextWidth: 0 }), { strength: 9 }).apply(new Uint32Array(0), row);
    expect([...row]).toEqual([1, 2, 3]);
    expect(() => forger(learnMark([], [], { contextWidth: 0 }), { strength: -1 })).toThrow(/"strength" expected/);
    expect(() => learnMark([], [], { contextWidth: 9 })).toThrow(
      /"contextWidth" expected an integer from 0 to 8, got 9/,
    );
  });
});

describe('forgeries', () => {
  const options = { attacker, prompts: PROMPTS, seed: 5, forgeries: 32, tokens: 200 };

  it('pass after enough queries under a context of one token, and each query is asked once', async () => {
    const deployment = deploymentOf([markOf(1)]);
    const progress: string[] = [];
    const curve = await spoofingCurve({
      ...options,
      mark: markOf(1),
      deployment,
      queries: [64, 1, 16],
      onProgress: ({ writing, done, wanted }) => progress.push(`${writing} ${done}/${wanted}`),
    });
    expect(curve.points.map(({ queries }) => queries)).toEqual([1, 16, 64]);
    expect(deployment.asked).toBe(64);
    expect(progress).toContain('queries 48/64');
    const [, , most] = curve.points;
    expect(most.passed.found).toBeGreaterThanOrEqual(29);
    expect(most.passed.low).toBeGreaterThan(0.7);
    expect(most.medianLnP).toBeLessThan(Math.log(1e-6));
    // The trial kept to 1.5 on fewer tokens.
    expect(most.perplexity).toBeLessThan(1.8);
    expect([16, 64]).toContain(queriesNeeded(curve));
    expect(spoofingCheck(curve, { queries: 64, most: 0.2 }).look(NO_TEXTS, LEVELS)).toMatchObject({
      id: 'spoofing/64',
      outcome: 'failed',
      n: 32,
      expected: { most: 0.2 },
    });
    expect(() => spoofingCheck(curve, { queries: 9, most: 0.2 })).toThrow(
      /"queries" expected one of .* 1, 16, 64, got 9/,
    );
  });

  it('of texts without a mark pass under a random key no more often than alpha allows', async () => {
    const table = learnMark(texts([], 128), texts([], 128, 1000), { contextWidth: 1 });
    expect(table.size).toBeGreaterThan(1000);
    // One forgery a key: those of one key share pairs.
    let found = 0;
    for (let key = 0; key < 400; key++) {
      const tokens = textOf([forger(table, { strength: 4 }) as Mark], 5000 + key, 100);
      if (detectTokens(tokens, markOf(1, 100 + key)).p <= 0.01) found++;
    }
    expect(found).toBeLessThanOrEqual(binomialBand(400, 0.01, 0.998)[1]);
    // And the test does find: the p-values are not all 1.
    expect(found).toBeGreaterThan(0);
  });

  it('of a table that is too narrow do not pass, and a wider one learns the mark, too', async () => {
    const forged = async (width: number, contextWidth: number, queries: number) =>
      (
        await spoofingCurve({
          ...options,
          mark: markOf(width),
          deployment: deploymentOf([markOf(width)]),
          contextWidth,
          queries: [queries],
          forgeries: 16,
        })
      ).points[0];
    for (const [width, contextWidth] of [
      [1, 0],
      [2, 1],
    ]) {
      const { passed } = await forged(width, contextWidth, 64);
      expect(passed.found, `${contextWidth} for ${width}`).toBeLessThanOrEqual(1);
    }
    expect((await forged(1, 2, 64)).passed.found).toBeGreaterThanOrEqual(12);
  });

  it('pass a check when few enough of them pass the detector', () => {
    const curveOf = (found: number, n: number) => ({
      mark: { mark: 'taggant/1' },
      title: '',
      contextWidth: 4,
      tokens: 200,
      alpha: 1e-6,
      confidence: 0.99,
      points: [
        { queries: 500, passed: { found, n, low: 0, high: 1 }, medianLnP: 0, perplexity: 1, strength: 1, pairs: 0 },
      ],
    });
    const outcome = (found: number, n: number, most: number) =>
      spoofingCheck(curveOf(found, n), { queries: 500, most }).look(NO_TEXTS, LEVELS);
    expect(outcome(0, 32, 0.2).outcome).toBe('passed');
    expect(outcome(0, 32, 0.1).outcome).toBe('undecided');
    expect(outcome(0, 64, 0.1).outcome).toBe('passed');
    expect(outcome(20, 32, 0.2).outcome).toBe('failed');
    expect(outcome(0, 32, 0.2).message).toMatch(/^0 of 32 forgeries \(0 % to .* %\); expected at most 20 %$/);
    expect(queriesNeeded(curveOf(16, 32))).toBe(500);
    expect(queriesNeeded(curveOf(15, 32))).toBeUndefined();
  });

  it('take options in range only', async () => {
    const wrong = (more: object) =>
      spoofingCurve({ ...options, mark: markOf(1), deployment: deploymentOf([]), ...more }).then(
        () => 'nothing',
        ({ message }: Error) => message,
      );
    expect(await wrong({ prompts: ['a'] })).toBe('"prompts" expected at least two, got 1');
    expect(await wrong({ alpha: 1 })).toBe('"alpha" expected a number in (0, 1), got 1');
    expect(await wrong({ queries: [] })).toBe('"queries" expected at least one number, got none');
    expect(await wrong({ cost: 0.5 })).toBe('"cost" expected a number of at least 1, got 0.5');
  });
});

describe('the strength', () => {
  const trialOf = (cost: number) => ({
    cost,
    reference: attacker.reference,
    write: async (bias?: Parameters<Attacker['write']>[1]) =>
      Array.from({ length: 8 }, (_, i) => sampleOf(textOf(bias ? [bias as Mark] : [], 9000 + i))),
  });
  const table = learnMark(texts([markOf(1)], 128), texts([], 128, 1000), { contextWidth: 1 });

  it('is what the perplexity allows', async () => {
    const [tight, usual, loose] = [
      await chooseStrength(table, trialOf(1)),
      await chooseStrength(table, trialOf(1.5)),
      await chooseStrength(table, trialOf(8)),
    ];
    expect(tight).toBeLessThanOrEqual(usual);
    expect(usual).toBeLessThan(loose);
    const { write, reference } = trialOf(1.5);
    const forged = await write(forger(table, { strength: usual }));
    const rise = (await meanSurprise(forged, reference)) - (await meanSurprise(await write(), reference));
    expect(Math.exp(rise)).toBeLessThanOrEqual(1.5);
    expect(stolenScore(forged[0], table)).toBeGreaterThan(stolenScore((await write())[0], table));
  });
});

describe('an attacker with a model of its own', () => {
  it('is biased towards what it counted', async () => {
    const model = await openTinyLm();
    const tokenizer = tinyLmTokenizer();
    const own = localAttacker(model, tokenizer, { ignoreEnd: true });
    const [the] = tokenizer.encode(' the');
    const table = learnMark([sampleOf([the, the, the, the])], [sampleOf([the + 1, the + 1])], { contextWidth: 0 });
    const requests = ['The ship', 'My father had'].map((prompt, i) => ({
      ...{ id: String(i), prompt, seed: 1, marked: false, maxTokens: 24 },
    }));
    const shareOf = async (bias?: Parameters<Attacker['write']>[1]) => {
      const ids = (await own.write(requests, bias)).flatMap(({ tokens = [] }) => [...Array.from(tokens)]);
      return ids.filter((id) => id === the).length / ids.length;
    };
    expect(await shareOf()).toBeLessThan(0.3);
    expect(await shareOf(forger(table, { strength: 8 }))).toBeGreaterThan(0.6);
    await model.dispose();
  });
});

/** ln p of each token but the first in the made-up language. */
function lnProbabilities(tokens: Uint32Array): Float64Array {
  const row = new Float32Array(VOCABULARY);
  return Float64Array.from({ length: Math.max(0, tokens.length - 1) }, (_, i) => {
    fill(tokens.subarray(i, i + 1), row);
    return row[tokens[i + 1]] - Math.log(row.reduce((sum, logit) => sum + Math.exp(logit), 0));
  });
}

const NO_TEXTS = { marked: [], unmarked: [], values: new Map(), plainValues: new Map() };
const LEVELS = { pass: 0.0025, fail: 0.0002 };
