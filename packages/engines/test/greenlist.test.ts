/** Green lists of seeded permutations: bit for bit as the peers draw them, found by the peers and finding theirs. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { distinctPairs, type Mark, type Pairs } from '@taggant/core';
import { MersenneTwister, permutationHead } from '@taggant/kernels';
import { MarkHook } from '@taggant/sampler';
import { binomialBand, lnBinomialTail } from '@taggant/stats';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CUDA_THREADS, type EngineMarkFile, hasPublicKey, openEngineMark } from '../src/index.ts';

interface Text {
  readonly tokens: number[];
  readonly figures?: Record<string, number | boolean>;
}
interface Case extends EngineMarkFile {
  readonly here: Text;
  readonly there: Text;
}
interface Many {
  readonly seeding_scheme: 'lefthash' | 'selfhash';
  readonly context_width: number;
  readonly hashing_key: string;
  readonly vocab: number;
  readonly greenlist_ratio: number;
  readonly count: number;
  readonly sha256: string;
}

const vectors: { readonly many: Many[]; readonly cases: Case[] } = JSON.parse(
  readFileSync(new URL('vectors/greenlist.json', import.meta.url), 'utf8'),
);
const nameOf = ({ mark, config }: EngineMarkFile) => `${mark} ${JSON.stringify(config)}`;
const open = ({ mark, config, vocabSize }: EngineMarkFile) => openEngineMark({ mark, config, vocabSize });

function pairsOf(mark: Mark, tokens: ArrayLike<number>): Pairs {
  const padding = mark.start?.scores ? mark.start.padding : undefined;
  const pairs = distinctPairs(tokens, { contextWidth: mark.contextWidth, padding });
  return mark.distinct?.(pairs) ?? pairs;
}

function lnPOf(mark: Mark, tokens: ArrayLike<number>): number {
  const pairs = pairsOf(mark, tokens);
  const scores = new Float64Array(pairs.n);
  mark.score(pairs, scores);
  const { p } = mark.law as { p: number };
  return lnBinomialTail(
    scores.reduce((sum, score) => sum + score, 0),
    pairs.n,
    p,
  );
}

/** The ids that `contexts` of greenlist.py draws. */
function contexts(count: number, vocab: number, width: number): Uint32Array {
  let x = 12345n;
  return Uint32Array.from({ length: count * width }, () => {
    x = (x * 1103515245n + 12345n) % 2n ** 31n;
    return Number(x >> 7n) % vocab;
  });
}

describe('a permutation of torch', () => {
  const naive = (seed: number, n: number) => {
    const generator = new MersenneTwister();
    generator.seed(seed);
    const elements = Array.from({ length: n }, (_, i) => i);
    for (let i = 0; i < n - 1; i++) {
      const j = i + (generator.next() % (n - i));
      [elements[i], elements[j]] = [elements[j], elements[i]];
    }
    return elements;
  };

  it('is torch.randperm', () => {
    expect([...permutationHead(0, 10, 10)]).toEqual([4, 1, 7, 5, 3, 9, 0, 8, 6, 2]);
    expect([...permutationHead(42, 10, 10)]).toEqual([2, 6, 1, 8, 4, 5, 0, 9, 3, 7]);
    expect([...permutationHead(15485863, 1_000_003, 4)]).toEqual([138280, 994103, 467886, 915329]);
  });

  it('begins as a plain shuffle does, to whatever length it is read', () => {
    const sizes = fc.oneof(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 600, max: 3000 }));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), sizes, fc.nat(), (seed, n, some) => {
        const all = naive(seed, n);
        const count = some % (n + 1);
        expect([...permutationHead(seed, n, count)]).toEqual(all.slice(0, count));
      }),
      { seed: 4, numRuns: 150 },
    );
  });
});

