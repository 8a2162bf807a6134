/** What a marked response should score: the formulas against series, enumeration and texts that were marked. */
import { type Mark, openMark } from '@taggant/core';
import { detectTokens, lnTail } from '@taggant/detector';
import { binomialBand, lnGamma } from '@taggant/stats';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { always, secretOf, softmax } from '../../core/test/support.ts';
import { expectationOf } from '../src/coverage-audit/expectation.ts';
import { finalProbability } from '../src/coverage-audit/final-probability.ts';
import { harmonic, secondHarmonic } from '../src/coverage-audit/polygamma.ts';
import { leastSum, lnMissed, shareOf } from '../src/coverage-audit/tails.ts';
import { gumbelStrength, leastGreen, mostGreen } from '../src/coverage-audit/token-strength.ts';
import { logSoftmax, write } from './coverage-support.ts';

const gumbel = openMark({ scheme: 'gumbel' }, secretOf(1));
const greenlist = openMark({ scheme: 'greenlist' }, secretOf(2));
const tournament = openMark({ scheme: 'tournament' }, secretOf(3));
const oneBit = (mark: Mark) => ({ least: mark.oneBit, most: mark.oneBit, from: 'one-bit' }) as const;

/** A text's scored pairs and what its log makes of them. */
function seenOf(mark: Mark, text: ReturnType<typeof write>, temperature = 1) {
  const { score, n, details } = detectTokens(text.tokens, mark, { ...text, dedup: 'context', details: true });
  const response = { ...text, settings: { temperature } };
  return {
    score,
    n,
    details: details!,
    expected: expectationOf(response, details!.positions, mark, oneBit(mark), 'raw'),
  };
}

describe('harmonic numbers of real order', () => {
  it('are sums of 1 / j and 1 / j^2 at whole numbers', () => {
    let [first, second] = [0, 0];
    for (let x = 1; x <= 1000; x++) {
      first += 1 / x;
      second += 1 / (x * x);
      expect(Math.abs(harmonic(x) / first - 1)).toBeLessThan(1e-14);
      expect(Math.abs(secondHarmonic(x) / second - 1)).toBeLessThan(1e-14);
    }
  });

  it("are the series of vLLM's pull request 56122 between them", () => {
    for (const p of [0.9, 0.7, 0.3, 0.011]) {
      const terms = 2_000_000;
      let series = 0;
      for (let k = terms; k >= 1; k--) series += 1 / (k * (1 + k * p));
      // What is left out lies between two integrals of 1 / (k^2 p).
      expect(gumbelStrength(p).mean - series).toBeGreaterThan(0);
      expect(gumbelStrength(p).mean - series).toBeLessThan(1 / (terms * p));
    }
  });
});

describe('one marked step', () => {
  it('has the one-bit strength of the mark at p = 1/2, and the null mean at p = 1', () => {
    expect(gumbelStrength(0.5).mean).toBeCloseTo(gumbel.oneBit.mean, 13);
    expect(gumbelStrength(0.5).variance).toBeCloseTo(gumbel.oneBit.variance, 13);
    expect(leastGreen(0.5, 0.25, 2)).toBeCloseTo(greenlist.oneBit.mean, 13);
    expect(gumbelStrength(1)).toEqual({ mean: expect.closeTo(1, 13), variance: expect.closeTo(1, 13) });
    expect(leastGreen(1, 0.25, 2)).toBeCloseTo(0.25, 13);
    expect(mostGreen(1, 0.25, 2)).toBeCloseTo(0.25, 13);
  });

  it('is green with a chance between the bounds, whatever the other tokens (all colourings counted)', () => {
    const weights = fc.array(fc.double({ min: 1e-4, max: 1, noNaN: true }), { minLength: 2, maxLength: 8 });
    const share = fc.double({ min: 0.05, max: 0.95, noNaN: true });
    always([weights, share, fc.double({ min: 0, max: 8, noNaN: true })], (w, gamma, delta) => {
      const total = w.reduce((sum, one) => sum + one, 0);
      let [chosen, green] = [0, 0];
      for (let colours = 0; colours < 2 ** w.length; colours++) {
        const isGreen = (v: number) => (colours >> v) % 2 === 1;
        const chance = w.reduce((product, _, v) => product * (isGreen(v) ? gamma : 1 - gamma), 1);
        const biased = w.map((one, v) => one * (isGreen(v) ? Math.exp(delta) : 1));
        const share = (chance * biased[0]) / biased.reduce((sum, one) => sum + one, 0);
        chosen += share;
        if (isGreen(0)) green += share;
      }
      expect(green / chosen).toBeGreaterThan(leastGreen(w[0] / total, gamma, delta) - 1e-12);
      expect(green / chosen).toBeLessThan(mostGreen(w[0] / total, gamma, delta) + 1e-12);
    });
  });
});

