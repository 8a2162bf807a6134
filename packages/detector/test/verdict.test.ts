/** Three words, six reasons, each from a real text; and what stands behind `needed` and `lnMissed`. */
import { distinctPairs, type Mark, type NullLaw, openMark, type Strength } from '@taggant/core';
import {
  type Detection,
  describeDetection,
  detectTokens,
  formatAlpha,
  formatP,
  lnTail,
  nullMoments,
  type Reason,
} from '@taggant/detector';
import { lnBinomialLowerTail } from '@taggant/stats';
import { describe, expect, it } from 'vitest';
import { secretOf, uniforms } from '../../core/test/support.ts';

const schemes = ['greenlist', 'gumbel', 'tournament'] as const;
const open = (scheme: (typeof schemes)[number], secret = 1, options = {}) =>
  openMark({ scheme, contextWidth: 2, ...options }, secretOf(secret));
const randomText = (length: number, seed = 1) => {
  const next = uniforms(seed);
  return Uint32Array.from({ length }, () => 50_000 * next());
};

/** A text marked with one bit of choice per token: each step the mark decides between two equally likely tokens. */
function oneBitText(mark: Mark, length: number, seed = 6): Uint32Array {
  const next = uniforms(seed);
  const context = Uint32Array.of(1, 2);
  return Uint32Array.from({ length }, () => {
    const row = new Float32Array(500).fill(-Infinity);
    for (let i = 0; i < 2; i++) row[Math.floor(500 * next())] = 0;
    mark.apply(context, row);
    const weights = row.map(Math.exp);
    let left = next() * weights.reduce((sum, weight) => sum + weight);
    const token = weights.findIndex((weight) => weight > 0 && (left -= weight) < 0);
    context.set([context[1], Math.max(0, token)]);
    return context[1];
  });
}

/** The first key under which a text gets that reason: tests of a text with wrong keys are draws of the null. */
function firstKey(scheme: (typeof schemes)[number], text: Uint32Array, reason: Reason): Detection {
  for (let secret = 2; secret < 5000; secret++) {
    const detection = detectTokens(text, open(scheme, secret));
    if (detection.reason === reason) return detection;
  }
  throw new Error(`no key of 5000 gives ${reason}`);
}