describe('transformers', () => {
  for (const { seeding_scheme, vocab, count, sha256, ...config } of vectors.many) {
    it(`${count} lists of ${seeding_scheme} ${JSON.stringify(config)}, V ${vocab}, are those of the real processor`, () => {
      const { context_width: width, hashing_key, greenlist_ratio } = config;
      const fields = { seeding_scheme, context_width: width, hashing_key, greenlist_ratio, bias: 1 };
      const mark = openEngineMark({ mark: 'hf/greenlist', config: fields, vocabSize: vocab });
      const ids = contexts(count, vocab, width);
      const digest = createHash('sha256');
      const row = new Float32Array(vocab);
      for (let i = 0; i < count && seeding_scheme === 'lefthash'; i++) {
        mark.apply(ids.subarray(i * width, (i + 1) * width), row.fill(0));
        digest.update(Uint8Array.from(row));
      }
      if (seeding_scheme === 'selfhash') {
        const parts = { contexts: [] as number[], tokens: [] as number[] };
        for (let i = 0; i < count; i++) {
          // The first of a context is not read: it only has to be there.
          parts.contexts.push(0xffffffff, ...ids.subarray(i * width, (i + 1) * width - 1));
          parts.tokens.push(ids[(i + 1) * width - 1]);
        }
        const flags = new Float64Array(count);
        mark.score(pairsFrom(width, parts.contexts, parts.tokens), flags);
        digest.update(Uint8Array.from(flags));
      }
      expect(digest.digest('hex')).toBe(sha256);
    });
  }

  it('biases id 1 after id 10 among 20 tokens, as its own test says', () => {
    const mark = openEngineMark({ mark: 'hf/greenlist', config: {}, vocabSize: 20 });
    const row = new Float32Array(20);
    mark.apply(Uint32Array.of(10), row);
    expect([...row.keys()].filter((id) => row[id] === 2)).toEqual([1, 4, 9, 12, 15]);
  });

  it('selfhash marks a step as it does, from context_width tokens on, and scores one more', () => {
    const config = { seeding_scheme: 'selfhash', context_width: 3 };
    const mark = openEngineMark({ mark: 'hf/greenlist', config, vocabSize: 100 });
    const biased = (prompt: number[]) => {
      const row = Float32Array.from({ length: 100 }, (_, id) => id / 10);
      const before = row.slice();
      const hook = new MarkHook(mark, { vocabSize: 100 });
      hook.processLogits(row, [hook.start(prompt)]);
      return [...row.keys()].filter((id) => row[id] !== before[id]);
    };
    // What WatermarkLogitsProcessor(100, 'cpu', 0.25, 2.0, 15485863, 'selfhash', 3) of 5.23 changes in the same rows.
    expect(biased([5, 7])).toEqual([]);
    expect(biased([5, 7, 9])).toEqual([62, 65, 67, 68, 76, 79, 90, 92, 98]);
    const text = [5, 7, 9, 11, 13];
    expect(pairsOf(mark, text).positions).toEqual(Uint32Array.of(2, 3, 4));
    expect(mark.compat?.(Uint32Array.from(text), new Uint32Array(0)).figures.num_tokens_scored).toBe(3);
  });

  it('meant its bias for raw logits before 4.47', () => {
    const stage = (transformers_version: string) =>
      openEngineMark({ mark: 'hf/greenlist', config: { transformers_version }, vocabSize: 20 }).stage;
    expect(stage('4.46.3')).toBe('pre-temperature');
    expect(stage('4.47.0')).toBe('post-temperature');
    expect(stage('5.23.0')).toBe('post-temperature');
  });
});

function pairsFrom(contextWidth: number, contextIds: number[], tokens: number[]): Pairs {
  return {
    n: tokens.length,
    contextWidth,
    contexts: Uint32Array.from(contextIds),
    tokens: Uint32Array.from(tokens),
    positions: Uint32Array.from(tokens, (_, i) => i),
    positionsSeen: tokens.length,
    repeated: 0,
    withoutContext: 0,
  };
}

