/** p-values against enumeration of everything that the null law can do. */
import { type Mark, type NullLaw, openMark } from '@taggant/core';
import { cumulantOf, detectTokens, lnTail, nullMoments, tiltsOf, zScore } from '@taggant/detector';
import { describe, expect, it } from 'vitest';
import { secretOf } from '../../core/test/support.ts';

/** P[sum >= s] for s = 0 .. n, by running through all 2^n patterns of successes. */
function enumerated(n: number, p: number): number[] {
  const tail = Array(n + 2).fill(0);
  for (let pattern = 0; pattern < 2 ** n; pattern++) {
    const ones = [...pattern.toString(2)].filter((bit) => bit === '1').length;
    for (let s = 0; s <= ones; s++) tail[s] += p ** ones * (1 - p) ** (n - ones);
  }
  return tail;
}

/** P[Gamma(n) >= x] = e^-x (1 + x + x^2/2! + ... + x^(n-1)/(n-1)!). */
function erlangTail(x: number, n: number): number {
  let [term, sum] = [1, 0];
  for (let i = 0; i < n; i++) {
    sum += term;
    term *= x / (i + 1);
  }
  return Math.exp(-x) * sum;
}

const near = (ln: number, p: number) => expect(Math.abs(Math.exp(ln) / p - 1)).toBeLessThan(1e-11);

describe('lnTail', () => {
  it.each([1 / 256, 77 / 256, 1 / 4, 1 / 2, 255 / 256])(
    'of a green list of gamma %s is the sum over all patterns',
    (p) => {
      for (let n = 1; n <= 12; n++) {
        const tail = enumerated(n, p);
        for (let s = 0; s <= n; s++) near(lnTail({ law: 'binomial', trials: 1, p }, s, n), tail[s]);
        expect(lnTail({ law: 'binomial', trials: 1, p }, n + 1, n)).toBe(-Infinity);
      }
    },
  );

  it('of a tournament counts the bits of all layers', () => {
    const tail = enumerated(12, 0.5);
    for (let s = 0; s <= 12; s++) near(lnTail({ law: 'binomial', trials: 4, p: 0.5 }, s, 3), tail[s]);
  });

  it('of Gumbel scores is the closed form', () => {
    for (const n of [1, 2, 5, 30])
      for (const x of [0.01, 1, 7, 40]) near(lnTail({ law: 'gamma', shape: 1 }, x, n), erlangTail(x, n));
    near(lnTail({ law: 'gamma', shape: 3 }, 7, 2), erlangTail(7, 6));
  });

  it('of nothing is certain', () => {
    expect([lnTail({ law: 'gamma', shape: 1 }, 0, 0), zScore({ law: 'gamma', shape: 1 }, 0, 0)]).toEqual([0, 0]);
  });

  it('refuses sums that the law cannot give', () => {
    expect(() => lnTail({ law: 'binomial', trials: 1, p: 0.5 }, 2.5, 9)).toThrow(RangeError);
    expect(() => lnTail({ law: 'binomial', trials: 1, p: 0.5 }, Number.NaN, 9)).toThrow(RangeError);
    expect(() => lnTail({ law: 'gamma', shape: 1 }, -1, 9)).toThrow(RangeError);
    expect(() => lnTail({ law: 'gamma', shape: 1 }, Number.NaN, 9)).toThrow(RangeError);
  });
});

describe('zScore', () => {
  const laws: [NullLaw, number, number][] = [
    [{ law: 'binomial', trials: 1, p: 0.25 }, 0.25, 0.1875],
    [{ law: 'binomial', trials: 30, p: 0.5 }, 15, 7.5],
    [{ law: 'gamma', shape: 1 }, 1, 1],
    [{ law: 'gamma', shape: 2 }, 2, 2],
  ];
  it.each(laws)('%j: (sum - n mean) / sqrt(n variance)', (law, mean, variance) => {
    expect(nullMoments(law)).toEqual({ mean, variance });
    expect(zScore(law, 100, 64)).toBeCloseTo((100 - 64 * mean) / (8 * Math.sqrt(variance)), 12);
  });
});

