import type { Mark } from '@taggant/core';
import { describe, expect, it } from 'vitest';
import type { Texts } from '../src/checks/check.ts';
import { choiceCheck } from '../src/checks/choice.ts';
import { costCheck, difference, ratio } from '../src/checks/cost.ts';
import { distortionCheck } from '../src/checks/distortion.ts';
import { meanCheck } from '../src/checks/mean.ts';
import { regressionCheck } from '../src/checks/regression.ts';
import { shareCheck } from '../src/checks/share.ts';
import type { Measure } from '../src/measures/measure.ts';
import { seededRandom } from '../src/random.ts';
import type { Sample } from '../src/sample.ts';

const measure = (id: string, worse: Measure['worse'] = 'lower', of: Measure['of'] = 'marked'): Measure => ({
  id,
  title: id,
  of,
  worse,
  isShare: true,
  measure: () => [],
});
const numbers = (values: readonly number[]) => new Map(values.map((value, i) => [String(i), value]));
const textOf = (id: number, tokens: readonly number[] = []): Sample => ({
  id: String(id),
  prompt: Uint32Array.of(7000 + id),
  tokens: Uint32Array.from(tokens),
  text: '',
});
const texts = (values: Record<string, readonly number[]>, plain: Record<string, readonly number[]> = {}): Texts => ({
  marked: (Object.values(values)[0] ?? []).map((_, i) => textOf(i)),
  unmarked: (Object.values(plain)[0] ?? []).map((_, i) => textOf(i)),
  values: new Map(Object.entries(values).map(([id, list]) => [id, numbers(list)])),
  plainValues: new Map(Object.entries(plain).map(([id, list]) => [id, numbers(list)])),
});
const LEVELS = { pass: 0.0025, fail: 0.0002 };
const ones = (n: number, hits: number) => Array.from({ length: n }, (_, i) => Number(i < hits));

describe('a share', () => {
  const check = shareCheck('detection/200', measure('found/200'), { least: 0.9 });

  it('passes by its lower bound, fails by its upper one, and is undecided between', () => {
    expect(check.look(texts({ 'found/200': ones(64, 64) }), LEVELS).outcome).toBe('passed');
    expect(check.look(texts({ 'found/200': ones(32, 32) }), LEVELS).outcome).toBe('undecided');
    expect(check.look(texts({ 'found/200': ones(64, 60) }), LEVELS).outcome).toBe('undecided');
    expect(check.look(texts({ 'found/200': ones(64, 40) }), LEVELS).outcome).toBe('failed');
    expect(check.look(texts({}), LEVELS).outcome).toBe('undecided');
  });

  it('says how many texts do not have it, and does not pass on the others when these are most', () => {
    const few = { ...texts({ 'found/200': ones(64, 64) }), marked: Array.from({ length: 200 }, (_, i) => textOf(i)) };
    expect(check.look(few, LEVELS)).toMatchObject({
      outcome: 'undecided',
      message: expect.stringMatching(/; 136 of 200 are too short, or copies$/),
    });
    expect(check.look({ ...few, marked: few.marked.slice(0, 100) }, LEVELS).outcome).toBe('passed');
  });

  it('is wrong no more often than its levels say, at the very threshold', () => {
    // 20,000 draws of 64 texts with a true share of 0.9: passing and failing are both errors there.
    const random = seededRandom(5);
    const count = { passed: 0, failed: 0, undecided: 0, skipped: 0 };
    const generous = { pass: 0.05, fail: 0.05 };
    const outcomes = Array.from(
      { length: 65 },
      (_, hits) => check.look(texts({ 'found/200': ones(64, hits) }), generous).outcome,
    );
    for (let run = 0; run < 20_000; run++) {
      let hits = 0;
      for (let i = 0; i < 64; i++) hits += Number(random() < 0.9);
      count[outcomes[hits]]++;
    }
    expect(count.passed / 20_000).toBeLessThan(0.055);
    expect(count.failed / 20_000).toBeLessThan(0.055);
    // Not for want of deciding.
    expect(count.passed + count.failed).toBeGreaterThan(500);
  });

  it('says what it found and what it expected', () => {
    const result = check.look(texts({ 'found/200': ones(64, 40) }), LEVELS);
    expect(result.message).toMatch(/^40 of 64 texts \(\d+(\.\d)? % to \d+(\.\d)? %\); expected at least 90 %$/);
    expect(result).toMatchObject({ id: 'detection/200', n: 64, measured: 0.625, expected: { least: 0.9 } });
  });
});

