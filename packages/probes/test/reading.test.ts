/** Reading: an open model's predictions on text that we make it read, marked text included. */
import { readFileSync } from 'node:fs';
import { type Mark, openMark, type Pairs, type Tokenizer } from '@taggant/core';
import { tiktokenTokenizer } from '@taggant/detector/tiktoken';
import {
  aligned,
  echoModel,
  MISSED,
  type NextTokenModel,
  NO_PREDICTION,
  parseEcho,
  parseIdEcho,
  ReadingPairs,
  ReadingTest,
} from '@taggant/probes';
import { openReadingModel, type ReadingModel } from '@taggant/probes/transformers';
import { openLocalModel } from '@taggant/sampler/local-model';
import { markedGeneration } from '@taggant/sampler/transformers';
import { binomialBand } from '@taggant/stats';
import { tinyLmFolder, tinyLmTokenizer } from '@taggant/tiny-lm';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { always, secretOf, uniforms } from '../../core/test/support.ts';
import { greenlist, guessAfter, teach } from './toy.ts';

const listed = ({ n, contexts, tokens, first, contextWidth: width }: Pairs) =>
  Array.from({ length: n }, (_, i) => [String(contexts.subarray(i * width, (i + 1) * width)), tokens[i], first?.[i]]);

describe('ReadingPairs', () => {
  it('equals the rules in Maps and strings', () => {
    const id = fc.integer({ min: 0, max: 3 });
    const predicted = fc.oneof(
      { weight: 4, arbitrary: id },
      { weight: 1, arbitrary: fc.constantFrom(NO_PREDICTION, MISSED) },
    );
    const texts = fc.array(fc.array(fc.tuple(id, predicted), { maxLength: 30 }), { maxLength: 5 });
    always(
      [texts, fc.integer({ min: 1, max: 3 })],
      (all, contextWidth) => {
        const reading = new ReadingPairs({ contextWidth });
        const [read, pairs] = [new Set<string>(), [] as unknown[]];
        const counts = { readBefore: 0, noPrediction: 0, missed: 0 };
        for (const text of all) {
          const ids = text.map(([token]) => token);
          reading.add(
            ids,
            Uint32Array.from(text, ([, prediction]) => prediction),
          );
          for (let end = contextWidth; end <= ids.length; end++) {
            const window = String(ids.slice(end - contextWidth, end));
            const prediction = text[end - 1][1];
            if (read.has(window)) counts.readBefore++;
            else if (prediction === NO_PREDICTION) counts.noPrediction++;
            else if (prediction === MISSED) counts.missed++;
            else pairs.push([window, prediction, 1]);
            read.add(window);
          }
        }
        expect(listed(reading.pairs())).toEqual(pairs);
        expect(reading.excluded).toEqual({ readBefore: counts.readBefore, noPrediction: counts.noPrediction });
        expect(reading.missed).toBe(counts.missed);
      },
      300,
    );
  });

  it('ends with as many contexts as were asked for', () => {
    const reading = new ReadingPairs({ contextWidth: 1, most: 3 });
    reading.add([1, 2, 3, 4, 5], Uint32Array.of(9, 9, MISSED, 9, 9));
    expect([reading.isFull, reading.pairs().n, reading.missed]).toEqual([true, 2, 1]);
  });

  it('a window whose first place had no prediction, or was missed, counts at no later place', () => {
    const reading = new ReadingPairs({ contextWidth: 1 });
    reading.add([5, 6, 5, 6], Uint32Array.of(NO_PREDICTION, MISSED, 9, 9));
    reading.add([5, 6], Uint32Array.of(9, 9));
    expect([reading.pairs().n, reading.missed]).toEqual([0, 1]);
    expect(reading.excluded).toEqual({ readBefore: 4, noPrediction: 1 });
  });

  it('windows that reach into a text from what stood before it count as read', () => {
    const reading = new ReadingPairs({ contextWidth: 2 });
    reading.add([3, 4, 1, 2, 3, 4], new Uint32Array(6).fill(9), [7, 1, 2]);
    expect(listed(reading.pairs()).map(([window]) => window)).toEqual(['3,4', '4,1']);
  });

  it('a window counts once a seed in the whole run, in marks whose seed forgets part of the context', () => {
    /** The seed is the sum of the context. */
    const distinct = (pairs: Pairs): Pairs => {
      const sums = Array.from({ length: pairs.n }, (_, i) => pairs.contexts[2 * i] + pairs.contexts[2 * i + 1]);
      const names = sums.map((sum, i) => (pairs.dedup === 'context' ? `${sum}` : `${sum} ${pairs.tokens[i]}`));
      return { ...pairs, positions: pairs.positions.filter((_, i) => names.indexOf(names[i]) === i) };
    };
    const reading = new ReadingPairs({ contextWidth: 2, distinct });
    reading.add([1, 2], Uint32Array.of(9, NO_PREDICTION));
    reading.add([2, 1, 5], Uint32Array.of(9, 9, 9));
    reading.add([5, 1], Uint32Array.of(9, 9));
    expect(listed(reading.pairs()).map(([window]) => window)).toEqual(['1,5']);
  });

  it('refuses predictions that do not fit', () => {
    const reading = new ReadingPairs({ contextWidth: 1, vocabSize: 10 });
    expect(() => reading.add([1, 2], Uint32Array.of(1))).toThrow(
      '"predictions" expected one for each of 2 tokens, got 1',
    );
    expect(() => reading.add([1, 2], Uint32Array.of(1, 10))).toThrow('"predictions[1]"');
    expect([reading.pairs().n, reading.tokens]).toEqual([0, 0]);
  });
});