describe('over all keys', () => {
  /** How often each p comes up over many keys for one short text, and what the law says of it. */
  function worstExcess(open: (key: number) => Mark): number {
    const text = [3, 1, 4, 1, 5, 9, 2, 6];
    const keys = 4000;
    const ps = Array.from({ length: keys }, (_, key) => detectTokens(text, open(key)).p).sort((a, b) => a - b);
    // Dvoretzky, Kiefer, Wolfowitz: the excess of the empirical distribution over p is above this once in 10^5.
    return Math.max(...ps.map((p, i) => (i + 1) / keys - p)) / Math.sqrt(Math.log(1e5) / (2 * keys));
  }

  it.each([
    { scheme: 'greenlist', gamma: '1/4', contextWidth: 1 },
    { scheme: 'greenlist', gamma: '77/256', contextWidth: 2, cohort: 5 },
    { scheme: 'gumbel', contextWidth: 1 },
    { scheme: 'tournament', contextWidth: 1, layers: 3 },
  ] as const)('P[p <= x] <= x for a text of eight tokens: $scheme $gamma', (input) => {
    expect(worstExcess((key) => openMark(input, secretOf(key)))).toBeLessThan(1);
  });

  it('control: one key for every other test is caught', () => {
    expect(
      worstExcess((key) => openMark({ scheme: 'gumbel', contextWidth: 1 }, secretOf(key % 2 ? key : 7))),
    ).toBeGreaterThan(1);
  });
});

describe('cumulantOf and tiltsOf', () => {
  const laws: NullLaw[] = [
    { law: 'binomial', trials: 1, p: 0.25 },
    { law: 'binomial', trials: 1, p: 255 / 256 },
    { law: 'binomial', trials: 30, p: 0.5 },
    { law: 'gamma', shape: 1 },
    { law: 'gamma-sum', scales: [0.9, 0.1] },
  ];

  /** E[exp(t X)] by summing or integrating over the law. */
  function moment(law: NullLaw, t: number): number {
    if (law.law === 'binomial') {
      const { trials, p } = law;
      let [chance, sum] = [(1 - p) ** trials, 0];
      for (let k = 0; k <= trials; k++) {
        sum += chance * Math.exp(t * k);
        chance *= (((trials - k) / (k + 1)) * p) / (1 - p);
      }
      return sum;
    }
    const scales = law.law === 'gamma' ? [1] : law.scales;
    // Of one exponential of scale s, by the trapezoid rule over x = e^y.
    return scales.reduce((product, s) => {
      let sum = 0;
      for (let y = -40; y < 8; y += 1 / 256) sum += Math.exp(y + (t * s - 1) * Math.exp(y)) / 256;
      return product * sum;
    }, 1);
  }

  it.each(laws)('K is ln E[exp(lambda X)] at every tilt of %j', (law) => {
    for (const lambda of tiltsOf(law)) {
      expect(cumulantOf(law)(lambda) / Math.log(moment(law, lambda)), `lambda ${lambda}`).toBeCloseTo(1, 5);
    }
  });

  it('K does not overflow, and is infinite where there is none', () => {
    expect(cumulantOf({ law: 'binomial', trials: 2, p: 0.25 })(1000)).toBeCloseTo(2 * (1000 + Math.log(0.25)), 9);
    expect(cumulantOf({ law: 'binomial', trials: 1, p: 0.25 })(1e-12)).toBeCloseTo(0.25e-12, 24);
    expect(cumulantOf({ law: 'gamma', shape: 1 })(1)).toBe(Infinity);
    expect(cumulantOf({ law: 'gamma-sum', scales: [0.9, 0.1] })(1 / 0.9)).toBe(Infinity);
  });

  it.each(laws)('the tilts of %j rise by sqrt(2) at most and stay where K is finite, at every weight', (law) => {
    for (const weight of [1, 3, 255]) {
      const tilts = tiltsOf(law, weight);
      expect(tilts.length).toBeLessThanOrEqual(45);
      tilts.forEach((lambda, i) => {
        expect(Number.isFinite(cumulantOf(law)(lambda * weight))).toBe(true);
        if (i > 0) expect(lambda / tilts[i - 1]).toBeLessThan(1.4143);
      });
    }
  });

  it.each([
    [
      { law: 'binomial', trials: 1, p: 0.25 },
      [0.251, 0.26, 0.4, 0.9, 0.999],
      (p: number, q: number) => q * Math.log(q / p) + (1 - q) * Math.log((1 - q) / (1 - p)),
    ],
    [{ law: 'gamma', shape: 1 }, [1.002, 1.05, 1.5, 4, 12], (_: number, mean: number) => mean - 1 - Math.log(mean)],
  ] as const)(
    'of %j: the best tilt grows at 95 %% of the best possible rate for traces and full marks alike',
    (law, means, rate) => {
      for (const mean of means) {
        const K = cumulantOf(law);
        const best = Math.max(...tiltsOf(law).map((lambda) => lambda * mean - K(lambda)));
        expect(best / rate(0.25, mean), `mean ${mean}`).toBeGreaterThan(0.95);
      }
    },
  );

  it('refuses weights below 1', () => {
    expect(() => tiltsOf({ law: 'gamma', shape: 1 }, 0.5)).toThrow(
      '"largestWeight" expected a finite number of at least 1',
    );
  });
});