describe.each(schemes)('%s', (scheme) => {
  const { needed } = detectTokens([], open(scheme)).power;

  it('marked, evidence: a text with one bit of choice per token, twice as long as needed', () => {
    const detection = detectTokens(oneBitText(open(scheme), 2 * needed), open(scheme));
    expect(detection).toMatchObject({ verdict: 'marked', reason: 'evidence' });
    expect(detection.lnP).toBeLessThanOrEqual(Math.log(1e-6));
    expect(describeDetection(detection)).toMatch(/^Carries the mark/);
  });

  it('needed is the length at which such texts reach alpha on average: ln p within 20 % of ln alpha over 60 texts', () => {
    const texts = Array.from({ length: 60 }, (_, i) => oneBitText(open(scheme), needed + 2, i));
    const lnPs = texts.map((text) => detectTokens(text, open(scheme)).lnP);
    const share = lnPs.reduce((sum, lnP) => sum + lnP) / (60 * Math.log(1e-6));
    expect(share).toBeGreaterThan(0.8);
    expect(share).toBeLessThan(1.25);
  });

  it('not-marked, ruled-out: a long text without the mark', () => {
    const detection = firstKey(scheme, randomText(6 * needed), 'ruled-out');
    expect(detection.verdict).toBe('not-marked');
    expect(detection.power.lnMissed).toBeLessThanOrEqual(Math.log(1e-3));
    expect(describeDetection(detection)).toMatch(/That does not say who wrote it\.$/);
  });

  it('a text that is marked is not called not-marked, whatever its length', () => {
    const text = oneBitText(open(scheme), 3 * needed);
    for (let n = 0; n <= text.length; n += Math.ceil(needed / 10)) {
      expect(detectTokens(text.subarray(0, n), open(scheme)).verdict).not.toBe('not-marked');
    }
  });

  it('inconclusive, weak-evidence: p between alpha and 1 %', () => {
    const detection = firstKey(scheme, randomText(100), 'weak-evidence');
    expect(detection.verdict).toBe('inconclusive');
    expect(detection.p).toBeGreaterThan(1e-6);
    expect(detection.p).toBeLessThanOrEqual(0.01);
    expect(describeDetection(detection)).toMatch(/^A hint of the mark/);
  });

  it('inconclusive, too-short: ten tokens', () => {
    const detection = firstKey(scheme, randomText(10), 'too-short');
    expect(detection.verdict).toBe('inconclusive');
    expect(describeDetection(detection)).toBe(
      `Too short to tell: 8 distinct pairs of 10 tokens; about ${needed} are needed.`,
    );
  });

  it('inconclusive, repetitive: a loop of seven tokens', () => {
    const detection = firstKey(
      scheme,
      Uint32Array.from({ length: 2 * needed }, (_, i) => i % 7),
      'repetitive',
    );
    expect(detection).toMatchObject({ verdict: 'inconclusive', n: 7 });
    expect(describeDetection(detection)).toMatch(/^Too repetitive to tell: 7 distinct pairs/);
  });

  it('inconclusive, no-evidence: long enough to find a mark, not to rule one out', () => {
    const detection = firstKey(scheme, randomText(needed + 10), 'no-evidence');
    expect(detection.verdict).toBe('inconclusive');
    expect(describeDetection(detection)).toMatch(/not enough text to rule it out\.$/);
  });

  it('an empty text is too short', () => {
    expect(detectTokens([], open(scheme))).toMatchObject({
      verdict: 'inconclusive',
      reason: 'too-short',
      n: 0,
      score: 0,
      lnP: 0,
      p: 1,
      z: 0,
    });
  });
});

describe('needed', () => {
  /** ln p of a mean score at n pairs; for counts, on the line between the two counts beside it. */
  function lnPOfMean(law: NullLaw, mean: number, n: number): number {
    if (law.law === 'gamma') return lnTail(law, n * mean, n);
    const below = Math.floor(n * mean);
    const share = n * mean - below;
    const above = share === 0 ? 0 : share * lnTail(law, below + 1, n);
    return (1 - share) * lnTail(law, below, n) + above;
  }

  const strengths: [Mark, Strength][] = [
    ...[0.5, 1, 2, 4].flatMap((delta) => ['1/2', '1/4', '1/16'].map((gamma) => open('greenlist', 1, { delta, gamma }))),
    ...[1, 2, 10, 30].map((layers) => open('tournament', 1, { layers })),
    open('gumbel'),
  ].map((mark) => [mark, mark.oneBit]);
  strengths.push(
    [open('greenlist'), { mean: 1, variance: 0 }],
    [open('gumbel'), { mean: 1.1, variance: 1 }],
    [open('gumbel'), { mean: 9, variance: 1 }],
  );

  it.each(strengths.map(([mark, strength]) => [mark.descriptor, strength, mark] as const))(
    'is the smallest n that reaches alpha: %j at %j',
    (_, strength, mark) => {
      for (const alpha of [0.5, 0.05, 1e-3, 1e-6, 1e-12]) {
        let n = 1;
        while (lnPOfMean(mark.law, strength.mean, n) > Math.log(alpha)) n++;
        expect(detectTokens([], mark, { strength, alpha }).power.needed).toBe(n);
      }
    },
  );

  it('is Infinity for a strength that is no more than the null, and said in words', () => {
    const detection = detectTokens([1, 2, 3, 4], open('greenlist', 1, { delta: 0 }));
    expect(detection.power.needed).toBe(Infinity);
    expect(describeDetection(detection)).toMatch(/cannot be found at any length\.$/);
  });

  it('answers many different questions, and the first again', () => {
    const needed = (mean: number) => detectTokens([], open('gumbel'), { strength: { mean, variance: 1 } }).power.needed;
    const means = Array.from({ length: 250 }, (_, i) => 1.2 + i / 100);
    const answers = means.map(needed);
    expect(means.map(needed)).toEqual(answers);
    expect(answers).toEqual([...answers].sort((a, b) => b - a));
  });
});

