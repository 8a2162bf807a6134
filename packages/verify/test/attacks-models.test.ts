/** Attacks by a model, and on one that writes. */
import { openMark, Secret } from '@taggant/core';
import { detectTokens } from '@taggant/detector';
import { type LocalModel, openLocalModel } from '@taggant/sampler/local-model';
import { markedGeneration } from '@taggant/sampler/transformers';
import { binomialBand } from '@taggant/stats';
import { tinyLmFolder, tinyLmTokenizer } from '@taggant/tiny-lm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filledGeneration } from '../src/attacks/fillers.ts';
import { attackOf } from '../src/attacks/index.ts';
import { type InfillModel, openInfill, paraphraserFolder } from '../src/attacks/infill.ts';
import { type CausalReader, openCausalReader } from '../src/attacks/next-token.ts';
import { seededRandom } from './attacks-support.ts';

const tokenizer = tinyLmTokenizer();
const secret = Secret.fromBytes(new Uint8Array(32).fill(9));
const markOf = (contextWidth: number) =>
  openMark({ scheme: 'greenlist', delta: 4, contextWidth, tokenizer: tokenizer.id }, secret);
const PROMPTS = ['It was late in the evening when', 'My father had told me', 'The ship', 'She said nothing, and'].map(
  (text) => tokenizer.encode(text),
);
const LENGTH = 120;

describe('fillers', () => {
  let model: LocalModel;
  const write = (settings: ReturnType<typeof markedGeneration>) =>
    model.generate(PROMPTS, { maxNewTokens: LENGTH, seed: 7, settings, ignoreEnd: true });
  const FILLER = 9;
  const filled = (ids: Uint32Array, every: number) =>
    [...ids].flatMap((id, i) => ((i + 1) % every === 0 ? [id, FILLER] : [id]));

  beforeAll(async () => {
    model = await openLocalModel(tinyLmFolder);
  });
  afterAll(() => model.dispose());

  it('none within the text: the text of a marked generation', async () => {
    const mark = markOf(2);
    const options = { temperature: 0.9, topP: 0.95 };
    expect(await write(filledGeneration(mark, options, { every: LENGTH, filler: FILLER }))).toEqual(
      await write(markedGeneration(mark, options)),
    );
  });

  it('behind every token: the mark is in the text with them and gone from the text without', async () => {
    const mark = markOf(1);
    for (const ids of await write(filledGeneration(mark, {}, { every: 1, filler: FILLER }))) {
      const { positions, scores } = detectTokens(filled(ids, 1), mark, { details: true }).details!;
      const behindFiller = scores.filter((_, i) => positions[i] > 0 && positions[i] % 2 === 0);
      expect(behindFiller.reduce((sum, green) => sum + green, 0) / behindFiller.length).toBeGreaterThan(0.75);
      expect(detectTokens(ids, mark, { alpha: 1e-3 }).verdict).not.toBe('marked');
    }
  });

  it('behind every eighth token: a mark of two tokens is lost on two of eight', async () => {
    const mark = markOf(2);
    const green = { kept: [0, 0], lost: [0, 0] };
    for (const ids of await write(filledGeneration(mark, {}, { every: 8, filler: FILLER }))) {
      const { positions, scores } = detectTokens(ids, mark, { details: true }).details!;
      positions.forEach((position, i) => {
        // The first text of eight stands behind the prompt, which the mark saw without a filler.
        const group = position % 8 < 2 ? green.lost : green.kept;
        group[0] += scores[i];
        group[1]++;
      });
    }
    expect(green.kept[0] / green.kept[1]).toBeGreaterThan(0.75);
    // A lost context gives one in four, like any text: this would fail for one seed in a thousand.
    const [low, high] = binomialBand(green.lost[1], 0.25, 0.999);
    expect(green.lost[0]).toBeGreaterThanOrEqual(low);
    expect(green.lost[0]).toBeLessThanOrEqual(high);
    expect(green.lost[1] / (green.lost[1] + green.kept[1])).toBeCloseTo(2 / 8, 1);
  });

  it('refuses fillers out of range', () => {
    expect(() => filledGeneration(markOf(1), {}, { every: 0, filler: 9 })).toThrow(
      '"every" expected an integer from 1',
    );
    expect(() => filledGeneration(markOf(1), {}, { every: 1, filler: 4096 })).toThrow(
      '"filler" expected an integer from 0 to 4095',
    );
  });
});

describe('infill', () => {
  const TEXT =
    'It was a bright cold day, and the old man sat by the window with his hands upon his knees. “You have come late,” ' +
    'he said; but she made no answer, and looked only at the fire. Then, after a long while, he rose and went to the ' +
    'door of the house.';
  let model: InfillModel;
  let reader: CausalReader;
  beforeAll(async () => {
    model = await openInfill();
    reader = await openCausalReader(paraphraserFolder);
  });
  afterAll(async () => {
    await model.dispose();
    await reader.dispose();
  });
  const infill = async (text: string, share: number, seed = 1) =>
    attackOf(`infill:${share}`, { infill: model.infill }).apply(text, seededRandom(seed));

  it('redraws nothing, little or much, as it is told', async () => {
    expect(await infill(TEXT, 0)).toBe(TEXT);
    const words = TEXT.split(' ');
    const goneAt = async (share: number) => {
      const texts = await Promise.all([1, 2, 3, 4, 5].map((seed) => infill(TEXT, share, seed)));
      const gone = texts.map((text) => words.filter((word) => !text.split(' ').includes(word)).length);
      return gone.reduce((sum, count) => sum + count, 0) / (5 * words.length);
    };
    const [little, some, much] = [await goneAt(0.1), await goneAt(0.3), await goneAt(0.9)];
    // A word has 1.3 tokens or so, and some draws come out as they were.
    expect(little).toBeLessThan(0.15);
    expect(some).toBeGreaterThan(little);
    expect(much).toBeGreaterThan(0.4);
  });

  it('is pure, keeps text well-formed, and takes any text', async () => {
    expect(await infill(TEXT, 0.5, 3)).toBe(await infill(TEXT, 0.5, 3));
    expect(await infill('', 1)).toBe('');
    for (const text of ['a', '🟢 naïve “東京” 👩‍👩‍👧', ' \n', '<|endoftext|> again']) {
      expect(/\p{Surrogate}|\ufffd/u.test(await infill(text, 1))).toBe(false);
    }
  });

  it('reads past its window', async () => {
    const long = TEXT.repeat(5);
    expect(tokenizer.encode(long).length).toBeGreaterThan(256);
    const after = await infill(long, 0.1);
    expect(after.slice(-300)).not.toBe(long.slice(-300));
  });

  it('expects of a text read at once what it expects of the same text read step by step', async () => {
    const ids = tokenizer.encode(TEXT).subarray(0, 20);
    const [once, steps] = [reader.start(), reader.start()];
    for (const id of ids) {
      once.push(id);
      await steps.lnNext();
      steps.push(id);
    }
    const [a, b] = [await once.lnNext(), await steps.lnNext()];
    const differences = a.map((lnP, id) => Math.abs(lnP - b[id]));
    expect(Math.max(...differences)).toBeLessThan(1e-3);
    expect(a.reduce((sum, lnP) => sum + Math.exp(lnP), 0)).toBeCloseTo(1, 5);

    const [after] = await steps.lnBehind([17, 4], 99);
    once.push(17);
    expect(Math.abs(after - (await once.lnNext())[99])).toBeLessThan(1e-3);
  });
});