describe('the final probability', () => {
  const row = fc.array(fc.double({ min: -8, max: 8, noNaN: true }), { minLength: 2, maxLength: 40 });
  const settings = fc.record({
    temperature: fc.constantFrom(0.2, 0.7, 1, 1.5),
    topK: fc.constantFrom(0, 1, 3, 10),
    topP: fc.constantFrom(1, 0.9, 0.5),
    minP: fc.constantFrom(0, 0.1),
  });

  /** Truncation in vLLM's order, from its description: min-p, top-k, then top-p of what is left. */
  function finalRow(raw: readonly number[], { temperature, topK, topP, minP }: { [name: string]: number }): number[] {
    const tempered = softmax(raw.map((lnP) => lnP / temperature));
    const least = minP * Math.max(...tempered);
    const order = tempered.map((_, v) => v).sort((a, b) => tempered[b] - tempered[a] || a - b);
    const first = order.slice(0, topK || order.length).filter((v) => tempered[v] >= least);
    const mass = first.reduce((sum, v) => sum + tempered[v], 0);
    let before = 0;
    const kept = first.filter((v) => {
      const isKept = before < topP * mass;
      before += tempered[v];
      return isKept;
    });
    const left = kept.reduce((sum, v) => sum + tempered[v], 0);
    return tempered.map((p, v) => (kept.includes(v) ? p / left : 0));
  }

  it('lies between its bounds for every token that may be drawn, however few likely ones are listed', () => {
    always(
      [row, settings, fc.integer({ min: 0, max: 12 })],
      (logits, given, listed) => {
        const raw = logSoftmax(logits);
        const final = finalRow(raw, given);
        const top = [...raw].sort((a, b) => b - a).slice(0, listed);
        final.forEach((p, v) => {
          if (p === 0) return;
          const bounds = finalProbability(raw[v], given, top, raw.length);
          if (bounds === undefined) expect(listed).toBe(0);
          else expect(p > bounds[0] * (1 - 1e-9) && p < bounds[1] * (1 + 1e-9)).toBe(true);
        });
      },
      400,
    );
  });

  it('is exact where everything is listed, and unknown where the distribution is', () => {
    const raw = logSoftmax([1, 0, 3]);
    const [low, high] = finalProbability(raw[0], { temperature: 0.5 }, raw, 3)!;
    expect(low).toBeCloseTo(softmax([2, 0, 6])[0], 12);
    expect(high).toBeCloseTo(low, 12);
    expect(finalProbability(-1, { temperature: 0.5 })).toBeUndefined();
    expect(finalProbability(-1, {})).toBeUndefined();
    expect(finalProbability(-1, { temperature: 1, topK: 5 })).toBeUndefined();
    expect(finalProbability(-1, { temperature: 1, reshaped: true }, [-1, -2])).toBeUndefined();
  });
});

describe('texts score what their log says (false alarm 1e-4 each)', () => {
  const Z = 3.9;
  const texts = (mark: Mark, written: Mark | null, temperature: number) =>
    Array.from({ length: 60 }, (_, i) => seenOf(mark, write(written, 100 + i, { temperature }), temperature));
  const z = (seen: ReturnType<typeof texts>, end: 'least' | 'most') => {
    const total = (of: (one: (typeof seen)[number]) => number) => seen.reduce((sum, one) => sum + of(one), 0);
    const excess = total(({ score, n, expected }) => score - n * expected[end].mean);
    return excess / Math.sqrt(total(({ n, expected }) => n * expected[end].variance));
  };

  it.each([1, 0.6])(
    'Gumbel at temperature %d: mean at the bounds, which five logged tokens hold close',
    (temperature) => {
      const seen = texts(gumbel, gumbel, temperature);
      expect(seen.every(({ expected }) => expected.from === 'logprobs')).toBe(true);
      expect(z(seen, 'least')).toBeGreaterThan(-Z);
      expect(z(seen, 'most')).toBeLessThan(Z);
      expect(z(texts(gumbel, null, temperature), 'least')).toBeLessThan(-Z);
    },
  );

  it.each([1, 0.6])('a green list at temperature %d: between the bounds', (temperature) => {
    const seen = texts(greenlist, greenlist, temperature);
    expect(z(seen, 'least')).toBeGreaterThan(-Z);
    expect(z(seen, 'most')).toBeLessThan(Z);
    expect(z(texts(greenlist, null, temperature), 'least')).toBeLessThan(-Z);
  });

  it('what is logged after temperature and truncation needs no settings, and says nothing of a bias', () => {
    const text = write(gumbel, 7);
    const read = (mark: Mark) => expectationOf(text, [10, 11, 12], mark, oneBit(mark), 'final');
    expect(read(gumbel)).toMatchObject({ from: 'logprobs', least: { mean: read(gumbel).most.mean } });
    expect(read(greenlist).from).toBe('one-bit');
  });

  it('entropies and surprisals lower what is expected, and never raise it', () => {
    const log = (nats: number) => ({ tokens: [1, 2], entropies: [nats, nats] });
    const read = (mark: Mark, nats: number) => expectationOf(log(nats), [0, 1], mark, oneBit(mark), 'raw');
    expect(read(gumbel, Math.LN2 / 2)).toMatchObject({ from: 'entropies', least: { mean: expect.closeTo(1.25, 12) } });
    expect(read(gumbel, 2)).toEqual(oneBit(gumbel));
    const sure = { tokens: [1, 2], logprobs: [-0.01, -0.01], settings: { temperature: 1 } };
    expect(expectationOf(sure, [0, 1], tournament, oneBit(tournament), 'raw')).toMatchObject({ from: 'entropies' });
  });
});