describe('a text whose contexts repeat', () => {
  /** Two equally likely tokens a step, drawn from few, so that the same contexts come again and again. */
  function written(mark: Mark, length: number, vocabSize: number): number[] {
    const next = uniforms(5);
    const tokens = [0, 1, 2, 3];
    while (tokens.length < length) {
      const row = new Float32Array(vocabSize).fill(Number.NEGATIVE_INFINITY);
      const last = tokens[tokens.length - 1];
      row[(7 * last + 1) % vocabSize] = row[(11 * last + 3) % vocabSize] = 0;
      mark.apply(Uint32Array.from(tokens.slice(-4)), row);
      const [a, b] = [(7 * last + 1) % vocabSize, (11 * last + 3) % vocabSize];
      tokens.push(next() < 1 / (1 + Math.exp(row[b] - row[a])) ? a : b);
    }
    return tokens;
  }

  it.each([0, 1, 2])(
    'is never called not-marked while it carries the mark at one bit of choice (width %i)',
    (contextWidth) => {
      const mark = openMark({ scheme: 'greenlist', contextWidth }, secretOf(77));
      const detection = detectTokens(written(mark, 8000, 64), mark);
      expect(detection.verdict).not.toBe('not-marked');
      const overAllPairs = lnBinomialLowerTail(detection.score, detection.n, mark.oneBit.mean);
      if (contextWidth === 2)
        expect(overAllPairs, 'control: the sum over all pairs would rule it out').toBeLessThan(Math.log(1e-3));
    },
  );

  it('while an unmarked text with fresh contexts is (control)', () => {
    const next = uniforms(6);
    const mark = openMark({ scheme: 'greenlist' }, secretOf(77));
    const { verdict, reason } = detectTokens(
      Array.from({ length: 2000 }, () => Math.floor(next() * 50000)),
      mark,
    );
    expect([verdict, reason]).toEqual(['not-marked', 'ruled-out']);
  });
});

describe('lnMissed', () => {
  it('is above the exact lower tail of a green list of that strength', () => {
    for (const delta of [1, 2, 4]) {
      const mark = open('greenlist', 1, { delta });
      for (const length of [12, 52, 202, 1002]) {
        for (let secret = 0; secret < 10; secret++) {
          const { score, n, power } = detectTokens(randomText(length, secret), open('greenlist', secret, { delta }));
          expect(power.lnMissed).toBeGreaterThanOrEqual(lnBinomialLowerTail(score, n, mark.oneBit.mean));
          expect(power.lnMissed).toBeLessThanOrEqual(0);
        }
      }
    }
  });

  it.each(['gumbel', 'tournament'] as const)('is above the simulated lower tail of %s', (scheme) => {
    const mark = open(scheme);
    const text = oneBitText(mark, 12_000);
    const sums: number[] = [];
    const N = 20;
    for (let at = 0; at + N <= text.length; at += N) {
      sums.push(
        detectTokens(text.subarray(at, at + N), mark, { prompt: at >= 2 ? text.subarray(at - 2, at) : [1, 2] }).score /
          N,
      );
    }
    sums.sort((a, b) => a - b);
    // The text with the i-th lowest score: that share of marked texts scores as low.
    for (const share of [0.005, 0.02, 0.1, 0.3]) {
      const low = sums[Math.floor(share * sums.length)];
      const { mean, variance } = mark.oneBit;
      const shortfall = N * (mean - low);
      const bound = Math.exp(-(shortfall ** 2) / (2 * (N * variance + (mean * shortfall) / 3)));
      const standardError = Math.sqrt((share * (1 - share)) / sums.length);
      expect(bound).toBeGreaterThan(share - 5 * standardError);
    }
    // And the detector's bound is that bound.
    const pairs = distinctPairs(text.subarray(0, 22), { contextWidth: 2 });
    const { score, power, n } = detectTokens(text.subarray(0, 22), mark);
    expect(n).toBe(pairs.n);
    const shortfall = Math.max(0, n * mark.oneBit.mean - score);
    expect(power.lnMissed).toBeCloseTo(
      -(shortfall ** 2) / (2 * (n * mark.oneBit.variance + (mark.oneBit.mean * shortfall) / 3)),
      12,
    );
  });

  it('a marked text of the stated strength is ruled out at most as often as beta says', () => {
    const mark = open('greenlist');
    const text = oneBitText(mark, 30_000);
    const verdicts = Array.from(
      { length: 300 },
      (_, i) => detectTokens(text.subarray(100 * i, 100 * i + 100), mark, { beta: 0.05, alpha: 1e-30 }).verdict,
    );
    const missed = verdicts.filter((verdict) => verdict === 'not-marked').length;
    expect(missed).toBeLessThan(0.05 * 300);
  });
});

