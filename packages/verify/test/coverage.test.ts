/** Which served responses were marked, and why not: classes, their error rates, counts against a threshold. */
import { type Mark, openMark } from '@taggant/core';
import { detectTokens } from '@taggant/detector';
import { binomialBand, binomialInterval } from '@taggant/stats';
import { describe, expect, it } from 'vitest';
import { secretOf } from '../../core/test/support.ts';
import {
  auditCoverage,
  type Classified,
  type ClassifyOptions,
  CoverageTally,
  measureStrength,
  openClassifier,
  openCoverage,
  type ServedResponse,
  type ServedSettings,
} from '../src/coverage-audit/index.ts';
import { V, type Writing, write } from './coverage-support.ts';

const gumbel = openMark({ scheme: 'gumbel' }, secretOf(1));
const greenlist = openMark({ scheme: 'greenlist' }, secretOf(2));
const retired = [11, 12, 13].map((key) => openMark({ scheme: 'gumbel' }, secretOf(key)));
const MARKS: [string, Mark][] = [
  ['Gumbel', gumbel],
  ['a green list', greenlist],
];

/** A response as an engine logs it with five log-probabilities a token. */
function served(mark: Mark | null, seed: number, writing: Writing = {}, settings: ServedSettings = {}): ServedResponse {
  const { marked: _, ...text } = write(mark, seed, writing);
  return { id: `r${seed}`, ...text, settings: { temperature: writing.temperature ?? 1, ...settings } };
}

const withoutLogprobs = ({ logprobs: _, top: __, ...rest }: ServedResponse): ServedResponse => rest;
const classOf = (mark: Mark, response: ServedResponse, options: ClassifyOptions = {}) =>
  openClassifier(mark, options)(response);

describe.each(MARKS)('a response under %s is', (_, mark) => {
  it('marked, when it is', () => {
    const found = classOf(mark, served(mark, 1));
    expect(found).toMatchObject({ class: 'marked', eligible: true, expected: { from: 'logprobs' } });
    expect(found.contradiction).toBeUndefined();
    expect(found.share[1]).toBeGreaterThan(0.9);
  });

  it('unmarked, when a marked one would score higher and nothing explains it', () => {
    const found = classOf(mark, served(null, 2));
    expect(found).toMatchObject({ class: 'unmarked', eligible: true, contradiction: 'not-as-configured' });
    expect(found.lnMissed).toBeLessThan(Math.log(1e-3));
  });

  it('under a wrong key, which is named by its kid', () => {
    const [other] = retired;
    const found = classOf(mark, served(other, 3), { others: retired });
    expect(found).toMatchObject({ class: 'wrong-key', contradiction: 'not-as-configured' });
    expect(found.other).toEqual({ title: other.title, kid: other.descriptor.kid, lnP: expect.any(Number) });
    expect(classOf(mark, served(other, 3)).class).toBe('unmarked');
  });

  it('diluted, when most steps were left unmarked', () => {
    const response = served(mark, 4, { tokens: 600, unmarked: 0.6 });
    const found = classOf(mark, response);
    expect(found).toMatchObject({ class: 'diluted', contradiction: 'not-as-configured' });
    expect(found.share[0]).toBeGreaterThan(0);
    expect(found.share[1]).toBeLessThan(0.7);
    // Without a strength that is known nobody can tell it from a sure text.
    expect(classOf(mark, withoutLogprobs(response)).class).toBe('marked');
  });

  it('diluted, when nothing is found and the settings say speculative decoding', () => {
    const found = classOf(mark, served(mark, 5, { unmarked: 0.9 }, { speculative: true }));
    expect(found.class).toBe('diluted');
    expect(found.share[1]).toBeLessThan(0.6);
  });

  it('opted out, and the evidence agrees', () => {
    const found = classOf(mark, served(null, 6, {}, { watermark: false }));
    expect(found).toMatchObject({ class: 'opted-out', eligible: false });
    expect(found.contradiction).toBeUndefined();
    expect(found.because).toContain('would score this low');
  });

  it('marked though it opted out: a contradiction', () => {
    const response = served(mark, 7, {}, { watermark: false });
    expect(classOf(mark, response)).toMatchObject({ class: 'marked', contradiction: 'marked-though-opted-out' });
  });

  it('too short, when a mark need not show', () => {
    const short = served(mark, 8, { tokens: 6 });
    expect(classOf(mark, short)).toMatchObject({ class: 'too-short', eligible: false });
    expect(classOf(mark, withoutLogprobs(short))).toMatchObject({ class: 'too-short', eligible: false });
  });

  it('repetitive, when its contexts come again', () => {
    const { tokens, prompt } = write(null, 10, { tokens: 20 });
    const loop = Array.from({ length: 20 }, () => tokens).flat();
    expect(classOf(mark, { id: 'loop', tokens: loop, prompt })).toMatchObject({ class: 'repetitive', eligible: false });
  });

  it('of low entropy, by its log-probabilities or its entropies', () => {
    const sure = served(mark, 9, { tokens: 400, spread: 24 });
    expect(classOf(mark, sure)).toMatchObject({
      class: 'low-entropy',
      expected: { from: 'logprobs' },
      eligible: false,
    });
    const logged = { ...withoutLogprobs(sure), entropies: Array.from({ length: 400 }, () => 0.03) };
    expect(classOf(mark, logged)).toMatchObject({ class: 'low-entropy', expected: { from: 'entropies' } });
  });
});