describe('innocent models that read marked text', () => {
  const KEYS = 2000;
  const LEVELS = [0.05, 0.01, 1e-3];
  const MOST = 80;

  type Predict = (text: Uint32Array) => number[];

  /** Rejections of the audit number and of the e-value; every key has its own marked texts. */
  async function rejections(keys: number, predict: Predict) {
    const counts = { audit: LEVELS.map(() => 0), anytime: LEVELS.map(() => 0) };
    const model = { predict: async (text: Uint32Array) => Uint32Array.from(predict(text)) };
    for (let key = 1; key <= keys; key++) {
      const mark = greenlist(key + 3e6, 2);
      const test = new ReadingTest(mark, model, { most: MOST });
      for (let i = 0; i < 4; i++) await test.read(teach(50, mark, 13 * key + i));
      const { audit, anytime } = test.result();
      LEVELS.forEach((level, i) => {
        if (audit.lnP <= Math.log(level)) counts.audit[i]++;
        if (-anytime.lnSup <= Math.log(level)) counts.anytime[i]++;
      });
    }
    return counts;
  }

  async function expectNull(predict: Predict) {
    for (const counts of Object.values(await rejections(KEYS, predict))) {
      LEVELS.forEach((level, i) => {
        expect(counts[i]).toBeLessThanOrEqual(binomialBand(KEYS, level, 0.999)[1]);
      });
    }
  }

  /** After a window that stood in the text before: what followed it there. Else the teacher's own best guess. */
  const copier: Predict = (text) =>
    Array.from(text, (token, i) => {
      for (let j = i - 1; j >= 1; j--) if (text[j] === token && text[j - 1] === text[i - 1]) return text[j + 1];
      return guessAfter(token);
    });

  it(`which copy what they read and else guess as the teacher does, are rejected no more often than alpha (${KEYS} keys)`, async () => {
    await expectNull(copier);
  });

  /** The teacher's even guesses, asked only where the next token is even: a tokenizer that joins odd ones to the one before. */
  const joining = (otherwise: number): Predict => {
    const guess = (token: number) => (guessAfter(token) % 2 === 0 ? guessAfter(token) : NO_PREDICTION);
    return (text) => Array.from(text, (token, i) => ((text[i + 1] ?? 0) % 2 === 0 ? guess(token) : otherwise));
  };

  it(`whose tokenizer ends elsewhere are safe because what is missed counts (${KEYS} keys)`, async () => {
    await expectNull(joining(MISSED));
  });

  it('CONTROL: left out, what is missed would accuse them', async () => {
    const { audit } = await rejections(300, joining(NO_PREDICTION));
    expect(audit[1]).toBeGreaterThan(2 * binomialBand(300, 0.01, 0.999)[1]);
  });

  /**
   * Remembers the run. After a token that it read before: the one that followed it most often; else the commonest so far, or for
   * even tokens `otherwise`.
   */
  function remembering(otherwise?: number, maxLength = 30): NextTokenModel {
    const counts = new Map<string, number>();
    const [likeliest, followers] = [[0], new Map<number, number>()];
    let last: number | undefined;
    const count = (name: string) => counts.set(name, (counts.get(name) ?? 0) + 1).get(name) as number;
    return {
      maxLength,
      predict: async (text) =>
        text.map((token) => {
          if (count(`${token}`) >= (counts.get(`${likeliest[0]}`) ?? 0)) likeliest[0] = token;
          if (last !== undefined) {
            const best = followers.get(last);
            if (count(`${last} ${token}`) >= (counts.get(`${last} ${best}`) ?? 0)) followers.set(last, token);
          }
          last = token;
          return followers.get(token) ?? (token % 2 === 0 ? (otherwise ?? likeliest[0]) : likeliest[0]);
        }),
    };
  }

  it.each([
    ['the commonest so far', undefined],
    ['at times nothing', NO_PREDICTION],
    ['at times are missed', MISSED],
  ])(
    'that answer the commonest next word so far, in parts of a text, else %s, stay at gamma (500 keys)',
    async (_, otherwise) => {
      const RUNS = 500;
      const counts = LEVELS.map(() => [0, 0]);
      for (let key = 1; key <= RUNS; key++) {
        const mark = greenlist(key + 4e6, 1);
        const test = new ReadingTest(mark, remembering(otherwise), { most: 40 });
        for (let i = 0; i < 4; i++) await test.read(teach(100, mark, 13 * key + i));
        const { audit, power, anytime, isFull } = test.result();
        expect([isFull, power]).toEqual([true, audit]);
        LEVELS.forEach((level, i) => {
          if (audit.lnP <= Math.log(level)) counts[i][0]++;
          if (-anytime.lnSup <= Math.log(level)) counts[i][1]++;
        });
      }
      LEVELS.forEach((level, i) => {
        expect(Math.max(...counts[i])).toBeLessThanOrEqual(binomialBand(RUNS, level, 0.999)[1]);
      });
    },
  );

  it('CONTROL: a part that forgets what was read in the parts before it would accuse them', async () => {
    let accused = 0;
    for (let key = 1; key <= 50; key++) {
      const mark = greenlist(key + 4e6, 1);
      const [model, text] = [remembering(), teach(400, mark, 13 * key)];
      await new ReadingTest(mark, model).read(text.subarray(0, 200));
      const forgetful = new ReadingTest(mark, model);
      await forgetful.read(text.subarray(200));
      if (forgetful.result().lnP <= Math.log(0.01)) accused++;
    }
    expect(accused).toBeGreaterThan(25);
  });

  it('missed places cost no scored pair, for marks that leave out pairs too', async () => {
    const mark = greenlist(78, 2);
    const texts = Array.from({ length: 6 }, (_, i) => teach(100, mark, i));
    const model = { predict: async (ids: Uint32Array) => ids.map((id) => (id % 3 === 0 ? MISSED : guessAfter(id))) };
    const resultOf = async (one: Mark) => {
      const test = new ReadingTest(one, model);
      for (const text of texts) await test.read(text);
      return test.result();
    };
    const [plain, looking] = [await resultOf(mark), await resultOf({ ...mark, distinct: (pairs: Pairs) => pairs })];
    expect(plain.missed).toBeGreaterThan(20);
    expect(looking).toEqual(plain);
    expect(new Set(texts.flatMap((text) => Array.from(text.subarray(1), (id, i) => `${text[i]} ${id}`))).size).toBe(
      plain.audit.n,
    );
  });

  it('CONTROL: windows that were read before would accuse one that copies', async () => {
    /** A text that says everything twice. */
    const mark = greenlist(77, 2);
    const half = teach(200, mark, 5);
    const text = Uint32Array.from([...half, ...half]);
    const guarded = new ReadingTest(mark, { predict: async (ids) => Uint32Array.from(copier(ids)) });
    await guarded.read(text);
    const careless = new ReadingTest(mark, { predict: async () => Uint32Array.from(copier(text).slice(200)) });
    await careless.read(half);
    expect(guarded.result().lnP).toBeGreaterThan(Math.log(1e-3));
    expect(careless.result().lnP).toBeLessThan(Math.log(1e-6));
  });
});