describe('tails', () => {
  it('bound the cumulants of a marked Gumbel score: no more than v t^2 / 2 below, v t^2 / (2 (1 - t)) above', () => {
    // E[(1 - M^(1/x))^-t] is a beta integral.
    const cumulant = (x: number, t: number) => lnGamma(x + 1) + lnGamma(1 - t) - lnGamma(x + 1 - t);
    for (const x of [1, 1.3, 2, 7.5, 100, 1e6]) {
      const { mean, variance } = gumbelStrength(1 / x);
      for (const t of [0.01, 0.1, 0.5, 1, 3, 10, 50]) {
        expect(cumulant(x, -t) + t * mean).toBeLessThan((variance * t * t) / 2);
      }
      for (const t of [0.01, 0.1, 0.3, 0.5, 0.9, 0.99]) {
        expect(cumulant(x, t) - t * mean).toBeLessThan((variance * t * t) / (2 * (1 - t)));
      }
    }
  });

  it.each([
    ['Gumbel', gumbel],
    ['a green list', greenlist],
  ])('%s: marked texts fall below the least sum no oftener than beta says', (_, mark) => {
    const [texts, beta] = [400, 0.05];
    const seen = Array.from({ length: texts }, (_, i) => seenOf(mark, write(mark, 5000 + i, { tokens: 80 })));
    const below = seen.filter(({ score, n, expected }) => score < leastSum(mark.law, expected.least, n, beta)).length;
    expect(below).toBeLessThanOrEqual(binomialBand(texts, beta, 0.9998)[1]);
    // The same texts against a strength that they do not have.
    const stronger = ({ least }: { least: { mean: number; variance: number } }) => ({
      ...least,
      mean: least.mean * 1.4,
    });
    const control = seen.filter(({ score, n, expected }) => score < leastSum(mark.law, stronger(expected), n, beta));
    expect(control.length).toBeGreaterThan(binomialBand(texts, beta, 0.9998)[1]);
  });

  it('the least sum is where the chance to be missed reaches beta', () => {
    for (const mark of [gumbel, greenlist, tournament]) {
      const [n, beta] = [300, 1e-3];
      const least = leastSum(mark.law, mark.oneBit, n, beta);
      const step = mark === gumbel ? 1e-9 : 1;
      expect(lnMissed(mark.law, mark.oneBit, least - step, n)).toBeLessThanOrEqual(Math.log(beta) + 1e-9);
      expect(lnMissed(mark.law, mark.oneBit, least + step, n)).toBeGreaterThan(Math.log(beta) - 1e-9);
      expect(lnTail(mark.law, least, n)).toBeLessThan(0);
    }
  });

  it.each([
    ['Gumbel', gumbel],
    ['a green list', greenlist],
  ])('%s: the bounds on the share hold the evidence that is there, of texts marked in parts', (_, mark) => {
    const [texts, beta] = [180, 0.05];
    const missed = { low: 0, high: 0 };
    let told = 0;
    for (let i = 0; i < texts; i++) {
      const text = write(mark, 9000 + i, { unmarked: [0, 0.3, 0.8][i % 3] });
      const { score, n, details, expected } = seenOf(mark, text);
      const [low, high] = shareOf(mark.law, expected, score, n, beta);
      // The evidence of the steps that were marked, over that of all.
      const steps = Array.from(details.positions, (at) => {
        const response = { ...text, settings: { temperature: 1 } };
        const one = expectationOf(response, [at], mark, oneBit(mark), 'raw');
        return { isMarked: text.marked[at], excess: (end: 'least' | 'most') => one[end].mean - NULL_MEAN.get(mark)! };
      });
      const share = (end: 'least' | 'most') => {
        const of = (some: typeof steps) => some.reduce((sum, { excess }) => sum + excess(end), 0);
        return of(steps.filter(({ isMarked }) => isMarked)) / of(steps);
      };
      if (share('most') < low) missed.low++;
      if (share('least') > high) missed.high++;
      if (i % 3 === 2 && high < 0.9 && low < 0.5) told++;
    }
    expect(missed.low).toBeLessThanOrEqual(binomialBand(texts, beta, 0.9998)[1]);
    expect(missed.high).toBeLessThanOrEqual(binomialBand(texts, beta, 0.9998)[1]);
    // They are not so wide that they hold anything.
    expect(told).toBe(texts / 3);
  });
});

const NULL_MEAN = new Map<Mark, number>([
  [gumbel, 1],
  [greenlist, 0.25],
]);