describe('a cost', () => {
  const random = seededRandom(6);
  const noise = (n: number, shift: number) => Array.from({ length: n }, () => shift + random() - 0.5);

  it('is a mean difference over the prompts that have both texts', () => {
    const check = costCheck('perplexity', measure('perplexity', 'higher', 'both'), { most: 1.5 }, ratio('perplexity'));
    const [cheap, dear] = [noise(64, 4.1), noise(64, 5)];
    const plain = { perplexity: noise(64, 4) };
    expect(check.look(texts({ perplexity: cheap }, plain), LEVELS).outcome).toBe('passed');
    expect(check.look(texts({ perplexity: dear }, plain), LEVELS).outcome).toBe('failed');
    expect(check.look(texts({ perplexity: cheap.slice(0, 8) }, plain), LEVELS).outcome).toBe('undecided');
  });

  it('and a mean is bounded from both sides', () => {
    const check = meanCheck('strength', measure('strength', 'either'), { least: 0.5, most: 0.7 });
    const outcome = (mean: number) => check.look(texts({ strength: noise(64, mean) }), LEVELS).outcome;
    expect([0.2, 0.6, 1.2].map(outcome)).toEqual(['failed', 'undecided', 'failed']);
    const narrow = Array.from({ length: 64 }, (_, i) => 0.6 + (i % 2) / 100);
    expect(check.look(texts({ strength: narrow }), LEVELS).outcome).toBe('passed');
    const shifted = costCheck(
      'length',
      measure('length', 'either', 'both'),
      { least: -10, most: 10 },
      difference('tokens'),
    );
    expect(shifted.look(texts({ length: noise(32, 150) }, { length: noise(32, 200) }), LEVELS).outcome).toBe('failed');
  });
});

describe('a regression', () => {
  const baselineOf = (values: readonly number[], prompts = 'before') => ({
    baseline: 'taggant/1' as const,
    mark: { mark: 'taggant/1' },
    deployment: 'x',
    software: { name: 'taggant', version: '0' },
    maxTokens: 64,
    prompts,
    measures: { found: Object.fromEntries(numbers(values)) },
  });
  const random = seededRandom(7);
  const drawn = (n: number, share: number) => Array.from({ length: n }, () => Number(random() < share));

  it('fails when it is significant, and only in the direction that is worse', () => {
    const outcome = (worse: Measure['worse'], now: readonly number[], before: readonly number[]) =>
      regressionCheck(measure('found', worse), baselineOf(before), { seed: 1 }).look(texts({ found: now }), LEVELS)
        .outcome;
    const [good, bad] = [drawn(128, 0.95), drawn(128, 0.6)];
    expect(outcome('lower', bad, good)).toBe('failed');
    expect(outcome('lower', good, bad)).toBe('passed');
    expect(outcome('higher', good, bad)).toBe('failed');
    expect(outcome('either', good, bad)).toBe('failed');
  });

  it('is not noise: two draws of one share fail as often as the level says', () => {
    let failed = 0;
    for (let run = 0; run < 300; run++) {
      const check = regressionCheck(measure('found', 'either'), baselineOf(drawn(40, 0.8)), { seed: run });
      if (check.look(texts({ found: drawn(40, 0.8) }), { pass: 0.05, fail: 0.05 }).outcome === 'failed') failed++;
    }
    expect(failed).toBeLessThanOrEqual(26);
  });

  it('compares texts of the same prompts pair by pair, which sees more', () => {
    const base = Array.from({ length: 64 }, (_, i) => i);
    const now = base.map((value) => value - 0.5);
    const outcome = (prompts?: string) =>
      regressionCheck(measure('found'), baselineOf(base, 'same'), { seed: 1, prompts }).look(
        texts({ found: now }),
        LEVELS,
      ).outcome;
    expect(outcome('same')).toBe('failed');
    expect(outcome()).toBe('passed');
  });

  it('is skipped where the baseline has nothing to compare with', () => {
    const check = regressionCheck(measure('perplexity'), baselineOf(drawn(64, 0.9)), { seed: 1 });
    expect(check.look(texts({ perplexity: drawn(64, 0.9) }), LEVELS).outcome).toBe('skipped');
  });
});

