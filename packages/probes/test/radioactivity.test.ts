/**
 * Radioactivity over thousands of keys: text that has nothing to do with them, a suspect that copies marked prompts, and
 * students that did learn. Rejections against exact 99.9 % bands.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Mark, openMark } from '@taggant/core';
import { lnTail } from '@taggant/detector';
import {
  type Exchange,
  Radioactivity,
  type RadioactivityOptions,
  type RadioactivityResult,
  ServedContexts,
} from '@taggant/probes';
import { binomialBand, lnWeightedBinomialTail } from '@taggant/stats';
import { TINY_LM_END, tinyLmFolder, tinyLmTokenizer } from '@taggant/tiny-lm';
import { describe, expect, it } from 'vitest';
import { secretOf, uniforms } from '../../core/test/support.ts';
import { greenlist, gumbel, Student, teach, V } from './toy.ts';

const KEYS = 2000;
const LEVELS = [0.05, 0.01, 1e-3];
const CONFIDENCE = 0.999;

function run(mark: Mark, exchanges: Iterable<Exchange>, options?: RadioactivityOptions): RadioactivityResult {
  const test = new Radioactivity(mark, options);
  for (const exchange of exchanges) test.add(exchange);
  return test.result();
}

/** Every claim to reject that a result holds, as ln p; e-values as -lnSup, which is one by Ville's inequality. */
function claims({ audit, power, anytime }: RadioactivityResult): Record<string, number> {
  return {
    audit: audit.lnP,
    power: power.lnP,
    anytime: -anytime.lnSup,
    ...(audit.weighted?.lnP !== undefined && { 'weighted audit': audit.weighted.lnP }),
    ...(power.weighted?.lnP !== undefined && { 'weighted power': power.weighted.lnP }),
    ...(anytime.weighted && { 'weighted anytime': -anytime.weighted.lnSup }),
  };
}

/** How often each claim is made at each level over the results, and the audit number's randomised p, uniform under the null. */
function rejectionsOf(results: Iterable<RadioactivityResult>) {
  const next = uniforms(7);
  const counts: Record<string, number[]> = {};
  let tests = 0;
  for (const result of results) {
    tests++;
    const { law, audit } = result;
    const above = law.law === 'binomial' ? Math.exp(lnTail(law, audit.score + 1, audit.n)) : Math.exp(audit.lnP);
    const randomised = Math.log(above + next() * (Math.exp(audit.lnP) - above));
    for (const [name, lnP] of Object.entries({ ...claims(result), randomised })) {
      counts[name] ??= LEVELS.map(() => 0);
      LEVELS.forEach((level, i) => {
        if (lnP <= Math.log(level)) counts[name][i]++;
      });
    }
  }
  return { tests, counts };
}

function expectNull(results: Iterable<RadioactivityResult>): void {
  const { tests, counts } = rejectionsOf(results);
  const failures = Object.entries(counts).flatMap(([name, rejections]) =>
    LEVELS.flatMap((level, i) => {
      const [low, high] = binomialBand(tests, level, CONFIDENCE);
      const isFine = rejections[i] <= high && (name !== 'randomised' || rejections[i] >= low);
      return isFine ? [] : [`${name}: ${rejections[i]} of ${tests} at ${level}, band ${low} to ${high}`];
    }),
  );
  expect(failures).toEqual([]);
}

function* overKeys(keys: number, resultOf: (key: number) => RadioactivityResult): Generator<RadioactivityResult> {
  for (let key = 1; key <= keys; key++) yield resultOf(key);
}

