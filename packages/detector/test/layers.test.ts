/** The family-wise p-value of a stack under the null: fixed seed, false-alarm rate of the test 1e-6. */
import { type Mark, openMark, Secret } from '@taggant/core';
import { binomialBand } from '@taggant/stats';
import { describe, expect, it } from 'vitest';
import { secretOf, uniforms } from '../../core/test/support.ts';
import { detectLayers } from '../src/layers.ts';

describe('detectLayers', () => {
  const random = uniforms(20261121);
  const tokens = Array.from({ length: 300 }, () => Math.floor(random() * 1000));
  const LEVEL = 0.05;
  const runs = Array.from({ length: 2000 }, () => {
    const secret = Secret.fromBytes(Uint8Array.from({ length: 32 }, () => random() * 256));
    const marks = [0, 1, 2].map((cohort) => openMark({ scheme: 'gumbel', cohort }, secret));
    return detectLayers(tokens, marks, { alpha: LEVEL });
  });
  const [, most] = binomialBand(runs.length, LEVEL, 1 - 2e-6);

  it('alarms on unmarked text at most as often as it says', () => {
    const alarms = runs.filter(({ verdict }) => verdict === 'marked').length;
    expect(alarms).toBeLessThanOrEqual(most);
    expect(alarms).toBe(runs.filter(({ lnP }) => lnP <= Math.log(LEVEL)).length);
  });

  it('would alarm too often without the correction (control)', () => {
    const alarms = runs.filter(({ layers }) => layers?.some(({ lnP }) => lnP <= Math.log(LEVEL))).length;
    expect(alarms).toBeGreaterThan(most);
  });

  it('finds a mark in any layer (control)', () => {
    const marks = [0, 1, 2].map((cohort) => openMark({ scheme: 'gumbel', cohort }, secretOf(3)));
    for (const mark of marks) {
      const detection = detectLayers(write(mark, 100), marks, { alpha: 1e-6 });
      expect(detection).toMatchObject({ verdict: 'marked', mark: { cohort: mark.descriptor.cohort } });
      expect(detection.layers?.filter(({ verdict }) => verdict === 'marked')).toHaveLength(1);
    }
  });
});

describe('layers of one key', () => {
  const marksOf = (contextWidth: number) =>
    [0, 1].map((cohort) => openMark({ scheme: 'greenlist', contextWidth, cohort }, secretOf(3)));

  it('count each context once unless told otherwise; layers of several keys count pairs', () => {
    const ids = write(marksOf(1)[1], 60);
    expect(detectLayers(ids, marksOf(1)).layers?.map(({ dedup }) => dedup)).toEqual(['context', 'context']);
    expect(detectLayers(ids, marksOf(1), { dedup: 'pair' }).dedup).toBe('pair');
    const others = [3, 4].map((seed) => openMark({ scheme: 'greenlist' }, secretOf(seed)));
    expect(detectLayers(ids, others).dedup).toBe('pair');
  });

  it('need a context to be told apart', () => {
    expect(() => detectLayers([1, 2, 3], marksOf(0))).toThrow('"mark" expected contextWidth of at least 1');
  });

  it('have a rank among decoys each, the whole has none', () => {
    const detection = detectLayers(write(marksOf(2)[1], 60), marksOf(2), { decoys: 15 });
    expect(detection.layers?.map(({ decoys }) => decoys?.count)).toEqual([16, 16]);
    expect(detection).not.toHaveProperty('decoys');
  });
});

/** What the mark makes of a model that knows nothing: a thousand equally likely tokens. */
function write(mark: Mark, length: number): number[] {
  const tokens = [1, 2, 3, 4];
  while (tokens.length < length) {
    const row = new Float32Array(1000);
    mark.apply(Uint32Array.from(tokens), row);
    tokens.push(row.indexOf(0));
  }
  return tokens;
}