describe('distortion', () => {
  const random = seededRandom(8);
  /** Zipf-like tokens; `favoured` lets even ones come more often. */
  const write = (favoured: number) =>
    Array.from({ length: 100 }, () => {
      const token = Math.floor(200 * random() ** 3);
      return random() < favoured ? token & ~1 : token;
    });
  const WIDTH = 6;
  /** Every text has a context of its own before its first token. */
  const textsBy = (tokens: () => readonly number[], prompt = (i: number) => 7000 + i) =>
    Array.from({ length: 64 }, (_, i) => ({
      ...textOf(i, tokens()),
      prompt: new Uint32Array(WIDTH).fill(prompt(i)),
    }));
  const check = distortionCheck({ contextWidth: WIDTH });
  const lookAt = (marked: readonly Sample[], unmarked: readonly Sample[], fail = 0.0002) =>
    check.look({ marked, unmarked, values: new Map(), plainValues: new Map() }, { pass: 0.01, fail });
  const outcome = (favoured: number, fail?: number) =>
    lookAt(
      textsBy(() => write(favoured)),
      textsBy(() => write(0)),
      fail,
    ).outcome;

  it('is found where tokens are favoured', () => expect(outcome(0.3)).toBe('failed'));

  it('is found in unmarked text no more often than its level says, at any look', () => {
    const failed = Array.from({ length: 200 }, () => outcome(0, 0.05)).filter((one) => one === 'failed').length;
    // Binomial(200, .05) exceeds 22 with probability 2e-4.
    expect(failed).toBeLessThanOrEqual(22);
  });

  it('is not what texts have that begin alike under one key, and so go on alike', () => {
    const outcomes = Array.from({ length: 20 }, () => {
      // The shared context draws the same tokens in all marked texts.
      const [begun, endings] = [write(0).slice(0, 50), () => write(0).slice(50)];
      const marked = textsBy(
        () => [...begun, ...endings()],
        () => 7000,
      );
      return lookAt(
        marked,
        textsBy(
          () => write(0),
          () => 7000,
        ),
      );
    });
    expect(outcomes.map((one) => one.outcome)).toEqual(new Array(20).fill('skipped'));
    expect(outcomes[0].message).toMatch(/^only 1 prompts' texts have contexts of their own/);
    // Control: a context of their own, and the same beginning, is a distortion.
    const begun = write(0).slice(0, 50);
    const marked = textsBy(() => [...begun, ...write(0).slice(50)]);
    expect(
      lookAt(
        marked,
        textsBy(() => write(0)),
      ).outcome,
    ).toBe('failed');
  });

  it('knows nothing of prompts where the mark starts from padding, nor of two texts that begin otherwise', () => {
    const [marked, unmarked] = [textsBy(() => write(0.3)), textsBy(() => write(0))];
    expect(lookAt(marked, unmarked).outcome).toBe('failed');
    const padded = distortionCheck({ contextWidth: WIDTH, start: { prompt: false } as Mark['start'] });
    expect(padded.look({ ...texts({}), marked, unmarked }, LEVELS).outcome).toBe('skipped');
    const elsewhere = unmarked.map((sample) => ({ ...sample, prompt: sample.prompt.map((token) => token + 100) }));
    expect(lookAt(marked, elsewhere).outcome).toBe('skipped');
  });

  it('is not where texts end alike under one key: the end was drawn in a context, too', () => {
    // After these six tokens the key ends every marked text; unmarked ones go on as often as not.
    const ending = [1, 2, 3, 4, 5, 6].map((token) => 300 + token);
    const own = (i: number) => [400 + (i % 3), 500 + (i % 5)];
    let failed = 0;
    for (let run = 0; run < 40; run++) {
      let i = 0;
      const marked = textsBy(() => [...own(i++), ...ending]);
      i = 0;
      const unmarked = textsBy(() => [...own(i++), ...ending, ...(random() < 0.5 ? write(0).slice(0, 40) : [])]);
      failed += Number(lookAt(marked, unmarked, 0.01).outcome === 'failed');
    }
    expect(failed).toBeLessThanOrEqual(3);
  });

  it('knows nothing of contexts that were guessed: skipped, and undecided where it was asked for', () => {
    const guessed = (tokens: () => readonly number[]) =>
      textsBy(tokens).map((sample) => ({ ...sample, isPromptGuessed: true }));
    const [marked, unmarked] = [guessed(() => write(0.3)), guessed(() => write(0))];
    expect(lookAt(marked, unmarked).outcome).toBe('skipped');
    const asked = distortionCheck({ contextWidth: WIDTH }, true);
    expect(asked.look({ ...texts({}), marked, unmarked }, LEVELS).outcome).toBe('undecided');
  });
});

describe('choice', () => {
  const tokens = (first: number) => Array.from({ length: 20 }, (_, i) => first + i);
  const marked = Array.from({ length: 32 }, (_, i) => textOf(i, tokens(100 * i)));
  /** The first `same` texts come again, the others do not. */
  const outcome = (same: number, n = 32, levels = LEVELS) => {
    const again = marked.slice(0, n).map(({ tokens: [first] }, i) => textOf(i, tokens(first + Number(i >= same))));
    return choiceCheck(() => again).look({ ...texts({}), marked }, levels).outcome;
  };

  it('is there when other seeds give other texts', () => {
    expect(outcome(0, 16)).toBe('passed');
    expect(outcome(16, 16)).toBe('failed');
    expect(outcome(0, 0)).toBe('undecided');
  });

  it('is wrong no more often than its levels say, close to one half', () => {
    const random = seededRandom(9);
    const levels = { pass: 0.05, fail: 0.05 };
    const outcomes = Array.from({ length: 33 }, (_, same) => outcome(same, 32, levels));
    const rate = (share: number, wanted: string) => {
      let count = 0;
      for (let run = 0; run < 5000; run++) {
        let same = 0;
        for (let i = 0; i < 32; i++) same += Number(random() < share);
        count += Number(outcomes[same] === wanted);
      }
      return count / 5000;
    };
    expect(rate(0.5, 'failed')).toBeLessThan(0.06);
    expect(rate(0.5, 'passed')).toBeLessThan(0.06);
    // Control: it does decide.
    expect(rate(0.2, 'passed')).toBeGreaterThan(0.9);
    expect(rate(0.8, 'failed')).toBeGreaterThan(0.9);
  });
});