describe('text that has nothing to do with the key', () => {
  const shared = fileURLToPath(new URL('../../../../shared/data/text/', import.meta.url));
  const tokenizer = tinyLmTokenizer();
  const text = existsSync(`${shared}tinyshakespeare.txt`)
    ? readFileSync(`${shared}tinyshakespeare.txt`, 'utf8')
    : readdirSync(tinyLmFolder)
        .map((file) => (file.endsWith('.json') ? readFileSync(`${tinyLmFolder}/${file}`, 'utf8') : ''))
        .join('');
  const ids = tokenizer.encode(text.slice(0, 60_000)).filter((id) => id !== TINY_LM_END);
  /** Questions of 20 tokens and answers of 80, one after the other. */
  const exchanges = Array.from({ length: 20 }, (_, i) => ({
    shown: [ids.subarray(100 * i, 100 * i + 20)],
    reply: ids.subarray(100 * i + 20, 100 * i + 100),
  }));
  const served = new ServedContexts({ contextWidth: 1, tokenizer: tokenizer.id });
  for (let at = 4000; at + 200 < ids.length; at += 200) served.add(ids.subarray(at, at + 200));
  const open = (input: object, key: number) =>
    openMark({ tokenizer: tokenizer.id, contextWidth: 1, ...input } as never, secretOf(key + 1e7));

  it(`green list: audit, power and e-value reject no more often than alpha (${KEYS} keys)`, () => {
    expectNull(overKeys(KEYS, (key) => run(open({ scheme: 'greenlist' }, key), exchanges)));
  });

  it(`green list, served contexts only and weighted: likewise (${KEYS} keys)`, () => {
    const results = [
      ...overKeys(KEYS, (key) => run(open({ scheme: 'greenlist' }, key), exchanges, { served, weights: true })),
    ];
    expect(results[0].audit.weighted?.classes.length).toBeGreaterThan(4);
    expect(results[0].positions.excluded.notServed).toBeGreaterThan(40);
    expectNull(results);
  });

  it.each([{ scheme: 'gumbel' }, { scheme: 'tournament', layers: 10 }])(`$scheme: likewise (${KEYS} keys)`, (input) => {
    expectNull(overKeys(KEYS, (key) => run(open(input, key), exchanges.slice(0, 8), { served, weights: true })));
  });
});

describe('a suspect that repeats the marked prompt it was shown', () => {
  /** Every key has its own marked prompts. The reply copies most of them between words of its own. */
  function* exchangesOf(mark: Mark, key: number): Generator<Exchange> {
    for (let i = 0; i < 4; i++) {
      const prompt = teach(30, mark, 31 * key + i);
      const own = teach(20, undefined, 17 * key + i);
      yield {
        shown: [prompt],
        reply: Uint32Array.from([...own.subarray(0, 10), ...prompt.subarray(3, 28), ...own.subarray(10)]),
      };
    }
  }
  function* forgetting(exchanges: Iterable<Exchange>): Generator<Exchange> {
    for (const { reply } of exchanges) yield { shown: [], reply };
  }

  it.each([
    ['green list', greenlist],
    ['Gumbel', gumbel],
  ])(`%s: rejects no more often than alpha (${KEYS} keys)`, (_, open) => {
    expectNull(
      overKeys(KEYS, (key) => {
        const mark = open(key + 5e6);
        return run(mark, exchangesOf(mark, key));
      }),
    );
  });

  it('CONTROL: without the exclusion it would be accused under nearly every key', () => {
    const { tests, counts } = rejectionsOf(
      overKeys(100, (key) => {
        const mark = greenlist(key + 5e6);
        return run(mark, forgetting(exchangesOf(mark, key)));
      }),
    );
    expect(counts.audit[2]).toBeGreaterThan(0.9 * tests);
    expect(counts.anytime[2]).toBeGreaterThan(0.8 * tests);
  });
});

