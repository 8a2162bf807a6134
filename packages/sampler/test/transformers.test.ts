/** Marked generation through the real engine: transformers.js on ONNX Runtime, with the small model of @taggant/tiny-lm. */
import {
  LogitsProcessor,
  LogitsProcessorList,
  random,
  TemperatureLogitsWarper,
  Tensor,
} from '@huggingface/transformers';
import { type Mark, openMark } from '@taggant/core';
import { detectTokens } from '@taggant/detector';
import { MarkHook, sampleToken, warp } from '@taggant/sampler';
import { type LocalModel, openLocalModel } from '@taggant/sampler/local-model';
import { MarkLogitsProcessor, markedGeneration, plainGeneration } from '@taggant/sampler/transformers';
import { binomialBand } from '@taggant/stats';
import { tinyLmFolder, tinyLmTokenizer } from '@taggant/tiny-lm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomRow, secretOf, uniforms } from '../../core/test/support.ts';

const tokenizer = tinyLmTokenizer();
const V = tokenizer.id.vocabSize;
const prompt = tokenizer.encode('It was a dark night, and the old man said to his daughter');
const open = (input: object, secret = 1): Mark =>
  openMark({ tokenizer: tokenizer.id, ...input } as never, secretOf(secret));
const marks = {
  greenlist: open({ scheme: 'greenlist', delta: 4 }),
  gumbel: open({ scheme: 'gumbel', contextWidth: 3 }),
  tournament: open({ scheme: 'tournament', contextWidth: 3 }),
};

let model: LocalModel;
beforeAll(async () => {
  model = await openLocalModel(tinyLmFolder);
});
afterAll(() => model.dispose());

const generate = async (
  settings: ReturnType<typeof markedGeneration>,
  prompts: ArrayLike<number>[] = [prompt],
  tokens = 60,
  seed = 1,
) => model.generate(prompts, { maxNewTokens: tokens, seed, settings, ignoreEnd: true });

describe('marked generation', () => {
  it.each(Object.entries(marks))(
    '%s: found with its key, not with another; without the mark, not found',
    async (scheme, mark) => {
      const [ids] = await generate(markedGeneration(mark), [prompt], 100);
      expect(ids.length).toBe(100);
      expect(detectTokens(ids, mark, { prompt }).verdict).toBe('marked');
      expect(detectTokens(ids, open({ ...mark.descriptor, kid: undefined }, 2), { prompt }).lnP).toBeGreaterThan(
        Math.log(1e-4),
      );
      const [plain] = await generate(plainGeneration(), [prompt], 100);
      expect(detectTokens(plain, mark, { prompt }).lnP, scheme).toBeGreaterThan(Math.log(1e-4));
    },
  );

  it('the same seed gives the same text, another seed another', async () => {
    const run = (seed: number) => generate(markedGeneration(marks.tournament), [prompt], 25, seed);
    expect(await run(5)).toEqual(await run(5));
    expect(await run(5)).not.toEqual(await run(6));
  });

  it('one settings object serves many generations: each begins a sequence of its own', async () => {
    const settings = markedGeneration(marks.gumbel);
    expect(await generate(settings, [prompt], 25)).toEqual(await generate(settings, [prompt], 25));
  });

  it('a batch of prompts of different lengths gives each row the text, and the detection, that it gets alone', async () => {
    const prompts = [prompt, prompt.subarray(0, 5), tokenizer.encode('The first of the two was')];
    const together = await generate(markedGeneration(marks.gumbel), prompts, 50);
    for (const [i, prompt] of prompts.entries()) {
      const [alone] = await generate(markedGeneration(marks.gumbel), [prompt], 50);
      // Gumbel-max leaves the engine no choice; where two tokens are nearly as loud, padding may tip the scales later on.
      expect([...together[i].subarray(0, 10)]).toEqual([...alone.subarray(0, 10)]);
      const detections = [together[i], alone].map((ids) => detectTokens(ids, marks.gumbel, { prompt }));
      expect(detections.map(({ verdict }) => verdict)).toEqual(['marked', 'marked']);
      expect(detections[0].positions.seen).toBe(detections[1].positions.seen);
    }
  });

  it('a prompt shorter than the context: the first steps are unmarked, and the rest is found', async () => {
    const [ids] = await generate(markedGeneration(marks.gumbel), [prompt.subarray(0, 1)], 60);
    const detection = detectTokens(ids, marks.gumbel, { prompt: prompt.subarray(0, 1) });
    expect(detection.verdict).toBe('marked');
    expect(detection.positions.withoutContext).toBe(2);
  });

  it('the end of the text ends the row, and is not part of it', async () => {
    const settings = markedGeneration(open({ scheme: 'greenlist', delta: 0 }));
    const [row] = await model.generate([[0, 0]], { maxNewTokens: 5, seed: 1, settings });
    expect([...row]).not.toContain(0);
    const all = await model.generate([prompt], { maxNewTokens: 40, seed: 1, settings, ignoreEnd: true });
    expect([...all[0]]).not.toContain(0);
    expect(all[0].length).toBe(40);
  });

  it("a stack of an owner's and an account's list: both are found, each by itself", async () => {
    const [owner, account] = [
      open({ scheme: 'greenlist', delta: 4 }),
      open({ scheme: 'greenlist', delta: 3, cohort: 4242 }),
    ];
    const [ids] = await generate(markedGeneration([owner, account]), [prompt], 120);
    expect([owner, account].map((mark) => detectTokens(ids, mark, { prompt, alpha: 1e-4 }).verdict)).toEqual([
      'marked',
      'marked',
    ]);
    const other = open({ scheme: 'greenlist', cohort: 4243 });
    expect(detectTokens(ids, other, { prompt, alpha: 1e-4 }).verdict).not.toBe('marked');
  });
});

