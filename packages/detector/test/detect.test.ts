/** What goes into the detector and what comes out: borders, details, batches, corpora. */
import { openMark, PairCollector, type Tokenizer } from '@taggant/core';
import { detectMany, detectPairs, detectText, detectTokens } from '@taggant/detector';
import { describe, expect, it } from 'vitest';
import { secretOf, uniforms } from '../../core/test/support.ts';

const schemes = ['greenlist', 'gumbel', 'tournament'] as const;
const gpt2 = { name: 'gpt2', vocabSize: 50257, sha256: 'ab'.repeat(32) };
const open = (scheme: (typeof schemes)[number] = 'greenlist', options = {}) =>
  openMark({ scheme, contextWidth: 2, ...options }, secretOf(1));
const next = uniforms(1);
const text = Uint32Array.from({ length: 300 }, () => 40 * next());

describe.each(schemes)('%s', (scheme) => {
  it('details add up to the sum, the positions to n', () => {
    const mark = open(scheme);
    const { details, score, n, positions, law } = detectTokens(text, mark, { details: true });
    expect(details!.scores.length).toBe(n);
    expect(details!.positions.length).toBe(n);
    expect(details!.scores.reduce((a, b) => a + b)).toBe(score);
    expect([...details!.positions]).toEqual([...details!.positions].sort((a, b) => a - b));
    expect(positions).toEqual({ seen: 300, repeated: 300 - 2 - n, withoutContext: 2 });
    expect(law).toEqual(mark.law);
    expect(detectTokens(text, mark)).not.toHaveProperty('details');
  });

  it('each position has the score that it has alone', () => {
    const mark = open(scheme);
    const { details } = detectTokens(text, mark, { details: true });
    for (const i of [0, 7, details!.positions.length - 1]) {
      const at = details!.positions[i];
      const alone = detectTokens(text.subarray(at, at + 1), mark, { prompt: text.subarray(0, at) });
      expect([alone.n, alone.score]).toEqual([1, details!.scores[i]]);
    }
  });

  it('a prompt gives context to the first tokens and is not scored', () => {
    const mark = open(scheme);
    const [prompt, rest] = [text.subarray(0, 50), text.subarray(50)];
    const detection = detectTokens(rest, mark, { prompt, details: true });
    expect(detection.positions).toMatchObject({ seen: 250, withoutContext: 0 });
    expect(detection.details!.positions[0]).toBe(0);
  });

  it('arrays of any kind give one result', () => {
    const mark = open(scheme);
    const expected = detectTokens(text, mark);
    const shared = new Uint32Array(new SharedArrayBuffer(4 * text.length));
    shared.set(text);
    const padded = Uint32Array.of(9, ...text, 9).subarray(1, -1);
    for (const tokens of [
      [...text],
      Object.freeze([...text]),
      Uint16Array.from(text),
      Float64Array.from(text),
      shared,
      padded,
    ]) {
      expect(detectTokens(tokens, mark)).toEqual(expected);
    }
  });

  it('the order of two detections, and what was detected before, do not matter', () => {
    const [a, b] = [open(scheme), open(scheme, { cohort: 7 })];
    const alone = [detectTokens(text, open(scheme)), detectTokens(text.subarray(9), open(scheme, { cohort: 7 }))];
    for (let i = 0; i < 3; i++) expect([detectTokens(text, a), detectTokens(text.subarray(9), b)]).toEqual(alone);
  });

  it('context mode counts each context once, with the score of its first token', () => {
    const mark = open(scheme);
    const detection = detectTokens(text, mark, { dedup: 'context', details: true });
    const contexts = [...detection.details!.positions].map((i) => text.subarray(i - 2, i).join());
    expect(new Set(contexts).size).toBe(detection.n);
    expect(detection.dedup).toBe('context');
    expect(detection.n).toBeLessThan(detectTokens(text, mark).n);
  });
});

