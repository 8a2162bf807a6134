/** Scans over keys and settings. Seeds are fixed; the false-alarm rate of each statistical test is stated beside it. */
import { deriveKey, type Mark, nativeVariants, openMark } from '@taggant/core';
import { type Hypothesis, openScan, scan, scanOf } from '@taggant/detector';
import { binomialBand } from '@taggant/stats';
import { describe, expect, it } from 'vitest';
import { secretOf, uniforms } from '../../core/test/support.ts';

const text = (length: number, seed: number, vocabulary = 1000) => {
  const next = uniforms(seed);
  return Array.from({ length }, () => Math.floor(next() * vocabulary));
};

function write(mark: Mark, length: number): number[] {
  const next = uniforms(5);
  const tokens = [1, 2, 3, 4];
  while (tokens.length < length) {
    const row = Float32Array.from({ length: 1000 }, () => 3 * next());
    mark.apply(Uint32Array.from(tokens), row);
    tokens.push(row.indexOf(Math.max(...row)));
  }
  return tokens;
}

const keys = Array.from({ length: 100 }, (_, i) => deriveKey(secretOf(i), 'greenlist'));
const set = openMark({ scheme: 'greenlist', gamma: '1/2', contextWidth: 1 }, keys[0]).descriptor;
const { kid: _, ...setting } = set;
const hypotheses: Hypothesis<string>[] = keys.flatMap((key, i) =>
  nativeVariants(setting).map((variant) => ({
    of: `${i}: ${'gamma' in variant ? variant.gamma : ''} ${variant.contextWidth}`,
    open: () => openMark(variant, key),
  })),
);

describe('scan', () => {
  it('names the key, and the setting that was not the one written down', () => {
    const ids = write(openMark({ ...setting, gamma: '1/8', contextWidth: 3 }, keys[77]), 300);
    const found = scan([{ name: 'ids', tokens: ids }], hypotheses);
    expect(found).toMatchObject({
      verdict: 'found',
      tests: hypotheses.length,
      findings: [{ of: '77: 1/8 3' }, {}, {}, {}, {}],
    });
    expect(found.findings[1].lnP).toBeGreaterThan(found.findings[0].lnP);
    expect(found.screened).toBeLessThan(hypotheses.length / 4);
  });

  it('is the same in parts, however the hypotheses are dealt out', () => {
    const ids = write(openMark({ ...setting, gamma: '1/8', contextWidth: 3 }, keys[77]), 300);
    const readings = [{ name: 'ids', tokens: ids }];
    const whole = scan(readings, hypotheses, { top: 9 });
    for (const size of [1, 7, 500]) {
      const test = openScan<string>(readings, { top: 9 });
      const parts = [];
      for (let from = 0; from < hypotheses.length; from += size) parts.push(test(hypotheses.slice(from, from + size)));
      expect(scanOf(parts, { top: 9 })).toEqual(whole);
    }
  });

  it('gives the p that an unscreened scan gives', () => {
    const ids = write(openMark(setting, keys[3]), 300);
    const screened = scan([{ name: 'ids', tokens: ids }], hypotheses);
    const all = scan([{ name: 'ids', tokens: ids }], hypotheses, { screenPairs: 0 });
    expect(screened.findings[0]).toEqual(all.findings[0]);
    expect(all.screened).toBe(all.tests);
    expect(all.findings[0].lnP).toBe(screened.lnP);
  });

  it('alarms on unmarked text at most as often as alpha says; uncorrected it would (rate 1e-6)', () => {
    const ids = text(150, 7);
    const runs = Array.from({ length: 400 }, (_, run) => {
      const some = Array.from({ length: 20 }, (_, i) => ({
        of: i,
        open: () => openMark({ scheme: 'greenlist', gamma: '1/2' }, secretOf(1000 + 20 * run + i)),
      }));
      return scan([{ name: 'ids', tokens: ids }], some, { alpha: 0.05 });
    });
    const [, most] = binomialBand(runs.length, 0.05, 1 - 2e-6);
    expect(runs.filter(({ verdict }) => verdict === 'found').length).toBeLessThanOrEqual(most);
    expect(runs.filter(({ lnP }) => lnP - Math.log(20) <= Math.log(0.05)).length).toBeGreaterThan(most);
  });

  it('counts every reading of the text as a test, and says which one fits', () => {
    const ids = write(openMark(setting, keys[3]), 200);
    const readings = [
      { name: 'one', tokens: text(200, 3) },
      { name: 'other', tokens: ids.slice(4), prompt: ids.slice(0, 4) },
    ];
    const found = scan(readings, hypotheses);
    expect(found).toMatchObject({
      tests: 2 * hypotheses.length,
      findings: [{ of: '3: 1/2 1', reading: 'other', n: expect.any(Number) }, {}, {}, {}, {}],
    });
  });

  it('counts a hypothesis that cannot be opened, and goes on', () => {
    const ids = write(openMark(setting, keys[3]), 200);
    const some = [
      { of: 'none', open: () => undefined },
      { of: 'it', open: () => openMark(setting, keys[3]) },
    ];
    expect(scan([{ name: 'ids', tokens: ids }], some)).toMatchObject({
      tests: 2,
      outside: 1,
      findings: [{ of: 'it' }],
    });
  });

  it('does not fit where the text holds ids that the mark cannot have written', () => {
    const small = openMark({ ...setting, tokenizer: { name: 'small', vocabSize: 500 } }, keys[0]);
    const found = scan([{ name: 'ids', tokens: text(100, 1) }], [{ of: 0, open: () => small }]);
    expect(found).toMatchObject({ verdict: 'nothing-found', lnP: 0, tests: 1, screened: 0, findings: [] });
  });

  it('refuses to test nothing, and nonsense', () => {
    expect(() => scan([], hypotheses)).toThrow('"readings" expected at least one');
    expect(() => scan([{ name: 'ids', tokens: [1, 2, 3] }], [])).toThrow('"hypotheses" expected at least one');
    expect(() => scan([{ name: 'ids', tokens: [1] }], hypotheses, { alpha: 0 })).toThrow('"alpha" expected');
    expect(() => scan([{ name: 'ids', tokens: [1] }], hypotheses, { top: 0 })).toThrow('"top" expected');
  });
});