/** Our draw as it is without a thought for the engine's own. */
class DrawingAlone extends LogitsProcessor {
  override _call(inputIds: bigint[][], logits: Tensor): Tensor {
    for (let i = 0; i < inputIds.length; i++) {
      const row = (logits.data as Float32Array).subarray(i * V, (i + 1) * V);
      const token = sampleToken(row, random.random());
      row.fill(Number.NEGATIVE_INFINITY)[token] = 0;
    }
    return logits;
  }
}

describe('settings', () => {
  const tensor = (rows: Float32Array[]) =>
    new Tensor('float32', Float32Array.from(rows.flatMap((row) => [...row])), [rows.length, V]);
  const ids = () => [1n, 2n, 3n, 4n];

  /** What the engine hands to our processor for a row, and gets back from it. */
  function processed(settings: ReturnType<typeof markedGeneration>, row: Float32Array): Float32Array {
    const logits = tensor([row]);
    const processor = settings.logits_processor.processors.find(
      (processor) => !(processor instanceof TemperatureLogitsWarper),
    );
    const out = (processor as MarkLogitsProcessor)._call([ids()], logits);
    expect(out).toBe(logits);
    return (out as Tensor).data as Float32Array;
  }

  it('the processor returns the tensor that it changed in place', () => {
    const row = randomRow(V, uniforms(1));
    for (const settings of [
      markedGeneration(marks.greenlist),
      markedGeneration(marks.gumbel),
      plainGeneration({ topK: 5 }),
    ]) {
      expect(processed(settings, row)).not.toEqual(row);
    }
  });

  it('rows arrive divided by the temperature: at T = 0.5 the bias is 2 delta, at greedy decoding and T = 1 delta', () => {
    const row = new Float32Array(V);
    const bias = (options: object) => Math.max(...processed(markedGeneration(marks.greenlist, options), row));
    expect([{ temperature: 0.5 }, { temperature: 1 }, { temperature: 0 }, { doSample: false }].map(bias)).toEqual([
      8, 4, 4, 4,
    ]);
    const post = open({ scheme: 'greenlist', delta: 4, stage: 'post-temperature' });
    expect(Math.max(...processed(markedGeneration(post, { temperature: 0.5 }), row))).toBe(4);
  });

  it('at any temperature the engine samples what the hook marks: text at T = 0.5 carries the mark', async () => {
    const [text] = await generate(markedGeneration(marks.greenlist, { temperature: 0.5 }), [prompt], 100);
    expect(detectTokens(text, marks.greenlist, { prompt }).verdict).toBe('marked');
  });

  it('draw one token from the row, as often as its probability says, and leave it alone in the row', () => {
    const draw = (p: number, drawnAsIf: number) => {
      const row = new Float32Array(16).fill(Number.NEGATIVE_INFINITY);
      [row[7], row[9]] = [Math.log(p), Math.log(1 - p)];
      const drawing = plainGeneration().logits_processor.processors[1] as MarkLogitsProcessor;
      random.seed(11);
      let sevens = 0;
      for (let n = 0; n < 5000; n++) {
        const { data } = drawing._call([ids()], new Tensor('float32', row.slice(), [1, 16]));
        const left = [...(data as Float32Array)].flatMap((logit, v) => (logit > Number.NEGATIVE_INFINITY ? [v] : []));
        expect(left).toHaveLength(1);
        if (left[0] === 7) sevens++;
      }
      const [low, high] = binomialBand(5000, drawnAsIf, 1 - 1e-6);
      return sevens >= low && sevens <= high;
    };
    expect(draw(0.25, 0.25)).toBe(true);
    expect(draw(0.25, 0.3), 'control: another probability is noticed').toBe(false);
  });

  it('padding on the left is no context: a prompt shorter than the width stays unmarked', () => {
    const row = randomRow(V, uniforms(3));
    const processor = new MarkLogitsProcessor(new MarkHook(open({ scheme: 'greenlist', contextWidth: 4 })));
    const after = (lengths: number[] | undefined) => {
      const logits = tensor([row]);
      processor.promptLengths = lengths;
      return (processor._call([[0n, 0n, 0n, 5n]], logits).data as Float32Array).slice();
    };
    expect(after([1])).toEqual(row);
    expect(after([4]), 'control: as a prompt of four ids it is marked').not.toEqual(row);
  });

  it("leave nothing to the model's own generation_config.json", () => {
    const { logits_processor, ...rest } = markedGeneration(marks.gumbel, { temperature: 0.7, topK: 9, topP: 0.9 });
    expect(logits_processor).toBeInstanceOf(LogitsProcessorList);
    expect(rest).toEqual({ do_sample: false, num_beams: 1 });
  });

  it("give, seed by seed, the text that the engine's own sampler gives after the same processors", async () => {
    for (const temperature of [1, 0.7]) {
      const settings = markedGeneration(marks.greenlist, { temperature, topP: 0.95 });
      const processors = settings.logits_processor.processors as unknown as LogitsProcessor[];
      const logits_processor = new LogitsProcessorList();
      for (const processor of processors) {
        // The engine divides by the temperature itself, and takes the second number of a step.
        if (processor instanceof TemperatureLogitsWarper) continue;
        logits_processor.push(processor instanceof MarkLogitsProcessor ? processor : new DrawingAlone());
      }
      const sampled = { ...settings, logits_processor, do_sample: true, temperature, top_k: 1 } as never;
      expect(await generate(settings, [prompt, prompt], 40)).toEqual(await generate(sampled, [prompt, prompt], 40));
    }
  });

  it('top-k and top-p are those of warp', () => {
    const row = randomRow(V, uniforms(2));
    const expected = row.slice();
    warp(expected, { topK: 30, topP: 0.7 });
    expect(processed(plainGeneration({ topK: 30, topP: 0.7 }), row)).toEqual(expected);
    expect([...expected].filter((logit) => logit > -Infinity).length).toBeLessThanOrEqual(30);
  });

  it('a tiny top-p gives the greedy text, though the engine ignores top-p', async () => {
    const [greedy] = await generate(plainGeneration({ doSample: false }), [prompt], 20);
    const [nucleus] = await generate(plainGeneration({ topP: 1e-9 }), [prompt], 20);
    const [sampled] = await generate(plainGeneration(), [prompt], 20);
    expect(nucleus).toEqual(greedy);
    expect(sampled).not.toEqual(greedy);
    const [marked] = await generate(markedGeneration(marks.gumbel, { topP: 1e-9 }), [prompt], 20);
    expect(marked).toEqual(greedy);
  });

  it.each(['gumbel', 'tournament'] as const)('greedy decoding is refused for %s', (scheme) => {
    for (const options of [{ doSample: false }, { temperature: 0 }, { topK: 1 }]) {
      expect(() => markedGeneration(marks[scheme], options)).toThrow(/needs a choice to make/);
    }
  });

  it.each([-1, Number.NaN, Infinity, '1'])(
    'a temperature of %s is refused, not taken for greedy decoding',
    (temperature) => {
      expect(() => markedGeneration(marks.greenlist, { temperature: temperature as number })).toThrow('"temperature"');
      expect(() => plainGeneration({ temperature: temperature as number })).toThrow('"temperature"');
    },
  );

  it('a truncation that is none is refused at once', () => {
    expect(() => plainGeneration({ topP: 0 })).toThrow(RangeError);
    expect(() => plainGeneration({ topK: -1 })).toThrow(RangeError);
  });

  it('logits of another type or width are refused', () => {
    const processor = new MarkLogitsProcessor(new MarkHook(marks.greenlist));
    expect(() => processor._call([ids()], new Tensor('float32', new Float32Array(V - 1), [1, V - 1]))).toThrow(
      RangeError,
    );
    expect(() => processor._call([ids()], new Tensor('int64', new BigInt64Array(V), [1, V]))).toThrow(
      '"logits" expected a float32 tensor, got int64',
    );
  });
});

describe('openLocalModel', () => {
  it('knows the model', () => {
    expect([model.vocabSize, model.maxLength]).toEqual([V, 512]);
  });

  it('refuses a folder without a model, prompts without tokens, and seeds out of range', async () => {
    await expect(openLocalModel('/no/such/folder')).rejects.toThrow(
      '"model" expected a folder with config.json, got /no/such/folder',
    );
    const settings = plainGeneration();
    const options = { maxNewTokens: 2, seed: 1, settings };
    await expect(model.generate([], options)).rejects.toThrow('"prompts"');
    await expect(model.generate([[1], []], options)).rejects.toThrow('"prompts"');
    for (const seed of [-1, 1.5, 2 ** 32])
      await expect(model.generate([[1]], { ...options, seed })).rejects.toThrow('"seed"');
    for (const maxNewTokens of [0, 1.5])
      await expect(model.generate([[1]], { ...options, maxNewTokens })).rejects.toThrow('"maxNewTokens"');
  });

  it("leaves the engine's own settings alone: what else a program loads with it still loads", async () => {
    const { env } = await import('@huggingface/transformers');
    expect(env.allowRemoteModels).toBe(true);
    expect(env.localModelPath).not.toContain('tiny-lm');
  });
});
