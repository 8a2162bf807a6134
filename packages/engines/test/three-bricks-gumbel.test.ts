/** The Gumbel mark of Three Bricks against its repository's code, and the null. */
import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import { detectTokens } from '@taggant/detector';
import { describe, expect, it } from 'vitest';
import { openEngineMark } from '../src/index.ts';
import { close, expectNull, hookText, lcg, vectorsOf } from './prf-support.ts';

interface Run {
  scoring_method: string;
  payload_max: number;
  method_detect: string;
  n: number;
  scores: number[];
  p: number[];
}
const vectors = vectorsOf<{
  vocabSize: number;
  seed: number;
  ngram: number;
  prompt: number[];
  draws: string;
  cases: { payload: number; text: number[]; runs: Run[] }[];
  wrongKey: { n: number; scores: number[]; p: number[] };
}>('three-bricks-gumbel');
const { vocabSize, seed, ngram, prompt } = vectors;
const open = (config: object, size = vocabSize) =>
  openEngineMark({ mark: 'three-bricks/gumbel', config: { seed, ngram, ...config }, vocabSize: size });

describe('the Gumbel mark of Three Bricks', () => {
  it('draws the uniforms of torch for 10,000 keys, contexts and tokens', () => {
    const draw = lcg(1);
    const sha = createHash('sha256');
    for (let i = 0; i < 10_000; i++) {
      const key = (BigInt(draw()) << 30n) ^ BigInt(draw());
      const context = Uint32Array.from({ length: 1 + (draw() % 6) }, () => draw() % 32_000);
      const mark = open({ seed: key, ngram: context.length }, 32_000);
      const score = new Float64Array(1);
      const [tokens, positions] = [Uint32Array.of(draw() % 32_000), Uint32Array.of(0)];
      const counts = { positionsSeen: 1, repeated: 0, withoutContext: 0 };
      mark.score({ n: 1, contextWidth: context.length, contexts: context, tokens, positions, ...counts }, score);
      sha.update(Uint32Array.of(Math.round(-Math.expm1(-score[0]) * 2 ** 24)));
    }
    expect(sha.digest('hex')).toBe(vectors.draws);
  });

  for (const { payload, text, runs } of vectors.cases) {
    it(`marks token by token as theirs does with payload ${payload}, and finds theirs`, () => {
      expect(hookText(open({ payload }), { prompt, vocabSize, dedup: 'none' })).toEqual(text);
      expect(detectTokens(text, open({ payload }), { prompt }).lnP).toBeLessThan(-50);
      expect(detectTokens(text, open({ payload: payload + 1 }), { prompt }).lnP).toBeGreaterThan(-10);
    });

    it(`prints the numbers of their detectors, payload ${payload}`, () => {
      for (const { n, scores, p, ...config } of runs) {
        const { figures } = open(config).compat?.(Uint32Array.from(text), new Uint32Array(0)) ?? {};
        const best = p.indexOf(Math.min(...p));
        const tests = p.length;
        const corrected = p[best] > Math.min(1 / tests, 1e-5) ? 1 - (1 - p[best]) ** tests : tests * p[best];
        expect(figures).toMatchObject({ num_token: n, payload: best });
        if (tests > 1) expect(best).toBe(payload);
        close(figures?.score as number, scores[best], 1e-6);
        close(Math.log(figures?.pvalue as number), Math.log(Math.max(1e-200, corrected)), 1e-5);
      }
    });
  }

  it('sees nothing under a wrong key, as theirs does', () => {
    const mark = open({ seed: 7, scoring_method: 'v2' });
    const { figures } = mark.compat?.(Uint32Array.from(vectors.cases[0].text), new Uint32Array(0)) ?? {};
    close(figures?.pvalue as number, vectors.wrongKey.p[0], 1e-4);
  });

  it('rejects text without the key as often as it says', () => {
    expectNull((key) => open({ seed: key, ngram: 2 }, 2000), { tests: 2000, vocabSize: 2000 });
  });

  it('refuses what is not its own, and shows its key nowhere', () => {
    expect(() => openEngineMark({ mark: 'three-bricks/gumbel', config: { seed } })).toThrow(/vocabSize/);
    expect(() => open({ method: 'maryland' })).toThrow(/"config.method"/);
    expect(() => open({ seeding: 'min' })).toThrow(/"config.seeding"/);
    expect(() => open({ payload: vocabSize })).toThrow(/"config.payload"/);
    const mark = open({ seed: 8123456789012345678n });
    expect(inspect(mark, { showHidden: true, depth: 9 }) + JSON.stringify(mark)).not.toContain('8123456789012345678');
  });
});