describe('transformers.js with tiny-lm', () => {
  const tokenizer = tinyLmTokenizer();
  const mark: Mark = openMark({ scheme: 'greenlist', delta: 4, contextWidth: 1, tokenizer: tokenizer.id }, secretOf(1));
  const prompt = tokenizer.encode('It was a dark night, and the old man said to his daughter');
  let model: ReadingModel;
  beforeAll(async () => {
    model = await openReadingModel(tinyLmFolder);
  });
  afterAll(() => model.dispose());

  it('predicts after every token, from what stands before it alone', async () => {
    const all = await model.predict(prompt);
    expect(all.length).toBe(prompt.length);
    for (const length of [1, 5, prompt.length - 1]) {
      expect(await model.predict(prompt.subarray(0, length))).toEqual(all.subarray(0, length));
    }
    expect(tokenizer.decode(all.subarray(0, 1))).not.toBe('');
    expect((await model.predict(new Uint32Array(0))).length).toBe(0);
    await expect(model.predict(Uint32Array.of(1e6))).rejects.toThrow('"tokens[0]"');
  });

  it('draws predictions from a seeded generator', async () => {
    const drawing = await openReadingModel(tinyLmFolder, { random: uniforms(5) });
    const drawn = await drawing.predict(prompt);
    await drawing.dispose();
    const likely = await model.predict(prompt);
    const same = drawn.filter((id, i) => id === likely[i]).length;
    expect(same).toBeGreaterThan(0);
    expect(same).toBeLessThan(prompt.length);
  });

  it('reads marked text without being accused: it was not trained on it', async () => {
    const writer = await openLocalModel(tinyLmFolder);
    const settings = markedGeneration(mark);
    const texts = await writer.generate([prompt, prompt.subarray(0, 4)], { maxNewTokens: 200, seed: 3, settings });
    await writer.dispose();
    const test = new ReadingTest(mark, model);
    for (const text of texts) await test.read(text);
    const { lnP, audit, excluded, tokens } = test.result();
    expect(lnP).toBeGreaterThan(Math.log(1e-3));
    expect(audit.n).toBeGreaterThan(100);
    expect(excluded.readBefore).toBeGreaterThan(0);
    expect(tokens).toBe(texts[0].length + texts[1].length);
  });

  it('reads a text that is longer than it takes, in parts', async () => {
    const long = Uint32Array.from({ length: 600 }, (_, i) => prompt[i % prompt.length]);
    const test = new ReadingTest(mark, model);
    await test.read(long);
    expect(test.result().tokens).toBe(600);
  });

  it('CONTROL: a model that leans to the mark is found', async () => {
    const leaning: NextTokenModel = {
      async predict(tokens) {
        const rows = Array.from(tokens, (token) => {
          const row = Float32Array.from({ length: tokenizer.id.vocabSize }, (_, v) => -((v * 7919 + token) % 997));
          mark.apply(Uint32Array.of(token), row);
          return row.indexOf(Math.max(...row));
        });
        return Uint32Array.from(rows);
      },
    };
    const test = new ReadingTest(mark, leaning);
    await test.read(
      tokenizer.encode(readFileSync(new URL('../../../README.md', import.meta.url), 'utf8').slice(0, 2000)),
    );
    expect(test.result().lnP).toBeLessThan(Math.log(1e-6));
    expect(test.lnE).toBeGreaterThan(Math.log(1e5));
    expect([test.lnE, test.lnSup]).toEqual([test.result().anytime.lnE, test.result().anytime.lnSup]);
  });
});