describe('token ids', () => {
  const mark = open();
  it.each([[[2 ** 24 - 1]], [[-1]], [[1.5]], [[Number.NaN]], [['5']], [[null]], [[5n]], ['abc'], [null], [{}]])(
    'refuses %s',
    (tokens) => {
      expect(() => detectTokens(tokens as never, mark)).toThrow(/^"tokens/);
      expect(() => detectTokens([1], mark, { prompt: tokens as never })).toThrow(/^"prompt/);
    },
  );

  it('takes 2^24 - 2, at the width of 4 and in the highest cohort, too', () => {
    const largest = Array(6).fill(2 ** 24 - 2);
    expect(detectTokens(largest, open('gumbel', { contextWidth: 4, cohort: 2 ** 24 - 1 })).n).toBe(1);
  });

  it("beyond the mark's vocabulary are refused", () => {
    const small = open('greenlist', { tokenizer: { name: 'small', vocabSize: 10 } });
    expect(() => detectTokens([1, 2, 10], small)).toThrow('"tokens[2]" expected a token id from 0 to 9, got 10');
    expect(() => detectTokens([1], small, { prompt: [10] })).toThrow('"prompt[0]"');
    expect(detectTokens([1, 2, 9], small).n).toBe(1);
  });

  it('half a million of them', () => {
    const long = Uint32Array.from({ length: 500_000 }, (_, i) => (i * i) % 49_999);
    expect(detectTokens([...long], open('greenlist'), { prompt: [...long] })).toMatchObject({
      positions: { seen: 500_000 },
    });
  });
});

describe('detectText', () => {
  const tokenizer = (id: Tokenizer['id']): Tokenizer => ({
    id,
    encode: (text) => Uint32Array.from(text, (c) => c.charCodeAt(0)),
    decode: (ids) => String.fromCharCode(...ids),
  });
  const mark = open('greenlist', { tokenizer: gpt2 });

  it('tests the tokens of the text', () => {
    const english = 'It is a truth universally acknowledged';
    expect(detectText(english, mark, tokenizer(gpt2))).toEqual(detectTokens(tokenizer(gpt2).encode(english), mark));
    expect(detectText('', mark, tokenizer(gpt2)).reason).toBe('too-short');
  });

  it.each([
    ['name', { name: 'opt', vocabSize: 50257 }],
    ['sha256', { ...gpt2, sha256: 'cd'.repeat(32) }],
    ['size', { name: 'gpt2', vocabSize: 50258 }],
  ])('refuses a tokenizer of another %s', (_, id) => {
    expect(() => detectText('text', mark, tokenizer(id))).toThrow(
      /^"tokenizer" expected the mark's "gpt2" \(50257 ids, sha256 abababababab\.\.\.\), got/,
    );
  });

  it('takes any tokenizer for a mark that names none, and the same file under another name', () => {
    detectText('text', open(), tokenizer({ name: 'any', vocabSize: 9 }));
    detectText('text', mark, tokenizer({ ...gpt2, name: 'renamed' }));
  });

  it.each([null, undefined, 7, ['text']])('refuses %j for a text', (value) => {
    expect(() => detectText(value as never, mark, tokenizer(gpt2))).toThrow('"text" expected a string');
  });
});

describe('detectMany', () => {
  it('gives each text the result it has alone, one after the other, with its id', () => {
    const mark = open();
    let taken = 0;
    function* inputs() {
      for (const id of ['a', 'b', 'c']) {
        taken++;
        yield { id, tokens: text.subarray(taken), prompt: [1, 2] };
      }
    }
    const results = detectMany(inputs(), mark, { alpha: 1e-3 });
    expect(taken).toBe(0);
    const first = results.next().value!;
    expect(taken).toBe(1);
    expect(first).toEqual({ id: 'a', ...detectTokens(text.subarray(1), mark, { alpha: 1e-3, prompt: [1, 2] }) });
    expect([...results].map(({ id }) => id)).toEqual(['b', 'c']);
  });
});

describe('detectPairs', () => {
  it('counts a pair once in a whole corpus, and says how it was deduplicated', () => {
    const mark = open();
    for (const dedup of ['pair', 'context'] as const) {
      const collector = new PairCollector({ contextWidth: 2, dedup });
      for (let i = 0; i < 4; i++) collector.add(text);
      const corpus = detectPairs(collector.pairs(), mark);
      const once = detectTokens(text, mark, { dedup });
      expect([corpus.n, corpus.score, corpus.lnP, corpus.dedup]).toEqual([once.n, once.score, once.lnP, dedup]);
      expect(corpus.positions.seen).toBe(1200);
    }
  });

  it('does not vouch for pairs that it did not collect', () => {
    const mark = open();
    const { dedup, ...pairs } = new PairCollector({ contextWidth: 2 }).pairs();
    expect(dedup).toBe('pair');
    expect(detectPairs(pairs, mark).dedup).toBe('none');
  });

  it('refuses pairs of another width', () => {
    expect(() => detectPairs(new PairCollector({ contextWidth: 1 }).pairs(), open())).toThrow(
      '"pairs" expected contexts of width 2, got 1',
    );
  });
});

describe('a detection', () => {
  it('is plain data: JSON holds all of it but the details', () => {
    const detection = detectTokens(text, open('tournament', { tokenizer: gpt2 }));
    expect(JSON.parse(JSON.stringify(detection))).toEqual(detection);
    expect(structuredClone(detection)).toEqual(detection);
    expect(Object.keys(detection)).toEqual(
      expect.arrayContaining(['verdict', 'reason', 'lnP', 'p', 'n', 'score', 'law', 'dedup', 'correction', 'mark']),
    );
  });

  it('cannot be used to change the mark', () => {
    const mark = open('greenlist', { tokenizer: gpt2 });
    const detection = detectTokens(text, mark);
    expect(() => Object.assign(detection.mark, { cohort: 9 })).toThrow(TypeError);
    expect(() => Object.assign(detection.mark.tokenizer!, { vocabSize: 9 })).toThrow(TypeError);
    expect(() => Object.assign(detection.law, { p: 0.9 })).toThrow(TypeError);
    expect(() => Object.assign(mark, { score() {} })).toThrow(TypeError);
    expect(() => Object.assign(mark.oneBit, { mean: 9 })).toThrow(TypeError);
    Object.assign(detection.power.strength, { mean: 9 });
    expect(detectTokens(text, mark)).toMatchObject({ lnP: detection.lnP, power: { needed: detection.power.needed } });
  });
});
