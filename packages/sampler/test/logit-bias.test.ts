/** A fixed green list through a service that speaks OpenAI's completions: a local one, over the model of @taggant/tiny-lm. */
import { type Mark, openMark } from '@taggant/core';
import { detectText, detectTokens } from '@taggant/detector';
import { logitBias } from '@taggant/sampler/logit-bias';
import { tinyLmTokenizer } from '@taggant/tiny-lm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LN_RARE, secretOf, uniforms } from '../../core/test/support.ts';
import { type CompletionRequest, serveCompletions } from './openai-server.ts';

const tokenizer = tinyLmTokenizer();
const V = tokenizer.id.vocabSize;
const open = (input: object = {}, secret = 1): Mark =>
  openMark(
    { scheme: 'greenlist', contextWidth: 0, delta: 4, tokenizer: tokenizer.id, ...input } as never,
    secretOf(secret),
  );
const mark = open();

/** Which tokens a mark favours, from the mark itself. */
function greenTokens(mark: Mark): number[] {
  const row = new Float32Array(V);
  mark.apply(new Uint32Array(0), row);
  return [...row.keys()].filter((v) => row[v] > 0);
}

describe('through a service', () => {
  let service: Awaited<ReturnType<typeof serveCompletions>>;
  beforeAll(async () => {
    service = await serveCompletions(1200);
  });
  afterAll(() => service.close());

  async function complete(request: Partial<CompletionRequest>): Promise<string> {
    const body = { prompt: 'It was late in the evening when', max_tokens: 400, temperature: 0.9, ...request };
    const response = await fetch(service.url, { method: 'POST', body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`HTTP ${response.status}: ${await response.text()}`);
    const { choices } = (await response.json()) as { choices: { text: string }[] };
    return choices[0].text;
  }

  it('the text is found with its key, not with another; without the bias it is not found', async () => {
    const text = await complete({ logit_bias: logitBias(mark) });
    expect(detectText(text, mark, tokenizer).lnP).toBeLessThan(Math.log(1e-6));
    expect(detectText(text, open({}, 2), tokenizer).lnP).toBeGreaterThan(LN_RARE);
    expect(detectText(await complete({}), mark, tokenizer).lnP).toBeGreaterThan(LN_RARE);
  });

  it('a map cut to 300 entries is found, too, with less evidence', async () => {
    const [all, cut] = [logitBias(mark), logitBias(mark, { maxEntries: 300 })];
    expect([Object.keys(all).length > 900, Object.keys(cut).length]).toEqual([true, 300]);
    const [whole, less] = await Promise.all(
      [all, cut].map(async (logit_bias) => detectText(await complete({ logit_bias }), mark, tokenizer).lnP),
    );
    expect(less).toBeLessThan(Math.log(1e-6));
    expect(whole).toBeLessThan(less);
  });

  it('a service that takes fewer entries refuses the whole list', async () => {
    await expect(complete({ logit_bias: logitBias(open({ gamma: '1/2' })) })).rejects.toThrow('logit_bias');
  });
});

describe('logitBias', () => {
  it('is the green list of the mark, each token with delta', () => {
    expect(Object.keys(logitBias(mark)).map(Number)).toEqual(greenTokens(mark));
    expect(new Set(Object.values(logitBias(mark)))).toEqual(new Set([4]));
  });

  it('adds up the lists of a stack', () => {
    const account = open({ delta: 1.5, cohort: 77 });
    const [first, second] = [mark, account].map((mark) => new Set(greenTokens(mark)));
    const both = logitBias([mark, account]);
    for (let v = 0; v < V; v++) {
      expect(both[v] ?? 0).toBe((first.has(v) ? 4 : 0) + (second.has(v) ? 1.5 : 0));
    }
  });

  it('takes the first tokens of the given order, or the lowest ids', () => {
    const green = greenTokens(mark);
    const order = Array.from({ length: V }, (_, v) => V - 1 - v);
    const keys = (options: object) => Object.keys(logitBias(mark, options)).map(Number);
    expect(keys({ maxEntries: 5 })).toEqual(green.slice(0, 5));
    expect(keys({ maxEntries: 5, tokens: order })).toEqual(green.slice(-5));
    expect(keys({ tokens: [green[3], green[1], green[1]] })).toEqual([green[1], green[3]]);
  });

  it('a bias meant for after the temperature is sent in units of before', () => {
    const post = open({ stage: 'post-temperature' });
    expect(Math.max(...Object.values(logitBias(post, { temperature: 0.5 })))).toBe(2);
    expect(Math.max(...Object.values(logitBias(mark, { temperature: 0.5 })))).toBe(4);
  });

  it('cutting the map leaves the null as it is: p is uniform over keys for a text of the tokens that were sent', () => {
    // The text that a cut list can favour most, written without the key: its candidates only.
    const next = uniforms(3);
    const text = Uint32Array.from({ length: 120 }, () => Math.floor(600 * next()));
    const ps = Array.from({ length: 1000 }, (_, key) => Math.exp(detectTokens(text, open({}, key + 10)).lnP));
    // Discrete p-values are never below their uniform share.
    for (const alpha of [0.5, 0.1, 0.01]) {
      const share = ps.filter((p) => p <= alpha).length / ps.length;
      expect(share).toBeLessThan(alpha + 4 * Math.sqrt((alpha * (1 - alpha)) / ps.length));
    }
    expect(ps.filter((p) => p <= 0.5).length, 'control: and not idle').toBeGreaterThan(350);
  });

  it('refuses lists that change with the context, marks that are no bias, and what a service would refuse', () => {
    expect(() => logitBias(open({ contextWidth: 2 }))).toThrow('"contextWidth" expected 0');
    expect(() => logitBias(openMark({ scheme: 'gumbel', contextWidth: 0 }, secretOf(1)))).toThrow(
      '"marks" expected green lists, which are a bias, got gumbel',
    );
    expect(() => logitBias([mark, open({ contextWidth: 1 })])).toThrow('"contextWidth" expected 0');
    expect(() => logitBias([open({ delta: 60 }), open({ delta: 60, cohort: 1 })])).toThrow(
      '"logit_bias" expected at most 100, got 120',
    );
    expect(() => logitBias(openMark({ scheme: 'greenlist', contextWidth: 0 }, secretOf(1)))).toThrow('"vocabSize"');
    expect(() => logitBias(mark, { maxEntries: 0 })).toThrow('"maxEntries"');
    expect(() => logitBias(mark, { tokens: [V] })).toThrow('"tokens[0]"');
  });
});
