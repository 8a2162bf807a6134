/** Searches over cohorts and keys. Seeds are fixed; the false-alarm rate of each statistical test is stated beside it. */
import { deriveKey, distinctPairs, type Mark, type NativeDescriptor, openMark, type Secret } from '@taggant/core';
import { detectCohorts, detectKeys, detectTokens, searchCohorts, searchKeys } from '@taggant/detector';
import { binomialBand, lnChiSquareTail } from '@taggant/stats';
import { describe, expect, it } from 'vitest';
import { secretOf, uniforms } from '../../core/test/support.ts';

type Input = { readonly scheme: NativeDescriptor['scheme']; readonly gamma?: string; readonly contextWidth?: number };
const greenlists: readonly Input[] = [
  { scheme: 'greenlist', gamma: '1/2' },
  { scheme: 'greenlist', gamma: '3/4', contextWidth: 1 },
];
const fixedList: Input = { scheme: 'greenlist', gamma: '5/16', contextWidth: 0 };
const draws: readonly Input[] = [{ scheme: 'gumbel' }, { scheme: 'tournament', contextWidth: 2 }];

/** Words of a small vocabulary, so that contexts and pairs repeat. */
const text = (length: number, seed: number, vocabulary = 40) => {
  const next = uniforms(seed);
  return Array.from({ length }, () => Math.floor(next() * vocabulary));
};

/** What the mark makes of a model that knows nothing: the largest of a thousand nearly equal logits. */
function write(marks: readonly Mark[], length: number): number[] {
  const next = uniforms(5);
  const tokens = [1, 2, 3, 4];
  while (tokens.length < length) {
    const row = Float32Array.from({ length: 1000 }, () => 3 * next());
    for (const mark of marks) mark.apply(Uint32Array.from(tokens), row);
    tokens.push(row.indexOf(Math.max(...row)));
  }
  return tokens;
}

/** A text over 64 tokens, by a mark that gets its way. */
function writeSmall(mark: Mark, seed: number): number[] {
  const next = uniforms(1000 + seed);
  const tokens = [1, 2, 3, 4];
  while (tokens.length < 300) {
    const row = Float32Array.from({ length: 64 }, () => Math.log(next()) / -4);
    mark.apply(Uint32Array.from(tokens), row);
    const weights = row.map((logit) => Math.exp(3 * logit));
    let left = next() * weights.reduce((a, b) => a + b, 0);
    tokens.push(
      Math.max(
        0,
        weights.findIndex((weight) => (left -= weight) < 0),
      ),
    );
  }
  return tokens;
}

