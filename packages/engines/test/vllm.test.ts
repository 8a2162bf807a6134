/** vLLM's marks against its published goldens, its own code's uniforms, and the null. */
import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import { allocateLogits, type Mark } from '@taggant/core';
import { detectTokens } from '@taggant/detector';
import { largestToken, MarkHook } from '@taggant/sampler';
import { lnGammaSumTail } from '@taggant/stats';
import { describe, expect, it } from 'vitest';
import { openEngineMark } from '../src/index.ts';
import { philoxWords, uniformOf } from '../src/vllm/prf.ts';
import { close, drawnKey, drawnRow, expectNull, lcg, passage, vectorsOf } from './prf-support.ts';

interface Golden {
  scheme: 'gumbel' | 'dual_key_gumbel' | 'sbw';
  key: string;
  detectionKey: string;
  contextWidth: number;
  alpha: number;
  detectionAlpha: number;
  dedup: 'none' | 'single_turn' | 'all';
  maxHistory: number | null;
  detectionDedup: boolean;
  threshold: number;
  fixture: {
    prompt: number[];
    num_tokens: number;
    vocabulary_size: number;
    logit_modulus: number;
    logit_denominator: number;
    dominant_token: number | null;
    dominant_bias: number;
  };
  generation: number[];
  detection: { score: number; p_value: number; num_scored_tokens: number; is_watermarked: boolean };
}
const goldens = vectorsOf<{ uniforms: string; candidates: Record<string, Golden> }>('vllm-goldens');
const candidates = Object.entries(goldens.candidates);
const NAMES = { gumbel: 'vllm/gumbel', dual_key_gumbel: 'vllm/dual-key-gumbel', sbw: 'vllm/sbw' } as const;
const MISSING = 0xffffffff;
const NO_PROMPT = new Uint32Array(0);

const generationMark = ({ scheme, key, contextWidth, alpha }: Golden, random: () => number) =>
  openEngineMark(
    { mark: NAMES[scheme], config: { key, context_width: contextWidth, ...alphaOf(scheme, alpha) } },
    { random },
  );

const detectionMark = (golden: Golden) =>
  openEngineMark({
    mark: NAMES[golden.scheme],
    config: {
      key: golden.detectionKey,
      context_width: golden.contextWidth,
      deduplicate_contexts: golden.detectionDedup,
      p_value_threshold: golden.threshold,
      ...alphaOf(golden.scheme, golden.detectionAlpha),
    },
  });

const alphaOf = (scheme: string, alpha: number) => (scheme === 'dual_key_gumbel' ? { alpha } : {});

function fixtureRow({ fixture }: Golden, position: number): Float32Array {
  return Float32Array.from({ length: fixture.vocabulary_size }, (_, token) => {
    const bias = token === fixture.dominant_token ? fixture.dominant_bias : 0;
    return (((37 * token + 17 * position) % fixture.logit_modulus) - 56 + bias) / fixture.logit_denominator;
  });
}

/** The goldens' ordinary draw of which key chooses: key B where the share of key A is at most the uniform. */
function routeBy(position: () => number): () => number {
  const golden = (Math.sqrt(5) - 1) / 2;
  return () => Math.round(((((position() % 64) + 1) * golden) % 1) * 1e4) / 1e4;
}

/** vLLM's rule of which steps stay unmarked, which looks further than our hook: at prompts, and only so far back. */
function isSkipped({ dedup, maxHistory, contextWidth, fixture }: Golden, generated: number[], context: number[]) {
  if (dedup === 'none') return false;
  if (dedup === 'all' && generated.length < contextWidth) return true;
  const history = [...(dedup === 'all' ? fixture.prompt : []), ...generated];
  const text = [...Array(contextWidth).fill(MISSING), ...history];
  for (let p = Math.max(0, history.length - (maxHistory ?? Infinity)); p < history.length; p++) {
    if (context.every((token, i) => text[p + i] === token)) return true;
  }
  return false;
}