describe('greedy decoding', () => {
  /** As the temperature goes to 0. */
  const greedy = (seed: number, settings: ServedSettings) => {
    const response = served(null, seed, { temperature: 1e-6 });
    return { ...response, settings };
  };

  it('leaves a mark of the draw out: the settings say so', () => {
    const settings: ServedSettings[] = [{ temperature: 0 }, { temperature: 1e-6 }, { temperature: 0.7, topK: 1 }];
    for (const one of settings)
      expect(classOf(gumbel, greedy(20, one))).toMatchObject({ class: 'greedy', eligible: false });
  });

  it('is told by the log-probabilities where the settings are missing', () => {
    const found = classOf(gumbel, greedy(21, {}));
    expect(found).toMatchObject({ class: 'greedy', eligible: false });
    expect(found.contradiction).toBeUndefined();
    // Without either nobody can tell.
    expect(classOf(gumbel, withoutLogprobs(greedy(21, {}))).class).toBe('unmarked');
  });

  it('that the settings deny is a contradiction, and counts against coverage', () => {
    const found = classOf(gumbel, greedy(22, { temperature: 1 }));
    expect(found).toMatchObject({ class: 'greedy', eligible: true, contradiction: 'not-as-configured' });
  });

  it('excuses no response from a bias, which shifts the likeliest token too, unless the engine is said to', () => {
    const response = greedy(23, { temperature: 0 });
    const longer = { ...served(null, 24, { tokens: 900 }), settings: response.settings };
    expect(classOf(greenlist, longer)).toMatchObject({ class: 'unmarked', contradiction: 'not-as-configured' });
    expect(classOf(greenlist, longer, { exempt: ['greedy'] })).toMatchObject({ class: 'greedy', eligible: false });
  });

  it('and beam search cannot carry a mark of the draw: one that does has other settings than its log', () => {
    for (const settings of [{ temperature: 0 }, { beams: 4 }]) {
      const found = classOf(gumbel, served(gumbel, 25, {}, settings));
      expect(found).toMatchObject({ class: 'marked', contradiction: 'marked-though-impossible' });
      expect(classOf(greenlist, served(greenlist, 25, {}, settings)).contradiction).toBeUndefined();
    }
  });

  it('sampled texts are not taken for it (5 tokens may be, 200 are not)', () => {
    for (let seed = 30; seed < 60; seed++) expect(classOf(gumbel, served(null, seed)).class).toBe('unmarked');
  });
});

describe('error rates', () => {
  const TEXTS = 1000;
  /** False alarm of each check: 1e-4. */
  const within = (count: number, rate: number, n = TEXTS) => count <= binomialBand(n, rate, 0.9998)[1];

  it.each(MARKS)('unmarked text passes for %s, or for another key, no oftener than alpha says', (_, mark) => {
    const alpha = 0.02;
    const classify = openClassifier(mark, { alpha, others: retired });
    let found = 0;
    for (let i = 0; i < TEXTS; i++) {
      const text = withoutLogprobs(served(null, 10_000 + i, { tokens: 30 }));
      if (['marked', 'wrong-key'].includes(classify(text).class)) found++;
    }
    expect(within(found, alpha)).toBe(true);
    // At such an alpha marked texts of that length are found, under either key.
    for (const one of [mark, retired[2]]) {
      const classes = Array.from({ length: 20 }, (_, i) => classify(served(one, 20_000 + i, { tokens: 30 })).class);
      expect(classes.filter((name) => ['marked', 'wrong-key'].includes(name)).length).toBeGreaterThan(15);
    }
  });

  it.each(MARKS)('marked text passes for unmarked or diluted no oftener than beta says: %s', (_, mark) => {
    const beta = 0.05;
    const classify = openClassifier(mark, { beta });
    const texts = 400;
    const classes = Array.from({ length: texts }, (_, i) => classify(served(mark, 30_000 + i, { tokens: 60 })).class);
    expect(within(classes.filter((name) => name === 'unmarked').length, beta, texts)).toBe(true);
    expect(within(classes.filter((name) => name === 'diluted').length, beta, texts)).toBe(true);
    const control = Array.from({ length: 50 }, (_, i) => classify(served(null, 40_000 + i, { tokens: 60 })).class);
    expect(control.filter((name) => name === 'unmarked').length).toBeGreaterThan(40);
  });

  it('being eligible does not hang on the score', () => {
    const text = served(gumbel, 50);
    const otherKeys = retired.map((mark) => openClassifier(mark)(text));
    for (const { eligible, n } of otherKeys) {
      expect({ eligible, n }).toEqual({ eligible: true, n: openClassifier(gumbel)(text).n });
    }
  });
});