describe('an endpoint with echo and logprobs', () => {
  const ours = tinyLmTokenizer();
  const theirs = tiktokenTokenizer('gpt2');
  const text = 'The old man 🙂 walked home.';

  /** An endpoint whose model says ` man` after everything, or what `predict` says, and whose tokenizer is this one. */
  function answerOf(tokens: readonly string[], predict: (i: number) => string = () => ' man') {
    let at = 0;
    const text_offset = tokens.map((token) => (at += Array.from(token).length) - Array.from(token).length);
    const top_logprobs = tokens.map((token, i) => (i === 0 ? null : { [token]: -9, [predict(i)]: -0.1 }));
    return { choices: [{ logprobs: { tokens, text_offset, top_logprobs, token_logprobs: tokens.map(() => -1) } }] };
  }
  /** Tokens as text; parts of characters come as endpoints give them, and stand where the character stands. */
  const pieces = (tokenizer: Tokenizer, text: string) =>
    Array.from(tokenizer.encode(text), (id) => tokenizer.decode(Uint32Array.of(id)));

  it('keeps the places where a token of either ends, in characters beyond the basic plane, too', () => {
    const predictions = parseEcho(answerOf(['The', ' old', ' man', ' 🙂', ' walk', 'ed', ' home', '.']), text);
    expect([...predictions.keys()]).toEqual([3, 7, 11, 14, 19, 21, 26]);
    const ids = ours.encode(text);
    const kept = aligned(ids, text, predictions, ours);
    let at = 0;
    const expected = Array.from(ids, (id) => {
      at += ours.decode(Uint32Array.of(id)).length;
      return at;
    });
    const [man] = ours.encode(' man');
    expect(kept[0]).toBe(man);
    expect(kept.length).toBe(ids.length);
    expect(kept.filter((id) => id === man).length).toBeGreaterThan(3);
    expect(kept.every((id) => id === man || id === MISSED)).toBe(true);
    expect(expected.length).toBe(ids.length);
  });

  it('a prediction that is no token of ours is none; a place whose token was not seen to end there is missed', () => {
    const answer = answerOf(['The', ' old', ' man', ' 🙂', ' walked home', '.'], (i) =>
      i === 1 ? ' xylophonists' : ' man',
    );
    const kept = aligned(ours.encode(text), text, parseEcho(answer, text), ours);
    expect(kept[0]).toBe(NO_PREDICTION);
    const [{ logprobs }] = answer.choices;
    const tokens = logprobs.tokens.with(1, 'bytes:\\xf0');
    const broken = { choices: [{ logprobs: { ...logprobs, tokens } }] };
    expect([...parseEcho(broken, text).keys()]).not.toContain(7);
    expect([...parseEcho(broken, text).keys()]).toContain(11);
  });

  it('asks for the text and nothing else, and finds a model of another tokenizer as it would one of ours', async () => {
    const bodies: Record<string, unknown>[] = [];
    const post = async (body: object) => {
      bodies.push(body as Record<string, unknown>);
      const { prompt } = body as { prompt: string };
      return answerOf([...pieces(theirs, prompt), ' x']);
    };
    const plain = 'The old man walked home. The girl looked at the sea.';
    const model = echoModel({ model: 'suspect', tokenizer: ours, post });
    const ids = ours.encode(plain);
    const kept = await model.predict(ids);
    expect(bodies).toEqual([
      { model: 'suspect', prompt: plain, max_tokens: 1, temperature: 0, echo: true, logprobs: 1 },
    ]);
    const [man] = ours.encode(' man');
    expect(kept.filter((id) => id === man).length).toBeGreaterThan(0.8 * ids.length);
  });

  it('takes ids where the tokenizer is the same, and refuses an answer that has other tokens', async () => {
    const ids = ours.encode('The old man');
    const post = async ({ prompt }: { prompt?: number[] }) => answerOf([...prompt!.map(String), 'x']);
    const model = echoModel({ model: 'suspect', tokenizer: ours, sendsIds: true, post });
    expect(await model.predict(ids)).toEqual(ids.map(() => ours.encode(' man')[0]));
    expect(() => parseIdEcho(answerOf(['a', 'b']), 2, ours)).toThrow('"logprobs" expected 3 tokens, got 2');
  });

  it.each([
    [{}, '"choices[0].logprobs.tokens" expected an array'],
    [{ choices: [{ text: 'a', logprobs: null }] }, 'does the endpoint have echo?'],
    [{ choices: [{ logprobs: { tokens: ['a'], text_offset: [0], top_logprobs: [] } }] }, 'lists of one length'],
    [null, '"choices[0].logprobs.tokens" expected an array'],
  ])('the answer %j is an error that names the field', (answer, message) => {
    expect(() => parseEcho(answer, 'a')).toThrow(message);
  });
});