describe("vLLM's goldens", () => {
  it('are 27 candidates', () => expect(candidates.length).toBe(27));

  for (const [name, golden] of candidates) {
    it(`${name}: its detector's numbers`, () => {
      const { figures } = detectionMark(golden).compat?.(Uint32Array.from(golden.generation), NO_PROMPT) ?? {};
      const { score, p_value, num_scored_tokens, is_watermarked } = golden.detection;
      expect(figures).toMatchObject({ num_scored_tokens, is_watermarked });
      close(figures?.score as number, score, 1e-14);
      close(figures?.p_value as number, p_value, 1e-9);
    });

    it(`${name}: its generation, step by step`, () => {
      const generated: number[] = [];
      const mark = generationMark(
        golden,
        routeBy(() => generated.length),
      );
      for (let position = 0; position < golden.fixture.num_tokens; position++) {
        const context = [...Array(golden.contextWidth).fill(MISSING), ...generated].slice(-golden.contextWidth);
        const row = fixtureRow(golden, position);
        if (!isSkipped(golden, generated, context)) mark.apply(Uint32Array.from(context), row);
        generated.push(largestToken(row));
      }
      expect(generated).toEqual(golden.generation);
    });

    if (golden.dedup === 'all' || golden.maxHistory === 8) continue;
    it(`${name}: its generation, through the hook`, () => {
      const dedup = golden.dedup === 'none' ? 'none' : 'single-turn';
      const generated: number[] = [];
      const mark = generationMark(
        golden,
        routeBy(() => generated.length),
      );
      const hook = new MarkHook(mark, { dedup, vocabSize: golden.fixture.vocabulary_size });
      const sequence = hook.start(golden.fixture.prompt);
      for (let position = 0; position < golden.fixture.num_tokens; position++) {
        const row = allocateLogits(golden.fixture.vocabulary_size);
        row.set(fixtureRow(golden, position));
        hook.processLogits(row, [sequence]);
        generated.push(largestToken(row));
        sequence.push(generated[position]);
      }
      expect(generated).toEqual(golden.generation);
    });

    if (golden.scheme !== 'gumbel' || !golden.detectionDedup) continue;
    it(`${name}: our own p-value is the same`, () => {
      const { lnP, n } = detectTokens(golden.generation, detectionMark(golden), { dedup: 'context' });
      expect(n).toBe(golden.detection.num_scored_tokens);
      close(Math.exp(lnP), golden.detection.p_value, 1e-9);
    });
  }

  it('of two keys have a p from which that of the matched gamma differs by less than a tenth of ln p', () => {
    for (const [, golden] of candidates.filter(([, { scheme }]) => scheme === 'dual_key_gumbel')) {
      const { detectionAlpha: alpha, generation, detection } = golden;
      const { lnP, n, score } = detectTokens(generation, detectionMark(golden), { dedup: 'context' });
      if (alpha === 0 || alpha === 0.5 || alpha === 1) close(lnP, Math.log(detection.p_value), 1e-9);
      else {
        expect(lnP).toBe(lnGammaSumTail(score, n, [1 - alpha, alpha]));
        expect(Math.abs(lnP / Math.log(detection.p_value) - 1)).toBeLessThan(0.1);
      }
    }
  });
});

describe("vLLM's PRF", () => {
  it('gives the uniforms of its own code for 10,000 keys, contexts and tokens', () => {
    const draw = lcg(1);
    const sha = createHash('sha256');
    for (let i = 0; i < 10_000; i++) {
      const key = drawnKey(draw);
      const width = 1 + (draw() % 8);
      const missing = draw() % width;
      const context = Uint32Array.from({ length: width }, (_, j) => (j < missing ? MISSING : draw() % 200_000));
      const words = philoxWords(key, width);
      words.seed(context, 0);
      sha.update(Float32Array.of(uniformOf(words.of(draw() % 200_000))));
    }
    expect(sha.digest('hex')).toBe(goldens.uniforms);
  });

  it('gives the words of its tests', () => {
    const words = philoxWords(42n, 4);
    const of = (context: number[]) => {
      words.seed(Uint32Array.from(context), 0);
      return [words.of(7), words.of(8)];
    };
    expect(of([1, 2, 3, 4])).toEqual([425429266, 2706218805]);
    expect(of([4, 5, 6, 7])).toEqual([2494036831, 3424185538]);
  });
});