describe('a strength measured on marked responses', () => {
  const marked = Array.from({ length: 40 }, (_, i) => write(greenlist, 60_000 + i, { tokens: 300 }));

  it('has the share outside it that it says, on both sides (false alarm 2e-4)', () => {
    const [groups, outside] = [120, 0.2];
    let [below, above] = [0, 0];
    for (let group = 0; group < groups; group++) {
      const texts = Array.from({ length: 10 }, (_, i) => write(greenlist, 61_000 + 10 * group + i, { tokens: 40 }));
      const { least, most } = measureStrength(texts.slice(1), greenlist, { outside });
      const { score, n } = detectTokens(texts[0].tokens, greenlist, { prompt: texts[0].prompt, dedup: 'context' });
      if (score / n < least.mean) below++;
      if (score / n > most.mean) above++;
    }
    // Equal means are neither below nor above, so only too many of them would be wrong.
    expect(below).toBeLessThanOrEqual(binomialBand(groups, outside, 0.9998)[1]);
    expect(above).toBeLessThanOrEqual(binomialBand(groups, outside, 0.9998)[1]);
    expect(below).toBeGreaterThan(0);
  });

  it('decides where the log does not', () => {
    const strength = measureStrength(marked, greenlist);
    const part = withoutLogprobs(served(greenlist, 62, { tokens: 600, unmarked: 0.6 }));
    expect(classOf(greenlist, part, { strength })).toMatchObject({ class: 'diluted', expected: { from: 'given' } });
    expect(classOf(greenlist, { ...part, class: 'prose' }, { strengths: { prose: strength } }).class).toBe('diluted');
    expect(classOf(greenlist, part).class).toBe('marked');
  });

  it('misses the marked traffic that is weaker, and no more than the share outside it (false alarm 1e-4)', () => {
    // 4 % of the marked responses are sure: above what beta allows, below the 5 % outside.
    const isSure = (i: number) => i % 25 === 7;
    const text = (seed: number) => write(greenlist, seed, { tokens: 300, spread: isSure(seed) ? 24 : 1.5 });
    const strength = measureStrength(
      Array.from({ length: 100 }, (_, i) => text(70_000 + i)),
      greenlist,
    );
    const traffic = Array.from({ length: 200 }, (_, i) => {
      const { tokens, prompt } = text(71_000 + i);
      return { id: `r${i}`, tokens, prompt };
    });
    const { all } = auditCoverage(traffic, greenlist, { strength });
    const missed = all.ofEligible.n - all.ofEligible.found;
    expect(all.eligibleBy.given).toBe(200);
    expect(missed).toBeGreaterThan(binomialBand(200, 1e-3, 0.9998)[1]);
    expect(missed).toBeLessThanOrEqual(binomialBand(200, 0.05 + 1e-3, 0.9998)[1]);
  });

  it('wants enough of them, and a mark whose contexts differ', () => {
    expect(() => measureStrength(marked.slice(0, 18), greenlist)).toThrow(
      '"responses" expected at least 19 with a scored context, got 18',
    );
    const fixed = openMark({ scheme: 'greenlist', contextWidth: 0 }, secretOf(4));
    expect(() => measureStrength(marked, fixed)).toThrow('"mark" expected one whose contexts differ');
  });

  it('a mark with one list for all contexts is found or not; more is not claimed', () => {
    const fixed = openMark({ scheme: 'greenlist', contextWidth: 0, delta: 6 }, secretOf(4));
    const found = classOf(fixed, served(null, 63, { tokens: 300 }));
    expect(found).toMatchObject({ class: 'repetitive', eligible: false, share: [0, 1], lnMissed: 0 });
  });
});