describe('both ways', () => {
  for (const file of vectors.cases) {
    const mark = open(file);
    const isMany = /unigram/.test(file.mark);

    it(`${nameOf(file)}: a text that the peer marked is found here, another is not`, () => {
      expect(lnPOf(mark, file.there.tokens)).toBeLessThan(Math.log(1e-4));
      expect(lnPOf(mark, file.here.tokens)).toBeLessThan(Math.log(1e-4));
      // A token up tells every context and candidate from the marked ones.
      const other = file.there.tokens.map((token) => (token + 1) % (file.vocabSize as number));
      expect(lnPOf(mark, other)).toBeGreaterThan(Math.log(isMany ? 1e-4 : 1e-3));
    });

    if (file.here.figures === undefined) continue;

    it(`${nameOf(file)}: the figures are the peer's, of its text and ours`, () => {
      for (const { tokens, figures = {} } of [file.here, file.there]) {
        const ours = mark.compat?.(Uint32Array.from(tokens), new Uint32Array(0)).figures ?? {};
        for (const [name, value] of Object.entries(figures)) {
          if (name === 'pvalue of payload') continue;
          if (typeof value === 'boolean') expect([name, ours[name]]).toEqual([name, value]);
          // The peer looks for its best window, and takes three bricks' mean, in float32.
          else
            expect(Math.abs((ours[name] as number) / value - 1), name).toBeLessThan(
              /WinMax|^score$/.test(name) ? 1e-4 : 1e-9,
            );
        }
      }
    });

    it(`${nameOf(file)}: the peer's detector finds our text`, () => {
      const { z_score, score, detect, 'pvalue of payload': p } = file.here.figures as Record<string, number>;
      if (p === undefined) expect(z_score ?? detect ?? score).toBeGreaterThan(4);
      else expect(p).toBeLessThan(1e-4);
    });
  }
});

describe('rows', () => {
  for (const file of vectors.cases.filter(({ mark }, i, all) => all.findIndex((other) => other.mark === mark) === i)) {
    it(`${file.mark}: a row that is refused stays as it was`, () => {
      const mark = open(file);
      const row = new Float32Array(file.vocabSize as number);
      row[3] = Number.NaN;
      const before = row.slice();
      expect(() => mark.apply(new Uint32Array(8), row)).toThrow(RangeError);
      expect(row).toEqual(before);
    });

    it(`${file.mark}: tokens beyond the vocabulary are red, and can be context`, () => {
      const mark = open(file);
      const size = file.vocabSize as number;
      const row = new Float32Array(size + 100);
      mark.apply(new Uint32Array(8).fill(size + 5), row);
      expect(row.subarray(size).some((logit) => logit !== 0)).toBe(false);
      const pairs = pairsOf(
        mark,
        Array.from({ length: 30 }, (_, i) => size + i),
      );
      const scores = new Float64Array(pairs.n);
      mark.score(pairs, scores);
      expect(scores.some((score) => score !== 0)).toBe(false);
    });

    it(`${file.mark}: a masked token stays masked`, () => {
      const row = new Float32Array(file.vocabSize as number).fill(Number.NEGATIVE_INFINITY);
      row[5] = 0;
      open(file).apply(new Uint32Array(8), row);
      expect(row.filter((logit) => logit === Number.NEGATIVE_INFINITY).length).toBe(row.length - 1);
    });
  }

  it.each<[string, object]>([
    ['hf/greenlist', { context_width: 3 }],
    ['markllm/exp', { prefix_length: 3 }],
    ['vllm/red-green', { key: 77, context_width: 3 }],
    ['vllm/synthid', { key: 77, context_width: 3 }],
    ['markllm/synthid', { ngram_len: 4, keys: [1, 2, 3] }],
  ])('%s: a context that is too short is refused, and the row stays as it was', (name, config) => {
    const mark = openEngineMark({ mark: name, config, vocabSize: 50, device: 'cpu' });
    const row = new Float32Array(50);
    expect(() => mark.apply(Uint32Array.of(1, 2), row)).toThrow('"context" expected at least 3 token ids, got 2');
    expect(row).toEqual(new Float32Array(50));
    mark.apply(Uint32Array.of(1, 2, 3), row);
    expect(row).not.toEqual(new Float32Array(50));
  });
});

