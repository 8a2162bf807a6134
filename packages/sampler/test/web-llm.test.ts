/**
 * web-llm's processor in headless Chromium. Without a GPU the engine runs no model: there the object is driven in the
 * engine's order over a stand-in for the model, and the real engine goes as far as a missing model library.
 */
import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { LogitProcessor } from '@mlc-ai/web-llm';
import { type NativeMarkInput, openMark } from '@taggant/core';
import { detectTokens } from '@taggant/detector';
import { markedLogitProcessor } from '@taggant/sampler/web-llm';
import { build } from 'esbuild';
import { type Browser, chromium, type Page as Tab } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LN_RARE, randomRow, secretOf, uniforms } from '../../core/test/support.ts';
import { computed, type Page, type Run, VOCAB_SIZE } from './web-llm-page.ts';

const executablePath = [process.env.TAGGANT_CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
  (path) => path !== undefined && existsSync(path),
);
if (executablePath === undefined) console.warn('web-llm: no Chromium found (TAGGANT_CHROMIUM names one); skipped');

const tokenizer = { name: 'test', vocabSize: VOCAB_SIZE };
const inputs = {
  greenlist: { scheme: 'greenlist', delta: 3, tokenizer },
  gumbel: { scheme: 'gumbel', contextWidth: 2, tokenizer },
  tournament: { scheme: 'tournament', contextWidth: 2, tokenizer },
} satisfies Record<string, NativeMarkInput>;
const open = (mark: NativeMarkInput, secret = 1) => openMark(mark, secretOf(secret));
const engine = { temperature: 0.7, topP: 0.95, presencePenalty: 0, steps: 200, texts: 1, options: {} };

describe.skipIf(executablePath === undefined)('in Chromium', () => {
  let browser: Browser;
  let tab: Tab;
  let server: Server;
  let url: string;
  const asked: string[] = [];

  beforeAll(async () => {
    const bundle = await build({
      entryPoints: [fileURLToPath(new URL('web-llm-page.ts', import.meta.url))],
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'browser',
      conditions: ['@taggant/source'],
      external: ['url', 'module', 'perf_hooks'],
      logLevel: 'error',
    });
    server = createServer(({ url }, response) => {
      asked.push(url!);
      const files: Record<string, [string, string]> = {
        '/': ['text/html', '<!doctype html><title>taggant</title><script type="module" src="page.js"></script>'],
        '/page.js': ['text/javascript', bundle.outputFiles[0].text],
        '/tiny/resolve/main/mlc-chat-config.json': ['application/json', '{}'],
      };
      const file = files[url!];
      response.writeHead(file ? 200 : 404, { 'content-type': file?.[0] ?? 'text/plain' }).end(file?.[1]);
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
    tab = await browser.newPage();
    await tab.goto(url);
    await tab.waitForFunction('globalThis.page !== undefined');
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  const inPage = <K extends keyof Page>(name: K, ...args: Parameters<Page[K]>): Promise<Awaited<ReturnType<Page[K]>>> =>
    tab.evaluate(`page.${name}(${args.map((arg) => JSON.stringify(arg)).join()})`);
  const generate = (run: Run) => inPage('generate', run);

  it('the kernels run as WebAssembly SIMD, and give what Node gives, bit for bit', async () => {
    expect(await inPage('backend')).toBe('simd');
    expect(await inPage('computed')).toEqual(computed());
  });

  it('green list: the engine draws, and the text is found with its key, not with another', async () => {
    const { texts, steps } = await generate({ ...engine, mark: inputs.greenlist });
    expect(detectTokens(texts[0], open(inputs.greenlist)).lnP).toBeLessThan(Math.log(1e-6));
    expect(detectTokens(texts[0], open(inputs.greenlist, 2)).lnP).toBeGreaterThan(LN_RARE);
    expect(steps).toEqual([{ marked: 198, shortContext: 2, repeatedContext: 0 }]);
    const plain = await generate({ ...engine, mark: { ...inputs.greenlist, delta: 0 } });
    expect(detectTokens(plain.texts[0], open(inputs.greenlist)).lnP).toBeGreaterThan(LN_RARE);
  });

  it.each(['gumbel', 'tournament'] as const)(
    "%s: our draw stands, whatever the engine's penalties, temperature and top-p",
    async (scheme) => {
      const run = { ...engine, mark: inputs[scheme], options: { temperature: 0.9, topP: 0.98 }, drawSeed: 5 };
      const { texts } = await generate(run);
      expect(detectTokens(texts[0], open(inputs[scheme])).lnP).toBeLessThan(Math.log(1e-6));
      expect(detectTokens(texts[0], open(inputs[scheme], 2)).lnP).toBeGreaterThan(LN_RARE);
      for (const other of [{ temperature: 0 }, { temperature: 2 }, { topP: 0.01 }, { presencePenalty: 2 }]) {
        expect((await generate({ ...run, ...other })).texts).toEqual(texts);
      }
      expect((await generate({ ...run, drawSeed: 6 })).texts, 'control: our random numbers count').not.toEqual(texts);
    },
  );

  it('a reset begins a new text: its first tokens are unmarked, and used contexts are new again', async () => {
    const run = { ...engine, mark: inputs.gumbel, drawSeed: 1, texts: 2 };
    const { texts, steps } = await generate(run);
    for (const text of texts) expect(detectTokens(text, open(inputs.gumbel)).lnP).toBeLessThan(Math.log(1e-6));
    expect(steps).toMatchObject([{ shortContext: 2 }, { shortContext: 2 }]);
  });

  it('the real engine takes the processor, and goes on to the model library, which is missing here', async () => {
    expect(await inPage('reload', `${url}tiny/`)).toContain('Request failed');
    expect(asked.filter((path) => path.startsWith('/tiny'))).toEqual([
      '/tiny/resolve/main/mlc-chat-config.json',
      '/tiny/none.wasm',
    ]);
  });
});

describe('markedLogitProcessor', () => {
  const row = randomRow(VOCAB_SIZE, uniforms(1), 0);

  it("is web-llm's LogitProcessor", () => {
    const processor: LogitProcessor = markedLogitProcessor(open(inputs.greenlist));
    expect(processor.processLogits(row.slice())).toEqual(row);
  });

  it('adds delta before the temperature, and 0.7 delta when it was meant after a temperature of 0.7', () => {
    const shift = (stage: 'pre-temperature' | 'post-temperature') => {
      const processor = markedLogitProcessor(open({ ...inputs.greenlist, stage }), { temperature: 0.7 });
      for (const token of [1, 2]) processor.processSampledToken(token);
      return Math.max(...processor.processLogits(new Float32Array(VOCAB_SIZE)));
    };
    expect([shift('pre-temperature'), shift('post-temperature')]).toEqual([3, Math.fround(3 * 0.7)]);
  });

  it('leaves one token, and the others finite and out of reach', () => {
    const processor = markedLogitProcessor(open(inputs.tournament), { random: uniforms(1) });
    const left = processor.processLogits(row.slice()).filter((logit) => logit > -1e9);
    expect([...left]).toEqual([0]);
  });

  it('refuses a distribution mark or a truncation without random numbers, and greedy draws', () => {
    expect(() => markedLogitProcessor(open(inputs.gumbel))).toThrow('"random" expected a function');
    expect(() => markedLogitProcessor(open(inputs.greenlist), { topP: 0.9 })).toThrow('"random" expected a function');
    expect(() => markedLogitProcessor(open(inputs.gumbel), { temperature: 0, random: uniforms(1) })).toThrow(
      /needs a choice to make/,
    );
  });
});
