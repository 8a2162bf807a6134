/** Edges of the marks: illegal rows, single candidates, lopsided rows, wrong pairs, state that must not be shared. */
import { distinctPairs, type Mark, openMark, type Pairs } from '@taggant/core';
import { describe, expect, it } from 'vitest';
import { keyOf, randomRow, secretOf, softmax, uniforms } from './support.ts';

const context = Uint32Array.of(1, 2, 3, 4);
const schemes = ['greenlist', 'gumbel', 'tournament'] as const;
const open = (scheme: (typeof schemes)[number], secret = 1) => openMark({ scheme, contextWidth: 4 }, secretOf(secret));

describe.each(schemes)('%s', (scheme) => {
  it.each([Number.NaN, Number.POSITIVE_INFINITY])('refuses a row with %s and leaves it as it was', (bad) => {
    for (const at of [0, 77, 999]) {
      const row = randomRow(1000, uniforms(at));
      row[at] = bad;
      const before = row.slice();
      expect(() => open(scheme).apply(context, row)).toThrow(RangeError);
      expect(row).toEqual(before);
    }
  });

  it('never turns a masked token back on', () => {
    const row = randomRow(1000, uniforms(5), 0.7);
    const masked = [...row.keys()].filter((v) => row[v] === Number.NEGATIVE_INFINITY);
    open(scheme).apply(context, row);
    expect(masked.filter((v) => row[v] !== Number.NEGATIVE_INFINITY)).toEqual([]);
  });

  it('leaves a single candidate the single candidate', () => {
    const row = new Float32Array(100).fill(Number.NEGATIVE_INFINITY);
    row[42] = -7;
    open(scheme).apply(context, row);
    expect(softmax(row)[42]).toBe(1);
  });

  it('gives no NaN on lopsided rows: one token that holds nearly everything, logits of the size of float32', () => {
    for (let secret = 0; secret < 200; secret++) {
      const next = uniforms(secret);
      const row = Float32Array.from({ length: 50 }, () => -(10 ** (20 * next() - 2)));
      row[7] = 0;
      open(scheme, secret).apply(context, row);
      expect([...row].filter(Number.isNaN)).toEqual([]);
      expect(Math.max(...row)).toBeGreaterThan(Number.NEGATIVE_INFINITY);
    }
  });

  it('writes to a view in the middle of a buffer, shared memory included, and to nothing around it', () => {
    const original = randomRow(300, uniforms(8));
    const alone = original.slice();
    open(scheme).apply(context, alone);
    for (const buffer of [new ArrayBuffer(4 * 310), new SharedArrayBuffer(4 * 310)]) {
      const all = new Float32Array(buffer).fill(9);
      all.set(original, 5);
      open(scheme).apply(context, all.subarray(5, 305));
      expect(all.slice(5, 305)).toEqual(alone);
      expect([...all.slice(0, 5), ...all.slice(305)]).toEqual(Array(10).fill(9));
    }
  });

  it('reads the end of a context that is longer than it needs', () => {
    const [short, long] = [randomRow(200, uniforms(9)), randomRow(200, uniforms(9))];
    open(scheme).apply(context, short);
    open(scheme).apply(Uint32Array.of(99, 98, ...context), long);
    expect(long).toEqual(short);
  });

  it('refuses a context that is too short or holds an id beyond the limit', () => {
    const row = randomRow(100, uniforms(3));
    const before = row.slice();
    expect(() => open(scheme).apply(context.subarray(1), row)).toThrow(
      '"context" expected at least 4 token ids, got 3',
    );
    for (const id of [2 ** 24 - 1, 2 ** 24, 2 ** 32 - 1]) {
      expect(() => open(scheme).apply(Uint32Array.of(1, id, 3, 4), row)).toThrow(RangeError);
    }
    expect(row).toEqual(before);
    open(scheme).apply(Uint32Array.of(1, 2 ** 24 - 2, 3, 4), row);
  });

  it('refuses pairs of another width, and pairs whose arrays do not hold n pairs', () => {
    const pairs = distinctPairs([1, 2, 3, 4, 5, 6], { contextWidth: 4 });
    const out = new Float64Array(9);
    const refuse = (changes: Partial<Pairs>) =>
      expect(() => open(scheme).score({ ...pairs, ...changes }, out)).toThrow(RangeError);
    refuse(distinctPairs([1, 2, 3], { contextWidth: 1 }));
    refuse({ n: 3 });
    refuse({ tokens: Uint32Array.of(1) });
    refuse({ tokens: Uint32Array.of(1, 2 ** 24 - 1) });
    refuse({ contexts: Uint32Array.of(1, 2, 3, 4, 5, 6, 7, 2 ** 24 + 5) });
    expect(out).toEqual(new Float64Array(9));
  });

  it('scores no pairs at all', () => {
    open(scheme).score(distinctPairs([], { contextWidth: 4 }), new Float64Array(0));
  });

  it('two marks that take turns do not disturb each other, whatever the order of sizes', () => {
    const turn = (mark: Mark, size: number) => {
      const row = randomRow(size, uniforms(size));
      mark.apply(context, row);
      const out = new Float64Array(size);
      const pairs = distinctPairs([...row.keys()], { contextWidth: 4, prompt: [9, 9, 9, 9] });
      mark.score(pairs, out);
      return [row, out];
    };
    const [a, b] = [open(scheme, 1), open(scheme, 2)];
    const together = [700, 30, 900].flatMap((size) => [turn(a, size), turn(b, size)]);
    const apart = [700, 30, 900].flatMap((size) => [turn(open(scheme, 1), size), turn(open(scheme, 2), size)]);
    expect(together).toEqual(apart);
    expect(together[0]).not.toEqual(together[1]);
  });

  it('says in its descriptor, once and for all, which key it holds', () => {
    const { descriptor } = open(scheme);
    expect(descriptor.kid).toBe(keyOf(scheme, 1).kid);
    expect(Object.isFrozen(descriptor)).toBe(true);
  });
});

describe('openMark', () => {
  const green = keyOf('greenlist', 1);

  it('refuses the key of another scheme, another kid, and what is no key', () => {
    expect(() => openMark({ scheme: 'gumbel' }, green)).toThrow('"key" expected scheme gumbel, got greenlist');
    expect(() => openMark({ scheme: 'greenlist', kid: '0123456789abcdef' }, green)).toThrow(
      /expected kid 0123456789abcdef/,
    );
    expect(() => openMark({ scheme: 'greenlist' }, new Uint8Array(32) as never)).toThrow(TypeError);
    expect(() => openMark(null as never, green)).toThrow(RangeError);
    expect(openMark({ scheme: 'greenlist', kid: green.kid }, green).descriptor.kid).toBe(green.kid);
  });

  it('takes a secret for the key with the empty label', () => {
    expect(openMark({ scheme: 'greenlist' }, secretOf(1)).descriptor).toEqual(
      openMark({ scheme: 'greenlist' }, green).descriptor,
    );
  });
});