describe('secrets and mistakes', () => {
  it('no key shows in a mark', () => {
    const KEY = 987654321012345;
    const fields: Record<string, object> = {
      'hf/greenlist': { hashing_key: KEY },
      'lm-watermarking/simple_1': { hash_key: 987654321 },
      'lm-watermarking/extended': { hash_key: KEY },
      'tgi/greenlist': { hash_key: KEY },
      'three-bricks/greenlist': { seed: KEY },
      'unigram/xuandong23b': { watermark_key: KEY },
      'markllm/kgw': { hash_key: KEY },
      'markllm/unigram': { hash_key: KEY },
    };
    for (const [name, config] of Object.entries(fields)) {
      const mark = openEngineMark({ mark: name, config, vocabSize: 100 });
      const shown = inspect(mark, { depth: 10, showHidden: true }) + JSON.stringify(mark);
      expect(shown).not.toContain('987654321');
    }
  });

  it('a key inside the name of a scheme is refused, and not shown', () => {
    const config = { seeding_scheme: 'ff-minhash_prf-4-False-987654321' };
    const opened = () => openEngineMark({ mark: 'lm-watermarking/extended', config, vocabSize: 100 });
    expect(opened).toThrow('"config.seeding_scheme" expected a scheme of four parts: its key belongs into "hash_key"');
  });

  it.each<[string, object, string]>([
    ['hf/greenlist', { hashing_key: '18446744073709551616' }, '"config.hashing_key" expected an integer from'],
    ['hf/greenlist', { greenlist_ratio: 2 }, '"config.greenlist_ratio" expected a number from 0 to 1, got another'],
    ['hf/greenlist', { delta: 2 }, 'unknown field "delta" in "config"'],
    ['lm-watermarking/extended', { seeding_scheme: 'ff-other_prf-4-False' }, '"config.seeding_scheme" expected one of'],
    ['lm-watermarking/extended', { seeding_scheme: 'ff-minskipgram_prf-1-False' }, 'width of at least 2'],
    ['three-bricks/greenlist', { seeding: 'skip' }, '"config.seeding" expected'],
    ['markllm/kgw', { f_scheme: 'max' }, '"config.f_scheme" expected'],
    ['hf/greenlist', { greenlist_ratio: 0 }, '"config.greenlist_ratio" expected a number between 0 and 1, neither'],
    ['hf/greenlist', { greenlist_ratio: 1 }, '"config.greenlist_ratio" expected a number between 0 and 1, neither'],
    ['hf/greenlist', { greenlist_ratio: 0.001 }, 'a green list expected 1 to 99 of 100 tokens, got 0'],
    ['unigram/xuandong23b', { fraction: 0.001 }, 'a green list expected at least one of 100 tokens, got none'],
    ['unigram/xuandong23b', { vocab_size: 99 }, '"vocabSize" expected 99 as in "config.vocab_size", or none, got 100'],
  ])('%s refuses %j', (mark, config, message) => {
    expect(() => openEngineMark({ mark, config, vocabSize: 100 })).toThrow(message);
  });
});

it('titles show what tells marks apart', () => {
  const title = (mark: string, config: object) => openEngineMark({ mark, config, vocabSize: 100 }).title;
  expect(title('markllm/kgw', { f_scheme: 'min' })).not.toBe(title('markllm/kgw', {}));
  expect(title('lm-watermarking/simple_1', { select_green_tokens: false })).not.toBe(
    title('lm-watermarking/simple_1', {}),
  );
});

describe('keys that everybody knows', () => {
  it.each<[string, object, boolean]>([
    ['hf/greenlist', {}, true],
    ['hf/greenlist', { hashing_key: 15485863 }, true],
    ['hf/greenlist', { hashing_key: 15485864 }, false],
    ['three-bricks/greenlist', { seed: 42 }, true],
    ['hf/synthid', { ngram_len: 5, keys: [654, 400, 836, 123, 340] }, true],
    ['hf/synthid', { ngram_len: 5, keys: [655, 400, 836, 123, 340] }, false],
  ])('%s %j: %s', (mark, config, isPublic) => {
    expect(hasPublicKey({ mark, config, vocabSize: 100 })).toBe(isPublic);
  });
});