describe('the drafts of vLLM', () => {
  const drafts = vectorsOf<{
    sbw: Record<'selfhash' | 'lefthash', string>;
    text: number[];
    synthid: {
      n: number;
      score: number;
      p: number;
      logits: number[];
      depth: number;
      context: number[];
      probabilities: number[];
    };
    redGreen: { n: number; score: number; p: number; context: number[]; lists: { gamma: number; green: number[] }[] };
  }>('vllm-drafts');

  it.each(['selfhash', 'lefthash'] as const)('sbw %s: 10,000 green flags', (sbw_scheme) => {
    const draw = lcg(1);
    const sha = createHash('sha256');
    for (let i = 0; i < 10_000; i++) {
      const key = BigInt.asUintN(63, drawnKey(draw)).toString();
      const width = 1 + (draw() % 8);
      const missing = draw() % width;
      const contexts = Uint32Array.from({ length: width }, (_, j) => (j < missing ? MISSING : draw() % 200_000));
      const config = { key, sbw_scheme, sbw_gamma: (1 + (i % 9)) / 10, context_width: width };
      const score = new Float64Array(1);
      const [tokens, positions] = [Uint32Array.of(draw() % 200_000), Uint32Array.of(0)];
      const counts = { positionsSeen: 1, repeated: 0, withoutContext: 0 };
      const pairs = { n: 1, contextWidth: width, contexts, tokens, positions, ...counts };
      openEngineMark({ mark: 'vllm/sbw', config }).score(pairs, score);
      sha.update(Uint8Array.from(score));
    }
    expect(sha.digest('hex')).toBe(drafts.sbw[sbw_scheme]);
  });

  it('synthid and red-green: what their detectors print', () => {
    for (const [name, { n, score, p }] of [
      ['vllm/synthid', drafts.synthid],
      ['vllm/red-green', drafts.redGreen],
    ] as const) {
      const mark = openEngineMark({ mark: name, config: { key: 77 } });
      const { figures = {} } = mark.compat?.(Uint32Array.from(drafts.text), NO_PROMPT) ?? {};
      expect(figures.num_scored_tokens).toBe(n);
      close(figures.score as number, score, 1e-12);
      close(figures.p_value as number, p, 1e-9);
    }
  });

  it('synthid: the distribution after a tournament', () => {
    const { logits, depth, context, probabilities } = drafts.synthid;
    const row = Float32Array.from(logits);
    openEngineMark({ mark: 'vllm/synthid', config: { key: 77, depth } }).apply(Uint32Array.from(context), row);
    row.forEach((lnP, token) => {
      expect(Math.abs(Math.exp(lnP) - probabilities[token])).toBeLessThan(1e-6);
    });
  });

  it('red-green: the tokens that are biased', () => {
    const { context, lists } = drafts.redGreen;
    for (const { gamma, green } of lists) {
      const row = new Float32Array(200);
      const mark = openEngineMark({ mark: 'vllm/red-green', config: { key: 77, gamma, delta: 3 } });
      mark.apply(Uint32Array.from(context), row, 0.5);
      expect(row.every((logit, token) => logit === (green.includes(token) ? 1.5 : 0))).toBe(true);
    }
  });

  it("sbw lefthash: the pull request's detector does not find its generator's text; ours does", () => {
    const mark = openEngineMark({ mark: 'vllm/sbw', config: { key: 42, sbw_scheme: 'lefthash', sbw_delta: 4 } });
    const text = markedText(mark);
    expect(detectTokens(text, mark).lnP).toBeLessThan(-20);
    expect(mark.compat?.(Uint32Array.from(text), NO_PROMPT).figures.p_value).toBeGreaterThan(0.001);
  });
});

const ALL = [
  ['vllm/gumbel', {}],
  ['vllm/dual-key-gumbel', {}],
  ['vllm/sbw', {}],
  ['vllm/sbw', { sbw_scheme: 'lefthash', sbw_gamma: 0.25 }],
  ['vllm/synthid', {}],
  ['vllm/red-green', {}],
] as const;

