/** What is scored of a suspect's answers, against the rules in Maps and strings. */
import { type Pairs, TupleSet } from '@taggant/core';
import { type Exchange, exchangeOf, ServedContexts, SuspectPairs } from '@taggant/probes';
import { tinyLmTokenizer } from '@taggant/tiny-lm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { always } from '../../core/test/support.ts';

/** Position by position, as the module's head words it. */
function naive(
  exchanges: readonly Exchange[],
  { width, dedup, served }: { width: number; dedup: 'pair' | 'context'; served?: ReadonlyMap<string, number> },
) {
  const [seen, contexts] = [new Set<string>(), new Set<string>()];
  const pairs: { context: number[]; token: number; position: number; first: number; weight: number }[] = [];
  const counts = { repeated: 0, withoutContext: 0, shown: 0, notServed: 0 };
  let offset = 0;
  for (const { shown, reply } of exchanges) {
    const before = shown.flatMap((text) => Array.from(text));
    const windows = before
      .map((_, i) => String(before.slice(i, i + width)))
      .slice(0, before.length - width + 1 || before.length);
    const known = new Set(width === 0 ? windows : windows.filter((_, i) => i + width <= before.length));
    Array.from(reply).forEach((token, i) => {
      const context = Array.from(reply).slice(Math.max(0, i - width), i);
      const name = String(dedup === 'pair' ? [...context, token] : context);
      if (context.length < width) counts.withoutContext++;
      else if (known.has(String(context))) counts.shown++;
      else if (served && !served.has(String(context))) counts.notServed++;
      else if (seen.has(name)) counts.repeated++;
      else {
        seen.add(name);
        const first = contexts.has(String(context)) ? 0 : 1;
        contexts.add(String(context));
        pairs.push({ context, token, position: offset + i, first, weight: served?.get(String(context)) ?? 0 });
      }
    });
    offset += reply.length;
  }
  return { pairs, counts, positionsSeen: offset };
}

const listed = ({ n, contexts, tokens, positions, first, contextWidth: width }: Pairs) =>
  Array.from({ length: n }, (_, i) => ({
    context: [...contexts.subarray(i * width, (i + 1) * width)],
    token: tokens[i],
    position: positions[i],
    first: first?.[i],
  }));