describe('weak keys', () => {
  const text = Uint32Array.from(contexts(400, 97, 1), (token) => token + 1);
  const keptOf = (mark: string, config: object) => pairsOf(openEngineMark({ mark, config, vocabSize: 100 }), text).n;
  const prf = (name: string, width = 2) => ({ seeding_scheme: `ff-${name}-${width}-False` });

  it.each<[string, object, number]>([
    ['tgi/greenlist', {}, 0],
    ['tgi/greenlist', {}, 2 ** 32],
    ['lm-watermarking/simple_1', {}, 2 ** 32],
    ['lm-watermarking/extended', prf('additive_prf'), 2 ** 32],
    ['lm-watermarking/extended', prf('multiplicative_prf'), 2 ** 32],
    ['lm-watermarking/extended', prf('position_prf'), 2 ** 32],
    ['lm-watermarking/extended', prf('noncomm_prf'), 2 ** 32],
    ['hf/greenlist', {}, 0],
    ['markllm/kgw', {}, 100],
  ])(
    '%s %j: where the key takes itself out of the seed, nothing is left; one bit more of it counts',
    (mark, config, key) => {
      const field = mark === 'hf/greenlist' ? 'hashing_key' : 'hash_key';
      expect(keptOf(mark, { ...config, [field]: key })).toBe(0);
      expect(keptOf(mark, { ...config, [field]: key + 1 })).toBeGreaterThan(50);
    },
  );

  it.each(['noncomm_prf', 'simple_skip_prf', 'multiplicative_prf'])(
    '%s: wide windows that die out are left out',
    (name) => {
      const counted = (width: number) => {
        const mark = openEngineMark({ mark: 'lm-watermarking/extended', config: prf(name, width), vocabSize: 100 });
        // Texts of one window each, of one token each.
        return Array.from({ length: 96 }, (_, i) => pairsOf(mark, Array(width + 1).fill(i + 1)).n).reduce(
          (a, b) => a + b,
        );
      };
      expect(counted(2)).toBe(96);
      // All but the odd ones die: about half of the tokens, or of their hashes.
      expect(counted(64)).toBeGreaterThan(20);
      expect(counted(64)).toBeLessThan(76);
    },
  );

  it.each(['lm-watermarking/simple_1', 'lm-watermarking/extended', 'three-bricks/greenlist', 'three-bricks/gumbel'])(
    '%s refuses a hash_key of 0',
    (mark) => {
      const open = (hash_key: number) => () => openEngineMark({ mark, config: { hash_key }, vocabSize: 100 });
      expect(open(0)).toThrow('"config.hash_key" expected an integer from 1 to');
      expect(open(1)).not.toThrow();
    },
  );
});

describe('lm-watermarking', () => {
  it('its best window is looked for among 5,000 at most', () => {
    const mark = openEngineMark({
      mark: 'lm-watermarking/extended',
      config: { seeding_scheme: 'lefthash' },
      vocabSize: 97,
    });
    const figures = (length: number) =>
      mark.compat?.(contexts(length, 97, 1), new Uint32Array(0)).figures as Record<string, number>;
    // Of windows of two among 97 tokens there are some 9,409: it takes the distinct ones.
    expect(Object.keys(figures(3000))).toContain('WinMax z_score');
    const long = figures(30_000);
    expect(long.num_tokens_scored).toBeGreaterThan(5000);
    expect(Object.keys(long).filter((name) => name.startsWith('WinMax'))).toEqual([]);
  });
});

describe('lists of fixed share', () => {
  it.each([
    [10, 0.5, 0, '0111010001'],
    [100, 0.5, '4611686018427387904', '11101101011011110001001100110111'],
  ])('Unigram of %i tokens, fraction %d, key %s, is %s', (vocabSize, fraction, watermark_key, head) => {
    const mark = openEngineMark({ mark: 'unigram/xuandong23b', config: { fraction, watermark_key }, vocabSize });
    const row = new Float32Array(vocabSize);
    mark.apply(new Uint32Array(0), row);
    expect([...row.subarray(0, head.length)].map((logit) => logit / 2).join('')).toBe(head);
  });

  it('Three Bricks rolls its list by the payload', () => {
    const green = (payload: number) => {
      const config = { gamma: 0.25, ngram: 2, payload };
      const row = new Float32Array(20);
      openEngineMark({ mark: 'three-bricks/greenlist', config, vocabSize: 20 }).apply(Uint32Array.of(5, 7), row);
      return [...row.keys()].filter((id) => row[id] > 0);
    };
    expect(green(0)).toEqual([4, 7, 9, 10, 11]);
    expect(green(3)).toEqual([1, 4, 6, 7, 8]);
  });

  it("TGI's lists on a CPU are those of its processor", () => {
    const mark = openEngineMark({ mark: 'tgi/greenlist', config: {}, vocabSize: 10 });
    const row = new Float32Array(10);
    mark.apply(Uint32Array.of(103), row);
    expect([...row.keys()].filter((id) => row[id] > 0)).toEqual([4, 5, 7, 8, 9]);
  });
});