describe('logs that were marked with the tested key, where texts may end', () => {
  const RUNS = 400;
  const END = 0;
  const words = Array.from({ length: 240 }, (_, i) => i + 2);

  /** After each word the next one and an end token compete; texts begin at every fourth, go on to the next but not into it. */
  function* log(mark: Mark, key: number): Generator<{ prompt: number[]; reply: number[] }> {
    const next = uniforms(key);
    for (const first of words.filter((word) => word % 4 === 2)) {
      const reply: number[] = [];
      for (let word = first; word < first + 3; word++) {
        const row = new Float32Array(V).fill(Number.NEGATIVE_INFINITY);
        [row[word + 1], row[END]] = [0, 1];
        mark.apply(Uint32Array.of(word), row);
        if (next() >= 1 / (1 + Math.exp(row[END] - row[word + 1]))) break;
        reply.push(word + 1);
      }
      yield { prompt: [first], reply };
    }
  }

  /** E-values at the end, capped, of an innocent suspect that always writes the next word; how many are 20 or more; their mean. */
  function eValues(add: (served: ServedContexts, text: { prompt: number[]; reply: number[] }) => void) {
    const values = Array.from({ length: RUNS }, (_, key) => {
      const mark = greenlist(key + 7e6, 1);
      const served = new ServedContexts({ contextWidth: 1 });
      for (const text of log(mark, key)) add(served, text);
      return Math.min(100, Math.exp(run(mark, [{ shown: [], reply: words }], { served }).anytime.lnE));
    });
    const mean = values.reduce((a, b) => a + b) / RUNS;
    const error = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0)) / RUNS;
    return { mean, error, high: values.filter((value) => value >= 20).length };
  }

  it(`the e-value at the end has a mean of at most 1 for an innocent suspect that always writes one token (${RUNS} keys)`, () => {
    const { mean, error, high } = eValues((served, { prompt, reply }) => served.add(reply, prompt));
    expect(mean).toBeLessThan(1 + 3 * error);
    expect(high).toBeLessThanOrEqual(binomialBand(RUNS, 1 / 20, CONFIDENCE)[1]);
  });

  it('CONTROL: without the last context of every text it would be accused', () => {
    const { mean, high } = eValues((served, { prompt, reply }) => {
      const reached = [...prompt, ...reply];
      if (reply.length > 0) served.add(reached.slice(0, -1));
    });
    expect(mean).toBeGreaterThan(10);
    expect(high).toBeGreaterThan(RUNS / 2);
  });
});

describe('a student', () => {
  const mark = greenlist(1, 1);
  const marked = Array.from({ length: 40 }, (_, i) => teach(500, mark, i));
  const plain = Array.from({ length: 40 }, (_, i) => teach(500, undefined, 100 + i));
  const served = new ServedContexts({ contextWidth: 1 });
  for (const text of marked.slice(0, 20)) served.add(text);
  const ask = (student: Student): Exchange[] =>
    Array.from({ length: 40 }, (_, i) => ({ shown: [[i]], reply: student.write(100, 900 + i) }));
  const innocent = ask(new Student(plain, 1));

  it.each([
    ['of marked text alone', new Student(marked, 1)],
    ['of one part marked and one part other text', new Student([...marked, ...plain], 1)],
  ])('%s is found, with effect and e-value; its twin without marked text is not', (_, student) => {
    const result = run(mark, ask(student), { served, weights: true });
    for (const [name, lnP] of Object.entries(claims(result))) expect(lnP, name).toBeLessThan(Math.log(1e-4));
    expect(result.audit.excess.interval?.[0]).toBeGreaterThan(0);
    for (const lnP of Object.values(claims(run(mark, innocent, { served, weights: true })))) {
      expect(lnP).toBeGreaterThan(Math.log(1e-3));
    }
    for (const lnP of Object.values(claims(run(greenlist(2, 1), ask(student), { served, weights: true })))) {
      expect(lnP).toBeGreaterThan(Math.log(1e-3));
    }
  });

  it('of Gumbel text is found', () => {
    const mark = gumbel(3, 1);
    const student = new Student(
      Array.from({ length: 40 }, (_, i) => teach(500, mark, i)),
      1,
    );
    const { audit, power, anytime } = run(mark, ask(student));
    for (const lnP of [audit.lnP, power.lnP, -anytime.lnE]) expect(lnP).toBeLessThan(Math.log(1e-4));
    expect(audit.excess.interval).toBeUndefined();
  });
});

