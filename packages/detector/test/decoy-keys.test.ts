/** Decoy keys. Seeds are fixed; a statistical test says its false-alarm rate over seeds. */
import { distinctPairs, type Mark, type NativeMarkInput, openMark, type Pairs } from '@taggant/core';
import {
  describeDecoyKeys,
  detectLayers,
  detectTokens,
  lnTail,
  rankAmongKeys,
  rankAmongMarks,
} from '@taggant/detector';
import { openEngineMark, withRandomKey } from '@taggant/engines';
import { binomialBand } from '@taggant/stats';
import { describe, expect, it } from 'vitest';
import { secretOf, uniforms } from '../../core/test/support.ts';

const inputs: readonly NativeMarkInput[] = [
  { scheme: 'greenlist', gamma: '1/4', contextWidth: 1, cohort: 7 },
  { scheme: 'gumbel', contextWidth: 2 },
  { scheme: 'tournament', contextWidth: 2, layers: 5 },
];
const text = (length: number, seed: number, vocabulary = 40) => {
  const next = uniforms(seed);
  return Array.from({ length }, () => Math.floor(next() * vocabulary));
};
const bytesFrom = (seed: number) => {
  const next = uniforms(seed);
  return () => Uint8Array.from({ length: 32 }, () => 256 * next());
};
const scoreOf = (mark: Mark, pairs: Pairs) => {
  const scores = new Float64Array(pairs.n);
  mark.score(pairs, scores);
  return scores.reduce((a, b) => a + b, 0);
};

/** What the mark makes of a model that knows nothing: the largest of a hundred nearly equal logits. */
function write(mark: Mark, length: number): number[] {
  const next = uniforms(5);
  const tokens = [1, 2, 3, 4];
  while (tokens.length < length) {
    const row = Float32Array.from({ length: 100 }, () => 2 * next());
    mark.apply(Uint32Array.from(tokens), row);
    tokens.push(row.indexOf(Math.max(...row)));
  }
  return tokens;
}

describe.each(inputs)('decoy keys for $scheme', (input) => {
  const mark = openMark(input, secretOf(1));
  const pairs = distinctPairs(text(200, 1), { contextWidth: mark.contextWidth });

  it('count those that score at least as high, the tested key counted in', () => {
    const decoys = Array.from({ length: 200 }, (_, i) => openMark(input, secretOf(100 + i)));
    const atLeast = 1 + decoys.filter((decoy) => scoreOf(decoy, pairs) >= scoreOf(mark, pairs)).length;
    const rank = rankAmongMarks(pairs, mark, decoys);
    expect(rank).toMatchObject({ count: 201, atLeast, lnP: Math.log(atLeast / 201), ks: { n: 200 } });
  });

  it('put the key that marked a text first, and find the others uniform', () => {
    const marked = distinctPairs(write(mark, 300), { contextWidth: mark.contextWidth });
    const rank = rankAmongKeys(marked, mark, 3000, bytesFrom(1));
    expect(rank).toMatchObject({ count: 3001, atLeast: 1 });
    expect(rank.ks.lnP).toBeGreaterThan(Math.log(1e-3));
    expect(describeDecoyKeys(rank)).toMatch(/^Of 3001 keys, 1 scores at least as high.*look uniform/);
  });

  it('rank a key that marked nothing anywhere: the share of ranks in the first twentieth is one twentieth', () => {
    // Over seeds false once in 1000.
    const runs = 400;
    let low = 0;
    for (let run = 0; run < runs; run++) {
      const { atLeast, count } = rankAmongKeys(pairs, openMark(input, secretOf(10_000 + run)), 39, bytesFrom(run));
      if (atLeast / count <= 0.05) low++;
    }
    const [, high] = binomialBand(runs, 0.05, 0.999);
    expect(low).toBeLessThanOrEqual(high);
  });

  it('find a broken law: copies that are scored make the decoys’ p-values anything but uniform', () => {
    const loop = Array.from({ length: 400 }, (_, i) => i % 9);
    const { contextWidth } = mark;
    const n = loop.length - contextWidth;
    const every: Pairs = {
      n,
      contextWidth,
      contexts: Uint32Array.from(
        { length: n * contextWidth },
        (_, i) => loop[Math.floor(i / contextWidth) + (i % contextWidth)],
      ),
      tokens: Uint32Array.from(loop.slice(contextWidth)),
      positions: Uint32Array.from({ length: n }, (_, i) => i + contextWidth),
      positionsSeen: 400,
      repeated: 0,
      withoutContext: contextWidth,
    };
    const rank = rankAmongKeys(every, mark, 1000, bytesFrom(3));
    expect(rank.ks.lnP).toBeLessThan(Math.log(1e-20));
    expect(describeDecoyKeys(rank)).toMatch(/are not uniform .*do not trust/);
  });

  it('come the same way from detectTokens, equal for equal bytes', () => {
    const ids = text(200, 1);
    const options = () => ({ decoyKeys: { count: 100, random: bytesFrom(9) } });
    const { decoyKeys, ...rest } = detectTokens(ids, mark, options());
    expect(decoyKeys).toEqual(rankAmongKeys(pairs, mark, 100, bytesFrom(9)));
    expect(detectTokens(ids, mark, options()).decoyKeys).toEqual(decoyKeys);
    expect(rest).toEqual(detectTokens(ids, mark));
  });
});