describe('wrong keys', () => {
  const MARKS: readonly (readonly [string, (key: number) => object])[] = [
    ['hf/greenlist', (key) => ({ hashing_key: key })],
    ['hf/greenlist', (key) => ({ hashing_key: key, seeding_scheme: 'selfhash', context_width: 3 })],
    ['lm-watermarking/simple_1', (key) => ({ hash_key: key })],
    ['lm-watermarking/extended', (key) => ({ hash_key: key, seeding_scheme: 'minhash' })],
    ['lm-watermarking/extended', (key) => ({ hash_key: key, seeding_scheme: 'skipgram' })],
    ['three-bricks/greenlist', (key) => ({ seed: key })],
    ['unigram/xuandong23b', (key) => ({ watermark_key: key })],
    ['markllm/kgw', (key) => ({ hash_key: key })],
  ];
  const TESTS = 2000;
  const tokens = contexts(60, 1000, 1).map((token) => Math.floor(token ** 2 / 1000));

  for (const [name, configOf] of MARKS) {
    it(`${name} ${JSON.stringify(configOf(0))}: rejections of random keys at 1e-2 stay inside the exact band`, () => {
      let rejected = 0;
      let expected = 0;
      for (let i = 0; i < TESTS; i++) {
        const key = (Math.imul(i + 1, 0x9e3779b1) >>> 0) * 2 + 1;
        const mark = openEngineMark({ mark: name, config: configOf(key), vocabSize: 1000 });
        const pairs = pairsOf(mark, tokens);
        expected = sizeOf(pairs.n, (mark.law as { p: number }).p);
        if (lnPOf(mark, tokens) <= Math.log(0.01)) rejected++;
      }
      // The test is discrete: its exact size is below 1e-2; without replacement it may be smaller still.
      const [, most] = binomialBand(TESTS, expected, 0.9999);
      expect(rejected).toBeLessThanOrEqual(most);
    });
  }

  /** The largest chance below 1e-2 that a binomial tail can have. */
  function sizeOf(n: number, p: number): number {
    for (let k = 0; ; k++) {
      const lnP = lnBinomialTail(k, n, p);
      if (lnP <= Math.log(0.01)) return Math.exp(lnP);
    }
  }
});

const lab = new URL('../../../../shared/data/marks/kgw-lab/', import.meta.url);
const labFile = (name: string) => JSON.parse(readFileSync(new URL(name, lab), 'utf8'));