describe('the options', () => {
  const mark = open('greenlist');
  const text = oneBitText(mark, 200);

  it('alpha moves the verdict, p stays', () => {
    const { lnP } = detectTokens(text, mark);
    const strict = detectTokens(text, mark, { alpha: Math.exp(lnP) / 2 });
    expect([strict.lnP, strict.verdict, strict.reason]).toEqual([lnP, 'inconclusive', 'weak-evidence']);
    expect(detectTokens(text, mark, { alpha: Math.exp(lnP) * 2 }).verdict).toBe('marked');
  });

  it.each([
    [{ alpha: 0 }],
    [{ alpha: 1 }],
    [{ alpha: -1 }],
    [{ alpha: Number.NaN }],
    [{ alpha: '0.01' }],
    [{ beta: 0 }],
    [{ beta: 1 }],
    [{ strength: { mean: Number.NaN, variance: 1 } }],
    [{ strength: { mean: 0.1, variance: 1 } }],
    [{ strength: { mean: 16, variance: 6 } }],
    [{ strength: { mean: 0.5, variance: -1 } }],
    [{ strength: {} }],
    [{ dedup: 'none' }],
    [{ prompt: 'abc' }],
  ])('refuses %j', (options) => {
    expect(() => detectTokens(text, mark, options as never)).toThrow(/^"/);
  });

  it('a strength of another mark is refused: it would rule out everything', () => {
    expect(() => detectTokens(text, mark, { strength: open('tournament').oneBit })).toThrow(
      '"strength.mean" expected a number from 0.25 to 1',
    );
    expect(nullMoments(mark.law).mean).toBe(0.25);
  });
});

describe('formatAlpha', () => {
  it.each([
    [0.05, '0.05'],
    [0.001, '0.001'],
    [0.00025, '2.5e-4'],
    [1e-6, '1e-6'],
  ])('%d is %s', (alpha, text) => {
    expect(formatAlpha(alpha)).toBe(text);
  });
});

describe('formatP', () => {
  it.each([
    [0, '1.0'],
    [Math.log(0.5), '0.50'],
    [Math.log(0.0123), '0.012'],
    [Math.log(3.2e-45), '3.2e-45'],
    [Math.log(9.99e-10), '1.0e-9'],
    [Math.log(1e-4), '1.0e-4'],
    [-Infinity, '0'],
  ])('%d is %s', (lnP, text) => {
    expect(formatP(lnP)).toBe(text);
  });

  it('agrees with ln p at any size, below the smallest double too', () => {
    const next = uniforms(2);
    for (let i = 0; i < 2000; i++) {
      const lnP = -1e4 * next() - 7;
      const [mantissa, exponent] = formatP(lnP).split('e').map(Number);
      expect(mantissa).toBeGreaterThanOrEqual(1);
      expect(mantissa).toBeLessThan(10);
      expect(Math.abs(Math.log(mantissa) + exponent * Math.LN10 - lnP)).toBeLessThan(Math.log(1.06));
    }
  });
});