describe('decoy keys', () => {
  const [greenlist] = inputs;
  const mark = openMark(greenlist, secretOf(1));
  const pairs = distinctPairs(text(100, 1), { contextWidth: 1 });

  it('randomise the p of a count between P[> s] and P[>= s]', () => {
    const decoy = openMark(greenlist, secretOf(2));
    const sum = scoreOf(decoy, pairs);
    const [low, high] = [sum + 1, sum].map((s) => Math.exp(lnTail(mark.law, s, pairs.n)));
    const at = (u: number) => rankAmongMarks(pairs, mark, [decoy], { randomise: () => u }).ks.dMinus;
    // Of one value, the largest deficit is the value itself.
    expect(at(0)).toBeCloseTo(low, 12);
    expect(at(0.5)).toBeCloseTo((low + high) / 2, 12);
    expect(at(1 - 2 ** -53)).toBeCloseTo(high, 12);
  });

  it("rank other engines' marks by their own p, with the pairs that each leaves out", () => {
    const file = {
      mark: 'lm-watermarking/extended',
      config: { seeding_scheme: 'minhash', hash_key: 15485863 },
      vocabSize: 60,
    };
    const next = uniforms(4);
    const bytes = (length: number) => Uint8Array.from({ length }, () => 256 * next());
    const tested = openEngineMark(file);
    const decoys = Array.from({ length: 300 }, () => openEngineMark(withRandomKey(file, bytes)));
    const all = distinctPairs(text(300, 6), { contextWidth: tested.contextWidth });
    const lnPOf = (one: Mark) => {
      const own = one.distinct?.(all) ?? all;
      return lnTail(one.law, scoreOf(one, own), own.n);
    };
    const atLeast = 1 + decoys.filter((decoy) => lnPOf(decoy) <= lnPOf(tested)).length;
    const rank = rankAmongMarks(all, tested, decoys);
    expect(rank).toMatchObject({ count: 301, atLeast });
    expect(rank.ks.lnP).toBeGreaterThan(Math.log(1e-3));
    expect(detectTokens(text(300, 6), tested, { decoyKeys: { marks: decoys } }).decoyKeys).toEqual(rank);
  });

  it('say how far they are', () => {
    const told: number[] = [];
    rankAmongKeys(pairs, mark, 3000, bytesFrom(1), { onProgress: (scored) => told.push(scored) });
    expect(told).toEqual([1024, 2048]);
  });

  it('of a text without pairs are all alike', () => {
    const none = distinctPairs([1], { contextWidth: 1 });
    expect(rankAmongKeys(none, mark, 500, bytesFrom(1))).toMatchObject({ atLeast: 501, lnP: 0 });
  });

  it.each<[() => unknown, RegExp]>([
    [() => rankAmongMarks(pairs, mark, []), /"decoys" expected at least one mark, got none/],
    [
      () => rankAmongMarks(pairs, mark, [openMark({ scheme: 'greenlist' }, secretOf(3))]),
      /"decoys" expected marks such as/,
    ],
    [
      () => rankAmongMarks(pairs, mark, [openMark({ ...greenlist, gamma: '1/2' } as never, secretOf(3))]),
      /expected marks such/,
    ],
    [() => rankAmongKeys(pairs, mark, 0, bytesFrom(1)), /"count" expected an integer from 1 to 16777216, got 0/],
    [() => rankAmongKeys(pairs, mark, 1, () => new Uint8Array(31)), /"random" expected 32 bytes, got 31/],
    [
      () => rankAmongKeys(pairs, openEngineMark({ mark: 'tgi/greenlist', config: {}, vocabSize: 60 }), 1, bytesFrom(1)),
      /"mark" expected a native one \(taggant\/1\), got "tgi\/greenlist"/,
    ],
  ])('refuse %s', (call, message) => {
    expect(call).toThrow(message);
  });

  it('play no part in layers, which are several tests', () => {
    expect(detectLayers(text(100, 1), [mark]).layers?.[0]).not.toHaveProperty('decoyKeys');
  });
});
