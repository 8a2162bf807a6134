/** TextSeal's marks against textseal 0.0.5's own code, and the null. */
import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import { detectTokens } from '@taggant/detector';
import { describe, expect, it } from 'vitest';
import { openEngineMark } from '../src/index.ts';
import { prf } from '../src/textseal/prf.ts';
import { close, drawnKey, drawnRow, expectNull, hookText, lcg, sumFrom, vectorsOf } from './prf-support.ts';
import { OURS, ourTextSealTexts } from './textseal-texts.ts';

interface Texts {
  watermark_type: keyof typeof NAMES;
  config: { ngram: number; depth?: number };
  text: number[];
  runs: Record<'none' | 'v1' | 'v2', { n: number; sum: number; p: number }>;
}
const vectors = vectorsOf<{
  secret_key: string;
  vocabSize: number;
  prompt: number[];
  levels: string;
  cases: Texts[];
  ours: Texts[];
  distributions: { watermark_type: keyof typeof NAMES; fields: { after_topp?: boolean }; rows: number[][] }[];
}>('textseal');
const NAMES = {
  gumbelmax: 'textseal/gumbel',
  greenlist: 'textseal/greenlist',
  synthid: 'textseal/synthid',
  'synthid-weighted': 'textseal/synthid',
} as const;
const { secret_key, vocabSize, prompt } = vectors;
const open = (mark: string, config: object) => openEngineMark({ mark, config: { secret_key, ...config } });

describe('the PRF of TextSeal', () => {
  it('gives the levels of textseal 0.0.5 for 10,000 keys, contexts and tokens', () => {
    const draw = lcg(1);
    const sha = createHash('sha256');
    for (let i = 0; i < 10_000; i++) {
      const key = drawnKey(draw) - 2n ** 63n;
      const context = Uint32Array.from({ length: 1 + (draw() % 10) }, () => draw() % 200_000);
      const { seed, level } = prf(key, context.length);
      seed(context, 0);
      sha.update(Uint32Array.of(level(draw() % 200_000)));
    }
    expect(sha.digest('hex')).toBe(vectors.levels);
  });
});

describe("TextSeal's detector", () => {
  for (const { watermark_type, config, text, runs } of [...vectors.cases, ...vectors.ours]) {
    const name = `${watermark_type} ${JSON.stringify(config)}`;
    it(`${name}: prints the same numbers here`, () => {
      for (const [scoring_method, { n, sum, p }] of Object.entries(runs)) {
        const mark = open(NAMES[watermark_type], { ...config, watermark_type, scoring_method });
        const { figures = {} } = mark.compat?.(Uint32Array.from(text), new Uint32Array(0)) ?? {};
        expect(figures.toks_scored).toBe(n);
        close((figures.score as number) * n, sum, 1e-6);
        // Theirs takes the normal tail as 1 less the other one, which leaves nothing of a small one.
        if (watermark_type !== 'synthid-weighted') close(Math.log(figures.p_value as number), Math.log(p), 1e-6);
      }
    });

    it(`${name}: its text is found here`, () => {
      const mark = open(NAMES[watermark_type], config);
      expect(detectTokens(text, mark, { prompt }).lnP).toBeLessThan(-50);
      expect(
        detectTokens(text, open(NAMES[watermark_type], { ...config, secret_key: 5 }), { prompt }).lnP,
      ).toBeGreaterThan(-10);
    });
  }

  it('finds the texts that are marked here', () => {
    const ours = ourTextSealTexts();
    expect(vectors.ours.length).toBe(OURS.length);
    vectors.ours.forEach(({ text, runs }, i) => {
      expect(ours[i].text).toEqual(text);
      expect(runs.v2.p).toBeLessThan(1e-20);
    });
  });
});

