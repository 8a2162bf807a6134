/** A loop of our own over the real engine: onnxruntime-node on the CPU, with the small model of @taggant/tiny-lm. */
import { join } from 'node:path';
import { type Mark, openMark } from '@taggant/core';
import { detectTokens } from '@taggant/detector';
import { openLocalModel } from '@taggant/sampler/local-model';
import { generateMarked, type MarkedOptions } from '@taggant/sampler/onnxruntime';
import { markedGeneration } from '@taggant/sampler/transformers';
import { tinyLmFolder, tinyLmTokenizer } from '@taggant/tiny-lm';
import * as ort from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LN_RARE, secretOf, uniforms } from '../../core/test/support.ts';

const tokenizer = tinyLmTokenizer();
const prompts = [
  'It was a dark night, and the old man said to his daughter',
  'It was late in the evening when',
  'The',
  'She looked at him for a long time, and then',
  'Mr. Bennet was',
  'There was nothing in the house but',
  'The first of the two was',
  'On the road to London',
].map((text) => tokenizer.encode(text));
const open = (input: object, secret = 1): Mark =>
  openMark({ tokenizer: tokenizer.id, ...input } as never, secretOf(secret));
const marks = {
  greenlist: open({ scheme: 'greenlist', delta: 4 }),
  gumbel: open({ scheme: 'gumbel', contextWidth: 3 }),
  tournament: open({ scheme: 'tournament', contextWidth: 3 }),
};
const noMark = open({ scheme: 'greenlist', delta: 0 });

let session: ort.InferenceSession;
beforeAll(async () => {
  session = await ort.InferenceSession.create(join(tinyLmFolder, 'onnx/model.onnx'), { intraOpNumThreads: 1 });
});
afterAll(() => session.release());

const generate = (
  mark: Mark | Mark[],
  options: Partial<MarkedOptions> = {},
  texts: readonly ArrayLike<number>[] = prompts,
) => generateMarked(ort, session, texts, mark, { maxTokens: 100, random: uniforms(1), ...options });

describe('generateMarked', () => {
  it.each(Object.entries(marks))('%s: each of eight rows is found with its key, none with another', async (_, mark) => {
    const rows = await generate(mark);
    const other = open({ ...mark.descriptor, kid: undefined }, 2);
    for (const [i, ids] of rows.entries()) {
      expect(ids.length).toBe(100);
      expect(detectTokens(ids, mark, { prompt: prompts[i] }).lnP).toBeLessThan(Math.log(1e-6));
      expect(detectTokens(ids, other, { prompt: prompts[i] }).lnP).toBeGreaterThan(LN_RARE);
    }
  });

  it('without a mark nothing is found', async () => {
    for (const [i, ids] of (await generate(noMark)).entries()) {
      for (const mark of Object.values(marks))
        expect(detectTokens(ids, mark, { prompt: prompts[i] }).lnP).toBeGreaterThan(LN_RARE);
    }
  });

  it('greedy, it gives the text that transformers.js gives: cache, positions and bias are right', async () => {
    const model = await openLocalModel(tinyLmFolder);
    const settings = markedGeneration(marks.greenlist, { temperature: 0 });
    const expected = await model.generate([prompts[0]], { maxNewTokens: 60, seed: 1, settings });
    expect(await generate(marks.greenlist, { maxTokens: 60, temperature: 0 }, [prompts[0]])).toEqual(expected);
    await model.dispose();
  });

  it('a row of a batch begins as it does alone: padding on the left is not read', async () => {
    const together = await generate(marks.gumbel, { maxTokens: 12 });
    for (const [i, prompt] of prompts.entries()) {
      const [alone] = await generate(marks.gumbel, { maxTokens: 12 }, [prompt]);
      // Padding changes the logits in the last digits, so two words nearly as loud may change places later.
      if (prompt.length >= 3) expect(together[i].subarray(0, 8)).toEqual(alone.subarray(0, 8));
    }
  });

  it('the same random numbers give the same texts, others another; at temperature 0 none are asked for', async () => {
    const run = (seed: number) => generate(marks.greenlist, { maxTokens: 15, random: uniforms(seed) });
    expect(await run(5)).toEqual(await run(5));
    expect(await run(5)).not.toEqual(await run(6));
    const random = () => expect.unreachable();
    expect(await generate(marks.greenlist, { maxTokens: 5, temperature: 0, random })).toHaveLength(8);
  });

  it('a text ends where an end is drawn, without it, while the others go on', async () => {
    const whole = await generate(marks.greenlist, { maxTokens: 30, temperature: 0 });
    const end = whole[0][10];
    const cut = await generate(marks.greenlist, { maxTokens: 30, temperature: 0, ends: [end] });
    for (const [i, ids] of whole.entries()) {
      const at = ids.indexOf(end);
      expect(cut[i]).toEqual(at < 0 ? ids : ids.subarray(0, at));
    }
  });

  it('once a text has ended, nothing is drawn for it', async () => {
    const next = uniforms(3);
    let asked = 0;
    const random = () => {
      asked++;
      return next();
    };
    const [drawn] = await generate(noMark, { maxTokens: 1, random: uniforms(3) });
    const texts = await generate(noMark, { maxTokens: 20, random, ends: [drawn[0]] });
    expect(texts[0], 'control: the first text ends at once').toHaveLength(0);
    const ended = texts.filter(({ length }) => length < 20).length;
    expect(asked).toBe(texts.reduce((sum, { length }) => sum + length, 0) + ended);
  });

  it('refuses no prompts, prompts without tokens, and greedy draws', async () => {
    for (const none of [[], [[]], [[1], []]]) {
      await expect(generate(noMark, {}, none)).rejects.toThrow(
        '"prompts" expected at least one prompt of at least one token',
      );
    }
    await expect(generate(marks.gumbel, { temperature: 0 })).rejects.toThrow(/needs a choice to make/);
    await expect(generate(noMark, { maxTokens: 0 })).rejects.toThrow('"maxTokens"');
  });
});