describe('coverage', () => {
  let made = 0;
  const classified = (of: string, name: Classified['class'], eligible: boolean, rest = {}): Classified => ({
    id: `r${made++}`,
    of,
    class: name,
    lnP: 0,
    n: 1,
    eligible,
    lnMissed: 0,
    share: [0, 1],
    expected: { mean: 1, from: 'one-bit' },
    because: '',
    ...rest,
  });
  const subject = { mark: gumbel.descriptor, title: gumbel.title, alpha: 1e-6, beta: 1e-3, marksTried: 1 };

  it('counts classes by traffic class, with exact bounds that hold together', () => {
    const tally = new CoverageTally(subject, { least: 0.9, confidence: 0.97 });
    for (let i = 0; i < 200; i++) tally.add(classified('chat', 'marked', true));
    for (let i = 0; i < 10; i++) tally.add(classified('chat', 'opted-out', false));
    for (let i = 0; i < 40; i++) tally.add(classified('code', i < 10 ? 'marked' : 'unmarked', true));
    const { all, byClass, outcome } = tally.result();
    // Two classes and all of them: each at 99 %.
    const [low, high] = binomialInterval(200, 200, 0.99);
    expect(byClass[0]).toMatchObject({
      of: 'chat',
      n: 210,
      ofEligible: { found: 200, n: 200, low, high },
      outcome: 'passed',
    });
    expect(byClass[1]).toMatchObject({ of: 'code', counts: { marked: 10, unmarked: 30 }, outcome: 'failed' });
    expect(all).toMatchObject({
      n: 250,
      ofAll: { found: 210, n: 250 },
      ofEligible: { found: 210, n: 240 },
      outcome: 'undecided',
    });
    expect(all.eligibleBy).toEqual({ logprobs: 0, given: 0, 'one-bit': 240, entropies: 0 });
    expect(all.falseAtMost).toEqual({ marked: 250e-6, unmarked: 0.25 });
    expect(outcome).toBe('failed');
  });

  it('is undecided on few responses, and no judgement without a threshold or anything eligible', () => {
    const few = new CoverageTally(subject, { least: 0.9 });
    for (let i = 0; i < 10; i++) few.add(classified('', 'marked', true));
    expect(few.result().outcome).toBe('undecided');
    const none = new CoverageTally(subject, { least: 0.9 });
    none.add(classified('', 'opted-out', false));
    expect(none.result()).toMatchObject({ outcome: 'undecided', all: { ofEligible: { n: 0, low: 0, high: 1 } } });
    expect(none.result().all.outcome).toBeUndefined();
    expect(new CoverageTally(subject).result().outcome).toBeUndefined();
  });

  it('keeps some of the contradictions and counts them all', () => {
    const tally = new CoverageTally(subject, { examples: 3 });
    for (let i = 0; i < 50; i++)
      tally.add(classified('', 'unmarked', true, { id: `r${i}`, contradiction: 'not-as-configured' }));
    const [{ kind, n, first }] = tally.result().contradictions;
    expect([kind, n, first.map(({ id }) => id)]).toEqual(['not-as-configured', 50, ['r0', 'r1', 'r2']]);
  });

  it('counts an id once, and says how many came again: logs are delivered at least once', () => {
    const marked = served(gumbel, 80);
    const again = Array.from({ length: 300 }, () => marked);
    const result = auditCoverage([...again, served(null, 81)], gumbel, { least: 0.9 });
    expect(result).toMatchObject({
      duplicates: 299,
      outcome: 'undecided',
      all: { n: 2, ofEligible: { found: 1, n: 2 } },
    });
    const tally = new CoverageTally(subject);
    const [first, other] = [
      classified('', 'unmarked', true, { contradiction: 'not-as-configured' }),
      classified('', 'marked', true),
    ];
    expect([first, first, other, { ...first, of: 'chat' }].map((one) => tally.add(one))).toEqual([
      true,
      false,
      true,
      false,
    ]);
    expect(tally.result()).toMatchObject({ duplicates: 2, all: { n: 2 }, contradictions: [{ n: 1 }] });
    for (const id of ['', undefined as unknown as string]) {
      expect(() => tally.add({ ...first, id })).toThrow('"id" expected text, got');
    }
  });

  it('takes no two ids for one, whatever they look like', () => {
    const tally = new CoverageTally(subject);
    const ids = Array.from({ length: 20_000 }, (_, i) => [
      `${i}`,
      `req-${i.toString(36)}`,
      'x'.repeat(i % 1000) + i,
    ]).flat();
    const distinct = new Set(ids);
    for (const id of ids) tally.add(classified('', 'marked', true, { id }));
    expect(tally.result()).toMatchObject({ duplicates: ids.length - distinct.size, all: { n: distinct.size } });
  });

  it('refuses ids taken for traffic classes', () => {
    const tally = new CoverageTally(subject);
    const add = () => {
      for (let i = 0; i <= 10_000; i++) tally.add(classified(`r${i}`, 'marked', true));
    };
    expect(add).toThrow('"class" expected at most 10000 traffic classes');
  });

  it('of traffic: one pass, each response once, no secret and no text in what comes out', () => {
    const responses = [served(gumbel, 70), served(null, 71, {}, { watermark: false }), served(null, 72)];
    let asked = 0;
    function* log() {
      for (const one of responses) {
        asked++;
        yield { ...one, class: 'chat', text: 'SECRET PROSE' };
      }
    }
    const result = auditCoverage(log(), gumbel, { least: 0.5, others: retired });
    expect(asked).toBe(3);
    expect(result.all.counts).toMatchObject({ marked: 1, 'opted-out': 1, unmarked: 1 });
    expect(result.levels).toEqual({ alpha: 1e-6, beta: 1e-3, marksTried: 4, confidence: 0.99, least: 0.5 });
    const { classify } = openCoverage(gumbel);
    const shown = JSON.stringify([result, responses.map(classify)]);
    expect(shown).not.toContain('SECRET');
    expect(shown).not.toMatch(/[0-9a-f]{32}/);
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
  });
});