describe("TextSeal's generator", () => {
  it.each(vectors.cases.filter(({ watermark_type }) => watermark_type === 'gumbelmax'))(
    'chooses token by token as here: $config',
    ({ config, text }) => {
      const options = { prompt, vocabSize, temperature: 0.8, topP: 0.95, dedup: 'none' } as const;
      expect(hookText(open('textseal/gumbel', config), options)).toEqual(text);
    },
  );

  for (const { watermark_type, fields, rows } of vectors.distributions) {
    it(`makes the distributions that are made here: ${watermark_type} ${JSON.stringify(fields)}`, () => {
      const mark = open(NAMES[watermark_type], fields);
      const draw = lcg(11);
      rows.forEach((row, context) => {
        const logits = drawnRow(draw, vocabSize);
        mark.apply(Uint32Array.of(context), logits, fields.after_topp === false ? 1 : 0.8);
        const weights = Array.from(logits, (logit) => Math.exp(logit / 0.8));
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        const furthest = Math.max(...weights.map((weight, i) => Math.abs(weight / total - row[i])));
        expect(furthest).toBeLessThan(2e-6);
      });
    });
  }
});

describe('the marks of 0.2.0', () => {
  // The 240 tokens of which the specification's emulation gives the sums; a generator of its own.
  const made: number[] = [];
  for (let state = 1n; made.length < 200; ) {
    state = (state * 1103515245n + 12345n) % 2n ** 31n;
    made.push(Number(state % 5000n));
  }
  const text = [...made.slice(0, 120), ...made.slice(0, 40), ...made.slice(120)];

  it.each([
    [0.5, 1, 200, 193.8989373853434],
    [0.5, 2, 200, 198.1479257377107],
    [0.3, 1, 200, 189.16130895167828],
    [0.3, 2, 200, 199.4602856091185],
  ])('of two keys weigh their scores: mixing %f, context %i', (mixing_alpha, ngram, n, sum) => {
    const mark = openEngineMark({ mark: 'textseal/dual-key-gumbel-0.2', config: { mixing_alpha, ngram } });
    const ours = sumFrom(mark, text, ngram + 1);
    expect(ours.n).toBe(n);
    close(ours.sum, sum, 1e-9);
  });

  it('of two keys find what they mark, whichever key chose', () => {
    const mark = open('textseal/dual-key-gumbel-0.2', { ngram: 2 });
    const marked = hookText(mark, { prompt, vocabSize, dedup: 'none' });
    expect(detectTokens(marked, mark, { prompt }).lnP).toBeLessThan(-50);
  });

  it('of a tournament do not find those of 0.0.5', () => {
    const { config, text } = vectors.cases.find(({ watermark_type }) => watermark_type === 'synthid') as Texts;
    expect(detectTokens(text, open('textseal/synthid-0.2', config), { prompt }).lnP).toBeGreaterThan(-10);
  });
});

describe('text without the key', () => {
  it.each([
    ['textseal/gumbel', {}],
    ['textseal/gumbel', { ngram: 3 }],
    ['textseal/greenlist', { gamma: 0.25 }],
    ['textseal/dual-key-gumbel-0.2', {}],
    ['textseal/synthid', {}],
    ['textseal/synthid-0.2', {}],
  ])('is rejected as often as it says: %s %o', (mark, config) => {
    expectNull((key) => openEngineMark({ mark, config: { secret_key: BigInt.asIntN(64, key), ...config } }));
  });
});

describe('configurations', () => {
  it('are those of TextSeal, and no key is shown', () => {
    expect(() => open('textseal/gumbel', { ngram: 11 })).toThrow(/"config.ngram" expected an integer from 1 to 10/);
    expect(() => open('textseal/gumbel', { watermark_type: 'greenlist' })).toThrow(/"config.watermark_type"/);
    expect(() => open('textseal/synthid-0.2', { key_routing: true })).toThrow(/"config.key_routing"/);
    const keys = { secret_key: '8123456789012345678', secret_key_b: '7123456789012345678' };
    const mark = open('textseal/dual-key-gumbel-0.2', keys);
    expect(inspect(mark, { showHidden: true, depth: 9 }) + JSON.stringify(mark)).not.toMatch(/[78]123456789012345678/);
  });
});