describe('Radioactivity', () => {
  const mark = greenlist(4, 1);
  const exchanges = Array.from({ length: 30 }, (_, i) => ({ shown: [[i, i + 1]], reply: teach(50, mark, i) }));

  it('its numbers and e-value are the same however often one looks', () => {
    const test = new Radioactivity(mark);
    let most = 0;
    for (const exchange of exchanges) {
      test.add(exchange);
      most = Math.max(most, test.lnE);
    }
    const { anytime, ...looked } = test.result();
    const { anytime: once, ...unseen } = run(mark, exchanges);
    expect({ ...looked, curve: [] }).toEqual({ ...unseen, curve: [] });
    expect(anytime.lnE).toBeCloseTo(once.lnE, 9);
    expect(anytime.lnSup).toBeGreaterThanOrEqual(most);
    expect(test.result().curve).toEqual(unseen.curve);
  });

  it('tells the e-value that decides, the weighted one where weights are on: now, and the largest', () => {
    const served = new ServedContexts({ contextWidth: 1 });
    const plain = teach(2000, undefined, 99);
    for (const text of [plain, ...exchanges.map(({ reply }) => reply)]) served.add(text);
    for (const weights of [false, true]) {
      const test = new Radioactivity(mark, { served, weights });
      for (const exchange of exchanges.slice(0, 3)) test.add(exchange);
      test.add({ shown: [], reply: plain });
      const { anytime } = test.result();
      const { lnE, lnSup } = anytime.weighted ?? anytime;
      expect([anytime.weighted !== undefined, test.lnE, test.lnSup]).toEqual([weights, lnE, lnSup]);
      expect(test.lnE).toBeLessThan(test.lnSup);
      if (weights) expect(test.lnE).not.toBe(anytime.lnE);
    }
  });

  it('its result is plain JSON in which every position is accounted for, and which says nothing of the key', () => {
    const served = new ServedContexts({ contextWidth: 1 });
    for (const { reply } of exchanges.slice(0, 10)) served.add(reply);
    const result = run(mark, exchanges, { served, weights: true, dedup: 'pair' });
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
    const { scored, repeated, withoutContext, excluded } = result.positions;
    expect(scored + repeated + withoutContext + excluded.shown + excluded.notServed).toBe(result.tokens);
    expect(result).toMatchObject({
      dedup: 'pair',
      lnP: result.power.lnP,
      exchanges: 30,
      tokens: 1500,
      served: served.counts,
    });
    const { tokens, n, lnP, lnE, power } = result.curve[result.curve.length - 1];
    expect([tokens, n, lnP, lnE]).toEqual([1500, result.audit.n, result.audit.lnP, result.anytime.weighted?.lnE]);
    expect(power).toEqual({ n: result.power.n, lnP: result.power.lnP });
    expect(result.curve.length).toBeLessThan(200);
  });

  it("its audit pairs are those that mode context collects, and its p the detector's", () => {
    const test = new Radioactivity(mark);
    for (const exchange of exchanges) test.add(exchange);
    const { audit, power } = test.result();
    for (const [dedup, number] of [
      ['context', audit],
      ['pair', power],
    ] as const) {
      const pairs = test.pairs(dedup);
      const scores = new Float64Array(pairs.n);
      mark.score(pairs, scores);
      const sum = scores.reduce((a, b) => a + b, 0);
      expect([number.n, number.score, number.lnP]).toEqual([pairs.n, sum, lnTail(mark.law, sum, pairs.n)]);
      expect(pairs.dedup).toBe(dedup);
    }
    expect(new Set(test.pairs('context').contexts).size).toBe(audit.n);
  });

  it('its weighted p is the exact tail of its classes', () => {
    const served = new ServedContexts({ contextWidth: 1 });
    for (const { reply } of exchanges) served.add(reply);
    const { audit } = run(mark, exchanges, { served, weights: true });
    const { classes, score, lnP } = audit.weighted!;
    expect(lnP).toBe(lnWeightedBinomialTail(classes, 1 / 4, score));
    expect(classes.reduce((sum, { n }) => sum + n, 0)).toBe(audit.n);
  });

  it('nothing asked is no evidence', () => {
    expect(new Radioactivity(mark).result()).toMatchObject({
      lnP: 0,
      audit: { n: 0, score: 0, lnP: 0, excess: { perPair: 0 } },
      anytime: { n: 0, lnE: 0, lnSup: 0 },
    });
  });

  it('refuses what cannot work', () => {
    const tokenizer = { name: 'other', vocabSize: V + 1 };
    const strange = new ServedContexts({ contextWidth: 1, tokenizer });
    expect(() => new Radioactivity(mark, { served: strange })).toThrow('"tokenizer" expected the mark\'s');
    const wide = new ServedContexts({ contextWidth: 2 });
    expect(() => new Radioactivity(mark, { served: wide })).toThrow('"served" expected contexts of width 1, got 2');
    expect(() => new Radioactivity(mark, { weights: true })).toThrow('"served" expected');
    expect(() => new Radioactivity(greenlist(1, 0))).toThrow('"mark" expected contextWidth of at least 1');
    expect(() => new Radioactivity(mark, { dedup: 'none' as never })).toThrow('"dedup"');
    expect(() => new Radioactivity(mark).add({ shown: [], reply: [V] })).toThrow('"reply[0]"');
  });
});
