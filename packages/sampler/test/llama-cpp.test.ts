/** Marked generation through the real engine: llama.cpp by way of node-llama-cpp, on the CPU, with the small model of @taggant/tiny-lm. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Mark, openMark } from '@taggant/core';
import { detectTokens } from '@taggant/detector';
import { MarkHook, sampleToken } from '@taggant/sampler';
import { generateBiased, generateMarked, type MarkedOptions } from '@taggant/sampler/llama-cpp';
import { tinyLmTokenizer } from '@taggant/tiny-lm';
import { tinyLmGguf } from '@taggant/tiny-lm/gguf';
import {
  getLlama,
  InputLookupTokenPredictor,
  type LlamaContext,
  type LlamaContextSequence,
  LlamaLogLevel,
  type Token,
} from 'node-llama-cpp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LN_RARE, secretOf, uniforms } from '../../core/test/support.ts';

const tokenizer = tinyLmTokenizer();
const prompt = tokenizer.encode('It was a dark night, and the old man said to his daughter');
const open = (input: object, secret = 1): Mark =>
  openMark({ tokenizer: tokenizer.id, ...input } as never, secretOf(secret));
const underAnotherKey = (mark: Mark) => open({ ...mark.descriptor, kid: undefined }, 2);
const greenlist = open({ scheme: 'greenlist', delta: 4 });
const marks = {
  greenlist,
  gumbel: open({ scheme: 'gumbel', contextWidth: 3 }),
  tournament: open({ scheme: 'tournament', contextWidth: 3 }),
};
const noMark = open({ scheme: 'greenlist', delta: 0 });
const FOUND = Math.log(1e-6);

const folder = mkdtempSync(join(tmpdir(), 'taggant-'));
let context: LlamaContext;
let sequence: LlamaContextSequence;
beforeAll(async () => {
  const modelPath = join(folder, 'tiny-lm.gguf');
  writeFileSync(modelPath, tinyLmGguf());
  const llama = await getLlama({ gpu: false, build: 'never', skipDownload: true, logLevel: LlamaLogLevel.error });
  // More threads than idle cores wait for each other at every step.
  context = await (await llama.loadModel({ modelPath })).createContext({ contextSize: 512, sequences: 2, threads: 1 });
  sequence = context.getSequence();
});
afterAll(async () => {
  await context.model.llama.dispose();
  rmSync(folder, { recursive: true });
});

async function collect(tokens: AsyncIterable<Token>): Promise<Token[]> {
  const all: Token[] = [];
  for await (const token of tokens) all.push(token);
  return all;
}

async function marked(mark: Mark | Mark[], options: Partial<MarkedOptions> = {}, seed = 1): Promise<Token[]> {
  await sequence.clearHistory();
  return collect(generateMarked(sequence, prompt, mark, { maxTokens: 120, random: uniforms(seed), ...options }));
}

async function biased(mark: Mark | Mark[], options: object = {}, seed = 1): Promise<Token[]> {
  await sequence.clearHistory();
  return collect(generateBiased(sequence, prompt, mark, { maxTokens: 120, seed, ...options }));
}

describe('generateMarked', () => {
  it.each(Object.entries(marks))('%s: found with its key, not with another', async (_, mark) => {
    const ids = await marked(mark);
    expect(ids.length).toBe(120);
    expect(detectTokens(ids, mark, { prompt }).lnP).toBeLessThan(FOUND);
    expect(detectTokens(ids, underAnotherKey(mark), { prompt }).lnP).toBeGreaterThan(LN_RARE);
  });

  it('without a mark nothing is found', async () => {
    const ids = await marked(noMark);
    for (const mark of Object.values(marks)) expect(detectTokens(ids, mark, { prompt }).lnP).toBeGreaterThan(LN_RARE);
  });

  it('gives each step the row that the model gives for the whole text: nothing is truncated, nothing lags', async () => {
    const options = { maxTokens: 12, temperature: 0.8, topP: 0.9 };
    const ids = await marked(marks.gumbel, options);
    const hook = new MarkHook(marks.gumbel, options);
    const state = hook.start(prompt);
    for (const [step, id] of ids.entries()) {
      await sequence.clearHistory();
      const text = [...prompt, ...ids.slice(0, step)] as Token[];
      const last = { generateNext: { logits: true, options: { temperature: 1, topK: 0, topP: 1 } } } as const;
      const outputs = await sequence.controlledEvaluate([...text.slice(0, -1), [text.at(-1)!, last]]);
      const logits = outputs.at(-1)!.next.logits!;
      const row = Float32Array.from({ length: tokenizer.id.vocabSize }, (_, v) => logits.get(v as Token)!);
      hook.processLogits(row, [state]);
      expect(sampleToken(row, 0)).toBe(id);
      state.push(id);
    }
  });

  it('asked for the k largest logits alone, it draws as from all of them', async () => {
    const options = { maxTokens: 40, temperature: 0.8, topK: 20 };
    const biasOfNone = open({ scheme: 'greenlist', delta: 0 });
    expect(await marked(marks.gumbel, options)).toEqual(await marked([biasOfNone, marks.gumbel], options));
  });

  it('the same random numbers give the same text, others another; at temperature 0 none are asked for', async () => {
    const short = { maxTokens: 20 };
    expect(await marked(greenlist, short, 5)).toEqual(await marked(greenlist, short, 5));
    expect(await marked(greenlist, short, 5)).not.toEqual(await marked(greenlist, short, 6));
    const random = () => expect.unreachable();
    expect(await marked(greenlist, { maxTokens: 20, temperature: 0, random })).toHaveLength(20);
  });

  it('continues what the sequence holds: in two calls the same text as in one', async () => {
    const whole = await marked(marks.gumbel, { maxTokens: 30 });
    await sequence.clearHistory();
    await sequence.controlledEvaluate([...prompt.slice(0, 7)] as Token[]);
    const rest = generateMarked(sequence, prompt.subarray(7), marks.gumbel, { maxTokens: 30, random: uniforms(1) });
    // The batches differ, so the logits differ in the last digits: two words nearly as loud may change places later.
    expect((await collect(rest)).slice(0, 10)).toEqual(whole.slice(0, 10));
  });

  it('ends where the model ends the text, and the end is not part of it', async () => {
    // A uniform number of 0 draws the first token that has any probability: token 0, which is the end.
    expect(context.model.tokens.eos).toBe(0);
    expect(await marked(noMark, { random: () => 0 })).toEqual([]);
    expect(await marked(noMark, { random: () => 0.5, maxTokens: 1 })).toHaveLength(1);
  });

  it('refuses a prompt without tokens, greedy draws, and a mark for another vocabulary', async () => {
    const options = { maxTokens: 5, random: uniforms(1) };
    const run = (prompt: ArrayLike<number>, mark: Mark, more = {}) =>
      collect(generateMarked(sequence, prompt, mark, { ...options, ...more }));
    await expect(run([], greenlist)).rejects.toThrow('"prompt" expected at least one token, got none');
    await expect(run(prompt, marks.gumbel, { temperature: 0 })).rejects.toThrow(/needs a choice to make/);
    await expect(run(prompt, greenlist, { maxTokens: 0 })).rejects.toThrow('"maxTokens"');
    const other = open({ scheme: 'greenlist', tokenizer: { name: 'other', vocabSize: 5000 } });
    await expect(run(prompt, other)).rejects.toThrow('"vocabSize" expected one size for all marks, got 5000, 4096');
  });
});

describe('generateBiased', () => {
  it('found with its key, not with another; without a bias, not found', async () => {
    const ids = await biased(greenlist);
    expect(ids.length).toBe(120);
    expect(detectTokens(ids, greenlist, { prompt }).lnP).toBeLessThan(FOUND);
    expect(detectTokens(ids, underAnotherKey(greenlist), { prompt }).lnP).toBeGreaterThan(LN_RARE);
    expect(detectTokens(await biased(noMark), greenlist, { prompt }).lnP).toBeGreaterThan(LN_RARE);
  });

  it('greedy, it gives the text that generateMarked gives: the same bias in the same context, at any stage', async () => {
    for (const mark of [greenlist, [greenlist, open({ scheme: 'greenlist', delta: 1.5, cohort: 4242 })]]) {
      const greedy = { maxTokens: 60, temperature: 0 };
      expect(await biased(mark, greedy)).toEqual(await marked(mark, greedy));
    }
    const plain = await marked(noMark, { maxTokens: 60, temperature: 0 });
    expect(await biased(greenlist, { maxTokens: 60, temperature: 0 }), 'control').not.toEqual(plain);
  });

  it('the same seed gives the same text, another another', async () => {
    const short = { maxTokens: 20 };
    expect(await biased(greenlist, short, 5)).toEqual(await biased(greenlist, short, 5));
    expect(await biased(greenlist, short, 5)).not.toEqual(await biased(greenlist, short, 6));
  });

  it('refuses marks that are no bias, and a mark for another vocabulary', async () => {
    await expect(biased(marks.gumbel)).rejects.toThrow(
      '"marks" expected green lists, which are a bias, got gumbel, context 3; see generateMarked',
    );
    const other = open({ scheme: 'greenlist', tokenizer: { name: 'other', vocabSize: 5000 } });
    await expect(biased(other)).rejects.toThrow('"vocabSize" expected one size for all marks, got 5000, 4096');
    await expect(biased(greenlist, { seed: -1 })).rejects.toThrow('"seed"');
  });

  it('refuses a token predictor, which would be given the bias of another context', async () => {
    const predicting = context.getSequence({ tokenPredictor: new InputLookupTokenPredictor() });
    const run = generateBiased(predicting, prompt, greenlist, { maxTokens: 5, seed: 1 });
    await expect(collect(run)).rejects.toThrow('"sequence" expected no token predictor');
    predicting.dispose();
  });
});