describe('detectCohorts', () => {
  it.each([...greenlists, ...draws])('gives each cohort the score that its own mark gives it: %o', (input) => {
    const ids = text(300, 1);
    const mark = openMark({ ...input, cohort: 3 }, secretOf(1));
    const listed = [70_000, 5, 2049, 7, 2050, 5];
    for (const [cohorts, numbers] of [
      [{ first: 2040, count: 16 }, Array.from({ length: 16 }, (_, i) => 2040 + i)],
      [listed, [...new Set(listed)]],
    ] as const) {
      const found = detectCohorts(ids, mark, cohorts, { top: 100 });
      const single = numbers.map((cohort) =>
        detectTokens(ids, openMark({ ...input, cohort }, secretOf(1)), { dedup: 'context' }),
      );
      const expected = new Map(numbers.map((cohort, i) => [cohort, single[i].score]));
      expect(found.candidates.length).toBe(numbers.length);
      for (const { name, score } of found.candidates) expect([name, score]).toEqual([name, expected.get(name)]);
      const lnP = Math.min(0, Math.min(...single.map((one) => one.lnP)) + Math.log(numbers.length));
      expect(found).toMatchObject({ lnP, correction: { method: 'bonferroni', tests: numbers.length } });
      expect(found.candidates[0].lnP).toBe(lnP);
      expect(found.candidates.map(({ score }) => score)).toEqual([...expected.values()].sort((a, b) => b - a));
      const missed = Math.max(...single.map(({ power }) => power.lnMissed));
      expect(found.power.lnMissed).toBeCloseTo(missed, 10);
    }
  });

  it('names the account of a text that carries an owner and an account, among 24,000', () => {
    const secret = secretOf(2);
    const account = openMark({ scheme: 'greenlist', gamma: '1/4', delta: 2, cohort: 17_123 }, secret);
    const owner = openMark({ scheme: 'greenlist', gamma: '1/4', delta: 2 }, secret);
    const ids = write([owner, account], 500);
    const found = detectCohorts(ids, owner, { first: 1, count: 24_000 });
    expect(found).toMatchObject({ verdict: 'marked', candidates: [{ name: 17_123 }, {}, {}, {}, {}] });
    expect(found.candidates[1].lnP).toBeGreaterThan(Math.log(0.01));
  });

  it('says that no account wrote an unmarked text only as long as each one is ruled out', () => {
    const mark = openMark({ scheme: 'greenlist' }, secretOf(3));
    const cohorts = { first: 0, count: 1000 };
    expect(detectCohorts(text(4000, 4, 5000), mark, cohorts).verdict).toBe('not-marked');
    expect(detectCohorts(text(60, 4, 5000), mark, cohorts)).toMatchObject({ reason: 'too-short' });
    expect(detectCohorts(text(60, 4, 5000), mark, cohorts).power.needed).toBeGreaterThan(
      detectTokens(text(60, 4, 5000), mark, { dedup: 'context' }).power.needed,
    );
  });

  it('alarms on unmarked text at most as often as alpha says; the uncorrected best does not (rate 1e-6)', () => {
    const ids = text(200, 6, 1000);
    const runs = Array.from({ length: 1000 }, (_, i) => {
      const mark = openMark({ scheme: 'greenlist', gamma: '1/2' }, secretOf(100 + i));
      return detectCohorts(ids, mark, { first: 0, count: 512 }, { alpha: 0.05 });
    });
    const [, most] = binomialBand(runs.length, 0.05, 1 - 2e-6);
    expect(runs.filter(({ verdict }) => verdict === 'marked').length).toBeLessThanOrEqual(most);
    expect(runs.filter(({ lnP }) => lnP - Math.log(512) <= Math.log(0.05)).length).toBeGreaterThan(most);
  });

  it('refuses what is no set of cohorts, and marks that have none', () => {
    const mark = openMark({ scheme: 'greenlist' }, secretOf(1));
    const ids = text(20, 1);
    expect(() => detectCohorts(ids, mark, [])).toThrow('"cohorts" expected at least one cohort, got none');
    for (const none of [7, '0-9', null, undefined, { count: 3 }]) {
      const attempt = () => detectCohorts(ids, mark, none as never);
      expect(attempt).toThrow(TypeError);
      expect(attempt).toThrow('"cohorts" expected { first, count } or a list of cohorts, got ');
    }
    expect(() => detectCohorts(ids, mark, [1, -1])).toThrow('"cohorts[1]" expected');
    expect(() => detectCohorts(ids, mark, { first: 0, count: 0 })).toThrow('"cohorts.count" expected');
    expect(() => detectCohorts(ids, mark, { first: 2 ** 24 - 1, count: 2 })).toThrow('"cohorts.count" expected');
    const { scoreCohorts: _, ...foreign } = mark;
    expect(() => detectCohorts(ids, foreign, [1])).toThrow('"mark" expected one that has cohorts');
    const fixed = openMark(fixedList, secretOf(1));
    expect(() => detectCohorts(ids, fixed, [1])).toThrow('"mark" expected contextWidth of at least 1');
  });
});