describe.each(ALL)('%s %o', (mark, fields) => {
  const markOf = (key: bigint | number): Mark =>
    openEngineMark({ mark, config: { key: BigInt.asUintN(63, BigInt(key)).toString(), ...fields } });

  it('rejects text without the key as often as it says', () => {
    expectNull(markOf);
  });

  it('finds what it marked, and no other key does', () => {
    const marked = markedText(markOf(42));
    expect(detectTokens(marked, markOf(42)).lnP).toBeLessThan(-20);
    expect(detectTokens(marked, markOf(43)).lnP).toBeGreaterThan(-10);
  });

  it('refuses a row with NaN and leaves it as it was', () => {
    const row = Float32Array.of(1, Number.NaN, 2);
    expect(() => markOf(42).apply(new Uint32Array(4), row)).toThrow(RangeError);
    expect([...row]).toEqual([1, Number.NaN, 2]);
  });

  it('shows its key nowhere', () => {
    const secret = 8123456789012345678n;
    const opened = markOf(secret);
    const shown = inspect(opened, { showHidden: true, depth: 9 }) + JSON.stringify(opened);
    expect(shown).not.toContain(String(secret));
    expect(shown).not.toContain(secret.toString(16));
    const broken = { mark, config: { key: String(secret), context_width: 0, ...fields } };
    expect(() => openEngineMark(broken)).toThrow(/context_width/);
    expect(() => openEngineMark({ mark, config: { key: `${secret}00000`, ...fields } })).toThrow(
      /^(?!.*8123456789012345678)/,
    );
  });
});

/** 150 tokens of 200, drawn from the marked rows. */
function markedText(mark: Mark): number[] {
  const draw = lcg(5);
  const hook = new MarkHook(mark, { vocabSize: 200 });
  const sequence = hook.start([1, 2, 3, 4]);
  return Array.from({ length: 150 }, () => {
    const row = drawnRow(draw, 200).map((x) => x / 2);
    hook.processLogits(row, [sequence]);
    const weights = row.map((x) => Math.exp(x));
    let rest = (draw() / 2 ** 23) * weights.reduce((sum, x) => sum + x, 0);
    const token = weights.findIndex((weight) => (rest -= weight) < 0);
    sequence.push(token);
    return token;
  });
}

describe('configurations', () => {
  it('are those of vLLM', () => {
    const open = (mark: string, config: object) => () => openEngineMark({ mark, config });
    expect(open('vllm/gumbel', {})).toThrow(/"config.key" expected a value/);
    expect(open('vllm/gumbel', { key: 2 ** 60 })).toThrow(/string of digits/);
    expect(open('vllm/gumbel', { key: 1, algorithm: 'sbw' })).toThrow(/"config.algorithm"/);
    expect(open('vllm/gumbel', { key: 1, contextwidth: 4 })).toThrow(/unknown field "contextwidth"/);
    expect(open('vllm/dual-key-gumbel', { key: 1, alpha: 2 })).toThrow(/"config.alpha"/);
    expect(open('vllm/sbw', { key: (2n ** 63n).toString() })).toThrow(/"config.key"/);
    const { descriptor } = openEngineMark({ mark: 'vllm/gumbel', config: { key: 1, deduplicate_contexts: 'all' } });
    expect(descriptor.config).toEqual({ deduplicate_contexts: 'all' });
  });

  it('of a key that hardly ever chooses leave it out of the score', () => {
    const { law } = openEngineMark({ mark: 'vllm/dual-key-gumbel', config: { key: 1, alpha: 0.001 } });
    expect(law).toEqual({ law: 'gamma', shape: 1 });
  });

  it('of sbw with seeds that no key changes leave nothing to score', () => {
    expect(detectTokens(passage(1), openEngineMark({ mark: 'vllm/sbw', config: { key: 0 } })).n).toBe(0);
    const lefthash = openEngineMark({ mark: 'vllm/sbw', config: { key: 5, sbw_scheme: 'lefthash' } });
    expect(detectTokens([9, 0, 7, 7, 0, 8], lefthash).positions.repeated).toBeGreaterThan(0);
  });
});