describe.skipIf(!existsSync(lab))('the KGW lab (skipped where ../shared/data is absent)', () => {
  interface Recorded {
    readonly green_hits: number;
    readonly eligible_tokens: number;
    readonly key_role: string;
    readonly repetition_policy: string;
    readonly num_green_tokens: number;
    readonly num_tokens_scored: number;
    readonly z_score: number;
    readonly p_value: number;
  }
  const keyOf = (config: Record<string, number>, role: string) => config[`${role}_key`];
  const openLab = (
    config: Record<string, number>,
    role: string,
    vocabSize: number,
    device: Pick<EngineMarkFile, 'device' | 'cudaThreads'> = {},
  ) =>
    openEngineMark({
      ...device,
      mark: 'hf/greenlist',
      config: { greenlist_ratio: config.green_fraction, hashing_key: keyOf(config, role) },
      vocabSize,
    });

  // Transformers 5.14 counted repeated windows whatever it was told, and its p was the old one.
  function check(mark: Mark, tokens: number[], recorded: Recorded) {
    const ours = mark.compat?.(Uint32Array.from(tokens), new Uint32Array(0)).figures ?? {};
    expect(ours.num_tokens_scored).toBe(recorded.num_tokens_scored);
    expect(ours.num_green_tokens).toBe(recorded.num_green_tokens);
    expect(ours.z_score).toBeCloseTo(recorded.z_score, 12);
    expect(ours['p_value before 5.23']).toBeCloseTo(recorded.p_value, 12);
  }

  it('04, transformers on a CPU: the candidates and all counts, z and p', () => {
    const { records, config, order_probe: probe, repetition_fixture: fixture } = labFile('artifacts_lab-04_trace.json');
    const mark = openLab(config, 'generation', probe.vocabulary_size);
    const candidates: { token_id: number; in_green_group: boolean }[] = probe.candidates;
    const out = new Float64Array(candidates.length);
    const contextIds = candidates.map(() => probe.previous_token_id);
    mark.score(
      pairsFrom(
        1,
        contextIds,
        candidates.map(({ token_id }) => token_id),
      ),
      out,
    );
    expect([...out]).toEqual(candidates.map(({ in_green_group }) => (in_green_group ? 1 : 0)));
    for (const { copied_token_ids, detector_results } of records) {
      for (const recorded of detector_results as Recorded[]) {
        check(openLab(config, recorded.key_role, probe.vocabulary_size), copied_token_ids, recorded);
      }
    }
    for (const recorded of fixture.detector_results) check(mark, fixture.token_ids, recorded);
  });

  it('05, transformers on an L4: all recorded counts, z and p, of lists that the card drew', {
    timeout: 300_000,
  }, () => {
    let counts = 0;
    for (const file of ['artifacts_lab-05_trace.json', 'lab-05_examples.json']) {
      const { records, config, vocabulary_size: vocabSize, gpu_name } = labFile(file);
      expect(gpu_name).toBe('NVIDIA L4');
      for (const role of ['generation', 'comparison'].filter((role) => keyOf(config, role) !== undefined)) {
        const mark = openLab(config, role, vocabSize, { device: 'cuda', cudaThreads: CUDA_THREADS.L4 });
        const other = openLab(config, role, vocabSize, { device: 'cuda', cudaThreads: CUDA_THREADS.A10G });
        let differing = 0;
        for (const { copied_token_ids: ids, detector_results } of records) {
          for (const recorded of (detector_results as Recorded[]).filter(({ key_role }) => key_role === role)) {
            check(mark, ids, recorded);
            const figures = other.compat?.(Uint32Array.from(ids), new Uint32Array(0)).figures;
            if (figures?.num_green_tokens !== recorded.num_green_tokens) differing++;
            counts++;
          }
        }
        expect(differing).toBeGreaterThan(0);
      }
    }
    // The second file names one key of the two.
    expect(counts).toBe(64);
  });

  it('03, lists of its own making (mlx-mix-v1), written out here: every flag', () => {
    const { records, config } = labFile('artifacts_lab-03_trace.json');
    const size = 65536;
    const mixed = (token: number, previous: number, key: number) => {
      let x = token ^ key ^ Math.imul(previous, 0x9e3779b1);
      x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
      x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
      return (x ^ (x >>> 16)) >>> 0;
    };
    const limits = new Map<string, number>();
    const isGreen = (token: number, previous: number, key: number) => {
      const name = `${previous} ${key}`;
      let limit = limits.get(name);
      if (limit === undefined) {
        const all = Uint32Array.from({ length: size }, (_, id) => mixed(id, previous, key)).sort();
        limit = all[Math.floor(config.green_fraction * size)];
        limits.set(name, limit);
      }
      return mixed(token, previous, key) < limit;
    };
    let flags = 0;
    for (const record of records) {
      for (const step of record.steps) {
        const key = config.generation_key;
        const chosen = { token_id: step.selected_token_id, in_green_group: step.selected_token_in_green_group };
        for (const { token_id, in_green_group } of [...step.candidates, chosen]) {
          expect(isGreen(token_id, step.previous_token_id, key)).toBe(in_green_group);
          flags++;
        }
      }
      for (const role of ['generation', 'comparison']) {
        const ids: number[] = record.copied_token_ids;
        const hits = ids.slice(1).filter((id, i) => isGreen(id, ids[i], keyOf(config, role)));
        expect(hits.length).toBe(record[`${role}_key_score`].green_hits);
      }
    }
    expect(flags).toBe(1440);
  });
});