describe('an innocent cohort of the key that marked the text', () => {
  const schemes: readonly Input[] = [
    { scheme: 'greenlist', gamma: '1/2', contextWidth: 1 },
    { scheme: 'greenlist', gamma: '1/4', contextWidth: 2 },
    { scheme: 'gumbel', contextWidth: 1 },
    { scheme: 'tournament', contextWidth: 1 },
  ];
  const RUNS = 300;
  const LEVEL = 0.05;
  const [, most] = binomialBand(RUNS, LEVEL, 1 - 2e-6);
  // 64 tokens, all about as likely: contexts come again, and one token's slot is another token's under the next cohort.
  const alarms = (input: Input, test: (ids: readonly number[], innocent: Mark) => number) => {
    const lnPs = Array.from({ length: RUNS }, (_, i) => {
      const [guilty, innocent] = [8, 9].map((cohort) => openMark({ ...input, cohort }, secretOf(i)));
      return test(writeSmall(guilty, i), innocent);
    });
    return lnPs.filter((lnP) => lnP <= Math.log(LEVEL)).length;
  };

  it.each(schemes)('is not named more often than alpha says, each context counted once: %o (rate 1e-6)', (input) => {
    expect(alarms(input, (ids, mark) => detectCohorts(ids, mark, [9]).lnP)).toBeLessThanOrEqual(most);
  });

  it('would be named too often over all pairs, two of which can share their fate (control; rate 1e-6)', () => {
    const lnPs = Array.from({ length: 2000 }, (_, i) => {
      const [guilty, innocent] = [8, 9].map((cohort) =>
        openMark({ scheme: 'greenlist', gamma: '1/16', contextWidth: 0, cohort }, secretOf(i)),
      );
      const row = new Float32Array(256);
      guilty.apply(new Uint32Array(0), row);
      // Given time and a strong bias, a fixed list shows every green token and no other.
      const greenTokens = [...row.keys()].filter((token) => row[token] > 0);
      return detectTokens(greenTokens, innocent).lnP;
    });
    const [, mostAt1] = binomialBand(lnPs.length, 0.01, 1 - 2e-6);
    expect(lnPs.filter((lnP) => lnP <= Math.log(0.01)).length).toBeGreaterThan(mostAt1);
  });

  it.each(schemes)('is no obstacle to naming the other one (control): %o', (input) => {
    const guilty = openMark({ ...input, cohort: 8 }, secretOf(1));
    expect(detectCohorts(writeSmall(guilty, 1), guilty, { first: 0, count: 64 }).candidates[0].name).toBe(8);
  });
});

describe('decoys', () => {
  const ranks = (mark: (key: Secret) => Mark, ids: readonly number[], runs: number) =>
    Array.from({ length: runs }, (_, i) => detectTokens(ids, mark(secretOf(i)), { decoys: 15 }).decoys);

  it('rank the tested cohort uniformly when the text was written without the key (rate 1e-6)', () => {
    const ids = text(60, 7);
    const counts = new Array<number>(16).fill(0);
    for (const rank of ranks((key) => openMark({ scheme: 'gumbel', cohort: 21, contextWidth: 2 }, key), ids, 3200)) {
      expect(rank?.count).toBe(16);
      counts[(rank?.atLeast ?? 0) - 1]++;
    }
    const chiSquare = counts.reduce((sum, count) => sum + (count - 200) ** 2 / 200, 0);
    expect(lnChiSquareTail(chiSquare, 15)).toBeGreaterThan(Math.log(1e-6));
  });

  it('count ties against the mark: the rank of a coarse score is never too good', () => {
    const ids = text(12, 8);
    const found = ranks((key) => openMark({ scheme: 'greenlist', gamma: '1/2', cohort: 5 }, key), ids, 2000);
    const [, most] = binomialBand(2000, 1 / 16, 1 - 2e-6);
    expect(found.filter((rank) => rank?.atLeast === 1).length).toBeLessThanOrEqual(most);
    for (const rank of found) expect(rank?.lnP).toBe(Math.log((rank?.atLeast ?? 0) / 16));
  });

  it('rank a marked text first, and no more than that', () => {
    const mark = openMark({ scheme: 'greenlist', cohort: 9000 }, secretOf(4));
    const { decoys, lnP } = detectTokens(write([mark], 300), mark, { decoys: 1e5 });
    expect(decoys).toEqual({ count: 131_072, atLeast: 1, lnP: Math.log(1 / 131_072) });
    expect(lnP).toBeLessThan(-30);
    expect(() => detectTokens([1, 2, 3], mark, { decoys: 2 ** 24 })).toThrow('"decoys" expected');
  });
});

