/** Distinct pairs and the set behind them, against strings in a Set. */
import { distinctPairs, PairCollector, TupleSet } from '@taggant/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { always, uniforms } from './support.ts';

describe('TupleSet', () => {
  it('equals a Set of strings, for any width, while it grows', () => {
    const tuples = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 400 });
    always([fc.integer({ min: 0, max: 5 }), tuples], (width, ids) => {
      const [set, oracle] = [new TupleSet(width), new Set<string>()];
      const source = Uint32Array.from([...ids, 0, 0, 0, 0, 0]);
      for (let start = 0; start < ids.length; start++) {
        const text = source.subarray(start, start + width).join();
        expect(set.has(source, start)).toBe(oracle.has(text));
        expect(set.add(source, start)).toBe(!oracle.has(text));
        oracle.add(text);
        expect(set.has(source, start)).toBe(true);
      }
      expect(set.size).toBe(oracle.size);
    });
  });

  it('keeps 200,000 tuples apart', () => {
    const next = uniforms(1);
    const source = Uint32Array.from({ length: 200_003 }, () => 300 * next());
    const [set, oracle] = [new TupleSet(3), new Set<number>()];
    for (let i = 0; i < 200_000; i++) {
      set.add(source, i);
      oracle.add(source[i] * 1e6 + source[i + 1] * 1e3 + source[i + 2]);
    }
    expect(set.size).toBe(oracle.size);
  });

  it('of width 0 holds the empty tuple once', () => {
    const set = new TupleSet(0);
    expect([set.has(new Uint32Array(0), 0), set.add(new Uint32Array(0), 0), set.add(Uint32Array.of(3), 1)]).toEqual([
      false,
      true,
      false,
    ]);
    expect(set.size).toBe(1);
  });
});

interface Text {
  readonly tokens: readonly number[];
  readonly prompt: readonly number[];
}

/** Position by position, as statistics.md words it. */
function naivePairs(texts: readonly Text[], width: number, dedup: 'pair' | 'context') {
  const seen = new Set<string>();
  const contexts = new Set<string>();
  const pairs: { context: number[]; token: number; position: number; first: number }[] = [];
  let [offset, repeated, withoutContext] = [0, 0, 0];
  for (const { tokens, prompt } of texts) {
    const all = [...prompt, ...tokens];
    tokens.forEach((token, i) => {
      const end = prompt.length + i;
      const context = all.slice(Math.max(0, end - width), end);
      const name = String(dedup === 'pair' ? [...context, token] : context);
      if (context.length < width) withoutContext++;
      else if (seen.has(name)) repeated++;
      else {
        seen.add(name);
        pairs.push({ context, token, position: offset + i, first: contexts.has(String(context)) ? 0 : 1 });
        contexts.add(String(context));
      }
    });
    offset += tokens.length;
  }
  return { pairs, positionsSeen: offset, repeated, withoutContext };
}

describe('PairCollector', () => {
  const ids = (maxLength: number) => fc.array(fc.integer({ min: 0, max: 3 }), { maxLength });
  const text = fc.record({ tokens: ids(60), prompt: ids(6) });

  it('equals the oracle for both modes, any width, prompts, several texts, texts shorter than the width', () => {
    const arbitraries: [fc.Arbitrary<Text[]>, fc.Arbitrary<number>, fc.Arbitrary<'pair' | 'context'>] = [
      fc.array(text, { maxLength: 5 }),
      fc.integer({ min: 0, max: 6 }),
      fc.constantFrom('pair', 'context'),
    ];
    always(
      arbitraries,
      (texts, contextWidth, dedup) => {
        const collector = new PairCollector({ contextWidth, dedup });
        const oracle = naivePairs(texts, contextWidth, dedup);
        const brought = texts.map(({ tokens, prompt }) => collector.add(tokens, prompt));
        expect(brought.reduce((a, b) => a + b, 0)).toBe(oracle.pairs.length);
        const { n, contexts, tokens, positions, first, ...rest } = collector.pairs();
        const pairs = Array.from({ length: n }, (_, i) => ({
          context: [...contexts.subarray(i * contextWidth, (i + 1) * contextWidth)],
          token: tokens[i],
          position: positions[i],
          first: first?.[i],
        }));
        const { pairs: expected, ...counts } = oracle;
        expect(pairs).toEqual(expected);
        expect(rest).toEqual({ ...counts, contextWidth, dedup });
        expect(contexts.length).toBe(n * contextWidth);
      },
      300,
    );
  });

  it('takes only the contexts that a caller accepts, and asks about every token that has one', () => {
    always([fc.array(text, { maxLength: 5 }), fc.integer({ min: 1, max: 3 })], (texts, contextWidth) => {
      const isFine = (context: readonly number[]) => context.reduce((sum, id) => sum + id, 0) % 2 === 0;
      const collector = new PairCollector({ contextWidth });
      let [asked, refused] = [0, 0];
      for (const { tokens, prompt } of texts) {
        collector.add(tokens, prompt, (ids, start) => {
          asked++;
          const fine = isFine([...ids.subarray(start, start + contextWidth)]);
          if (!fine) refused++;
          return fine;
        });
      }
      const { pairs, withoutContext, positionsSeen } = naivePairs(texts, contextWidth, 'pair');
      const kept = collector.pairs();
      expect([...kept.positions]).toEqual(
        pairs.filter(({ context }) => isFine(context)).map(({ position }) => position),
      );
      expect(asked).toBe(positionsSeen - withoutContext);
      expect(kept.n + kept.repeated + kept.withoutContext + refused).toBe(positionsSeen);
    });
  });

  it('what it gave does not change with what comes later, nor with the array it was given', () => {
    const collector = new PairCollector({ contextWidth: 1 });
    const tokens = Uint32Array.of(1, 2, 3);
    collector.add(tokens);
    const early = collector.pairs();
    tokens.fill(0);
    collector.add([4, 5, 6, 7]);
    expect([...early.contexts, ...early.tokens]).toEqual([1, 2, 2, 3]);
    expect(collector.pairs().n).toBe(5);
  });

  it('refuses a bad text as a whole', () => {
    const collector = new PairCollector({ contextWidth: 1, vocabSize: 10 });
    expect(() => collector.add([1, 2, 10])).toThrow('"tokens[2]" expected a token id from 0 to 9, got 10');
    expect(() => collector.add([1, 2], [10])).toThrow('"prompt[0]"');
    expect(() => collector.add([1, 2], null as never)).toThrow(TypeError);
    expect(collector.pairs()).toMatchObject({ n: 0, positionsSeen: 0 });
  });

  it.each([
    [{ contextWidth: -1 }],
    [{ contextWidth: 65 }],
    [{ contextWidth: 1, dedup: 'none' }],
    [{ contextWidth: 1, vocabSize: 0 }],
    [{}],
  ])('refuses %j', (options) => {
    expect(() => new PairCollector(options as never)).toThrow(RangeError);
  });

  it('counts a hostile array-like once and consistently', () => {
    let lengths = 0;
    const growing = {
      get length() {
        return 3 * ++lengths;
      },
      0: 1,
      1: 2,
      2: 3,
    };
    expect(distinctPairs(growing as never, { contextWidth: 1 })).toMatchObject({
      n: 2,
      positionsSeen: 3,
      withoutContext: 1,
    });
  });
});