describe('refuses', () => {
  it.each<[Partial<ServedResponse>, string]>([
    [{}, 'response "r": "tokens" or "text" expected, got neither'],
    [{ text: 'abc' }, 'response "r": "tokenizer" expected for a response without token ids, got none'],
    [{ tokens: [1, -2] }, 'response "r": "tokens[1]" expected a token id'],
    [{ tokens: [1, 2], logprobs: [0] }, 'response "r": "logprobs" expected 2 positions, got 1'],
    [{ tokens: [1, 2], logprobs: [0, Number.NaN] }, 'response "r": "logprobs[1]" expected a log-probability, got NaN'],
    [{ tokens: [1], logprobs: [50] }, 'response "r": "logprobs[0]" expected a log-probability, got a number above 0'],
    [{ tokens: [1], logprobs: [0], top: [[Number.NaN]] }, '"top[0][0]" expected a log-probability, got NaN'],
    [{ tokens: [1], logprobs: [0], top: [[-1, 50]] }, '"top[0][1]" expected a log-probability, got a number above 0'],
    [{ tokens: [1], top: [[-1, Number.NEGATIVE_INFINITY]] }, '"top[0][1]" expected a log-probability, got -Infinity'],
    [{ tokens: [1, 2], entropies: [0, Number.NaN] }, '"entropies[1]" expected a number of nats, got NaN'],
    [{ tokens: [1, 2], entropies: [0, 0, 0] }, 'response "r": "entropies" expected 2 positions, got 3'],
  ])('%j', (response, message) => {
    expect(() => classOf(gumbel, { id: 'r', ...response })).toThrow(message);
  });

  it.each<[ClassifyOptions, string]>([
    [{ alpha: 0 }, '"alpha" expected a number in (0, 1), got 0'],
    [{ beta: 0.5 }, '"beta" expected a number in (0, 0.5), got 0.5'],
    [{ whole: 2 }, '"whole" expected a number in (0, 1), got 2'],
    [{ strength: { mean: 0.9, variance: 1 } }, '"strength.least.mean" expected a number of at least 1, got 0.9'],
    [{ strengths: { code: { mean: 2, variance: -1 } } }, '"strengths.code.least.variance" expected'],
    [{ exempt: ['sampled' as 'beam'] }, '"exempt" expected one of beam, greedy'],
  ])('%j', (options, message) => {
    expect(() => openClassifier(gumbel, options)).toThrow(message);
  });

  it('thresholds that are none', () => {
    expect(() => auditCoverage([], gumbel, { least: 0 })).toThrow('"least" expected a number in (0, 1], got 0');
    expect(() => auditCoverage([], gumbel, { confidence: 1 })).toThrow(
      '"confidence" expected a number in (0, 1), got 1',
    );
  });

  it('tokens that the mark cannot have', () => {
    const tokenizer = { name: 'small', vocabSize: V };
    const mark = openMark({ scheme: 'gumbel', tokenizer }, secretOf(1));
    expect(() => classOf(mark, { id: 'r', tokens: [V] })).toThrow('response "r": "tokens[0]" expected a token id');
  });
});