describe('SuspectPairs', () => {
  const ids = (maxLength: number) => fc.array(fc.integer({ min: 0, max: 4 }), { maxLength });
  const exchange = fc.record({ shown: fc.array(ids(8), { maxLength: 3 }), reply: ids(40) });
  const exchanges = fc.array(exchange, { maxLength: 6 });
  const width = fc.integer({ min: 0, max: 4 });
  const dedup = fc.constantFrom<'pair' | 'context'>('pair', 'context');

  it('equals the oracle for any exchanges, width and mode', () => {
    always(
      [exchanges, width, dedup],
      (run, contextWidth, mode) => {
        const suspect = new SuspectPairs({ contextWidth, dedup: mode });
        const brought = run.map((one) => suspect.add(one)).reduce((a, b) => a + b, 0);
        const { pairs, counts, positionsSeen } = naive(run, { width: contextWidth, dedup: mode });
        const { repeated, withoutContext, shown, notServed } = counts;
        expect(listed(suspect.pairs())).toEqual(pairs.map(({ weight: _, ...pair }) => pair));
        expect(suspect.pairs()).toMatchObject({ positionsSeen, repeated, withoutContext });
        expect(suspect.excluded).toEqual({ shown, notServed });
        expect([brought, suspect.tokens, suspect.exchanges]).toEqual([pairs.length, positionsSeen, run.length]);
        expect(pairs.length + repeated + withoutContext + shown + notServed).toBe(positionsSeen);
      },
      400,
    );
  });

  it('equals the oracle where only served contexts count, weights and all', () => {
    always(
      [exchanges, fc.integer({ min: 1, max: 3 }), dedup, fc.array(ids(30), { maxLength: 4 })],
      (run, contextWidth, mode, texts) => {
        const served = new ServedContexts({ contextWidth });
        const oracle = new Map<string, number>();
        for (const text of texts) {
          served.add(text);
          const whole = text.filter((_, i) => i + contextWidth <= text.length);
          const windows = whole.map((_, i) => String(text.slice(i, i + contextWidth)));
          for (const name of new Set(windows)) oracle.set(name, (oracle.get(name) ?? 0) + 1);
        }
        const suspect = new SuspectPairs({ contextWidth, dedup: mode, served });
        for (const one of run) suspect.add(one);
        const { pairs, counts } = naive(run, { width: contextWidth, dedup: mode, served: oracle });
        expect(listed(suspect.pairs())).toEqual(pairs.map(({ weight: _, ...pair }) => pair));
        expect(suspect.excluded).toEqual({ shown: counts.shown, notServed: counts.notServed });
        const found = pairs.map(({ context }) => served.count(Uint32Array.from(context), 0));
        expect(found).toEqual(pairs.map(({ weight }) => weight));
      },
      300,
    );
  });

  it('a context that was shown in one exchange counts in another', () => {
    const suspect = new SuspectPairs({ contextWidth: 2 });
    expect(suspect.add({ shown: [[1, 2, 3]], reply: [1, 2, 3] })).toBe(0);
    expect(suspect.add({ shown: [[7, 7, 7]], reply: [1, 2, 3] })).toBe(1);
  });

  it('a copy that runs across two shown texts is excluded, too', () => {
    const suspect = new SuspectPairs({ contextWidth: 2 });
    expect(
      suspect.add({
        shown: [
          [1, 2],
          [3, 4],
        ],
        reply: [1, 2, 3, 4],
      }),
    ).toBe(0);
  });

  it('where a seed forgets the order of its context, a shown context excludes its rearrangements', () => {
    /** A seed that is the set of the context's tokens. */
    const distinct = (pairs: Pairs): Pairs => {
      const seen = new TupleSet(2);
      const sorted = pairs.contexts.slice();
      for (let i = 0; i < pairs.n; i++) sorted.subarray(2 * i, 2 * i + 2).sort();
      const kept = Array.from({ length: pairs.n }, (_, i) => i).filter((i) => seen.add(sorted, 2 * i));
      return { ...pairs, n: kept.length, positions: Uint32Array.from(kept, (i) => pairs.positions[i]) };
    };
    const exchange = { shown: [[1, 2, 3]], reply: [2, 1, 9, 8, 7] };
    expect(new SuspectPairs({ contextWidth: 2 }).add(exchange)).toBe(3);
    const suspect = new SuspectPairs({ contextWidth: 2, distinct });
    expect(suspect.add(exchange)).toBe(2);
    expect(suspect.excluded.shown).toBe(1);
    expect([...suspect.pairs().contexts]).toEqual([1, 9, 9, 8]);
  });

  it('refuses a bad exchange as a whole', () => {
    const suspect = new SuspectPairs({ contextWidth: 1, vocabSize: 10 });
    expect(() => suspect.add({ shown: [[1], [10]], reply: [1, 2] })).toThrow('"shown[1][0]" expected a token id');
    expect(() => suspect.add({ shown: [], reply: [1, 10] })).toThrow('"reply[1]"');
    expect(() => suspect.add({ shown: undefined, reply: [1, 2] } as never)).toThrow(TypeError);
    expect([suspect.exchanges, suspect.tokens, suspect.pairs().n]).toEqual([0, 0, 0]);
    const served = new ServedContexts({ contextWidth: 2 });
    expect(() => new SuspectPairs({ contextWidth: 1, served })).toThrow('"served" expected contexts of width 1, got 2');
  });
});

describe('exchangeOf', () => {
  const tokenizer = tinyLmTokenizer();
  const story = 'The old man looked at the sea and said nothing for a long time';

  it('excludes what a suspect copies into the middle of a sentence, first word and all', () => {
    for (const shown of [story, ` ${story}`, `\n${story}`]) {
      for (const reply of [`He wrote: ${story}.`, `${story}.`, `"${story}."`]) {
        const suspect = new SuspectPairs({ contextWidth: 1 });
        suspect.add(exchangeOf({ shown: [shown], reply }, tokenizer));
        const copied = new Set(tokenizer.encode(` ${story}`));
        const scored = suspect.pairs().contexts.filter((id) => copied.has(id));
        expect(Array.from(scored, (id) => tokenizer.decode(Uint32Array.of(id)))).toEqual([]);
      }
    }
  });

  it('leaves out the token at a cut: the last where the reply met its limit, the first where it goes on in a word', () => {
    const whole = tokenizer.encode('Once upon a time');
    const reply = (fields: object) => exchangeOf({ shown: [], reply: 'Once upon a time', ...fields }, tokenizer).reply;
    expect(reply({})).toEqual(whole);
    expect(reply({ finish: 'stop' })).toEqual(whole);
    expect(reply({ finish: 'length' })).toEqual(whole.subarray(0, -1));
    expect(reply({ finish: 'length', continues: true })).toEqual(whole.subarray(1, -1));
    expect(exchangeOf({ shown: [], reply: '', finish: 'length', continues: true }, tokenizer).reply.length).toBe(0);
  });
});