describe('detectKeys', () => {
  it.each([...greenlists, fixedList, ...draws])('gives each key the score that its own mark gives it: %o', (input) => {
    const ids = text(200, 9);
    const keys = ['a', 'b', 'c'].map((label) => deriveKey(secretOf(5), input.scheme, label));
    const { descriptor } = openMark({ ...input, cohort: 3 }, keys[0]);
    const found = detectKeys(ids, descriptor, keys, { top: 3 });
    const single = keys.map((key) => detectTokens(ids, openMark({ ...input, cohort: 3 }, key)));
    const scores = new Map(keys.map(({ kid }, i) => [kid, single[i].score]));
    for (const { name, score } of found.candidates) expect(score).toBe(scores.get(name));
    expect(found.lnP).toBe(Math.min(0, Math.min(...single.map(({ lnP }) => lnP)) + Math.log(3)));
    expect(found.mark.kid).toBeUndefined();
  });

  it('names the tenant of a text, and nobody for another text', () => {
    const keys = Array.from({ length: 500 }, (_, i) => deriveKey(secretOf(6), 'greenlist', `tenant ${i}`));
    const { descriptor } = openMark({ scheme: 'greenlist' }, keys[0]);
    const ids = write([openMark({ scheme: 'greenlist' }, keys[333])], 400);
    expect(detectKeys(ids, descriptor, keys)).toMatchObject({
      verdict: 'marked',
      candidates: [{ name: keys[333].kid }, {}, {}, {}, {}],
    });
    expect(detectKeys(text(400, 10, 1000), descriptor, keys).verdict).not.toBe('marked');
    expect(() => detectKeys(ids, descriptor, [])).toThrow('"keys" expected at least one key');
    expect(() => detectKeys(ids, descriptor, [deriveKey(secretOf(6), 'gumbel')])).toThrow(
      '"keys" expected scheme greenlist, got gumbel',
    );
  });
});

describe('searches over pairs', () => {
  const ids = text(300, 11);

  it.each([...greenlists, ...draws])('say what those over tokens say: %o', (input) => {
    const mark = openMark(input, secretOf(1));
    const { contextWidth } = mark;
    const cohorts = { first: 5, count: 9 };
    const pairs = distinctPairs(ids, { contextWidth, dedup: 'context' });
    expect(searchCohorts(pairs, mark, cohorts, { top: 3 })).toEqual(detectCohorts(ids, mark, cohorts, { top: 3 }));
    const keys = ['a', 'b'].map((label) => deriveKey(secretOf(1), input.scheme, label));
    for (const dedup of ['pair', 'context'] as const) {
      const found = searchKeys(distinctPairs(ids, { contextWidth, dedup }), mark.descriptor, keys);
      expect(found).toEqual(detectKeys(ids, mark.descriptor, keys, { dedup }));
    }
  });

  it('refuse cohorts where a context may count twice', () => {
    const mark = openMark({ scheme: 'greenlist' }, secretOf(1));
    const pairs = distinctPairs(ids, { contextWidth: 2 });
    expect(() => searchCohorts(pairs, mark, [1])).toThrow(`"pairs" expected dedup 'context'`);
    expect(() => searchCohorts({ ...pairs, dedup: undefined }, mark, [1])).toThrow('got none');
  });
});
