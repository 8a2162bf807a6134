/** `taggant verify` against real servers: the example's, tiny-lm behind an OpenAI-compatible endpoint, and faulty ones. */
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { tinyLmTokenizer } from '@taggant/tiny-lm';
import { type GateConfig, outputsDeployment, parseConfig, runGate } from '@taggant/verify';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { endpointDeployment, paraphraserOf } from '../src/verify/endpoint.ts';
import { leaks, open, run, SECRET_HEX, temporaryFolder, writeTokens } from './command.ts';

const API_KEY = 'sk-live-7pQz2VbN9xKd4TfR';
const MARK = { mark: 'taggant/1', scheme: 'greenlist', contextWidth: 1, delta: 4 } as const;
const { path: cwd, file: write } = temporaryFolder();
const OTHER_KEY = 'sk-live-1aWs6YhUj0MqEr3P';
const env = { OUR_KEY: API_KEY, OTHER_KEY };
// The server writes one text at a time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

let marked: { server: Server; baseUrl: string };
const servers: Server[] = [];

beforeAll(async () => {
  const example = '../../../examples/openai-server.mjs';
  const { startServer } = await import(/* @vite-ignore */ example);
  marked = await startServer({ mark: open(MARK), apiKey: API_KEY });
  servers.push(marked.server);
  write('mark.json', { ...MARK, secret: SECRET_HEX });
});

afterAll(() => {
  for (const server of servers) server.close();
  expect(leaks()).toEqual([]);
});

const PROMPTS = [
  'She walked along',
  'The king said',
  'On the table',
  'It was late',
  'They went',
  'He never',
  'A dog',
  'In May',
];
const LITTLE = { perplexity: false, repetition: false, distinct: false, length: false, choice: false } as const;

/** A gate of 12 texts of the marked server, as `change` has it. */
async function verify(name: string, { model = {}, expected = {}, ...change }: Record<string, object>) {
  const { baseUrl } = marked;
  write(`${name}.json`, {
    mark: 'mark.json',
    tokenizer: 'tiny-lm',
    model: { endpoint: baseUrl, model: 'tiny-lm', apiKeyEnv: 'OUR_KEY', ...model },
    prompts: PROMPTS,
    maxTokens: 56,
    texts: { first: 12, most: 12 },
    expect: { ...LITTLE, detection: [{ tokens: 48, alpha: 1e-3, least: 0.5 }], survival: [], ...expected },
    ...change,
  });
  const ended = await run(['verify', '--config', `${name}.json`, '--json'], { cwd, env });
  expect(ended.stdout + ended.stderr).not.toContain(API_KEY);
  return ended;
}

const checksOf = (stdout: string): Record<string, { outcome: string; n: number }> =>
  Object.fromEntries(JSON.parse(stdout).checks.map((check: { id: string }) => [check.id, check]));

describe('a deployment behind an endpoint', () => {
  it('passes when it is marked, and its unmarked texts raise no alarm', async () => {
    const { status, stdout, stderr } = await verify('marked', {
      model: { unmarked: { watermark: false } },
      expected: { falseAlarms: { most: 0.55 } },
    });
    expect(status, stdout + stderr).toBe(0);
    expect(checksOf(stdout)).toMatchObject({
      'detection/48@0.001': { outcome: 'passed', n: 12 },
      'false-alarms': { outcome: 'passed', n: 12 },
    });
    expect(JSON.parse(stdout).deployment).toBe(`tiny-lm at ${new URL(marked.baseUrl).host}`);
  });

  it('fails when what it serves has opted out', async () => {
    const { status, stdout } = await verify('opted-out', { model: { marked: { watermark: false } } });
    expect(status).toBe(1);
    expect(checksOf(stdout)).toMatchObject({ 'detection/48@0.001': { outcome: 'failed' } });
  });

  it('that turns us away is an error that names its status, and no key', async () => {
    const { status, stderr } = await verify('no-key', { model: { apiKeyEnv: 'OTHER_KEY' } });
    expect(stderr).toContain(`taggant: no-key.json: tiny-lm at ${new URL(marked.baseUrl).host} refuses: HTTP 401`);
    expect(stderr).not.toContain(OTHER_KEY);
    expect(status).toBe(2);
  });
});

describe('a deployment at a server that', () => {
  const textOf = ({ prompt }: Asked) => `text of ${prompt}`;

  it('is not there is an error within seconds, after a word about it', async () => {
    const { endpoint, host, server } = await serve(() => {});
    await new Promise((resolve) => server.close(resolve));
    const { status, stderr } = await verify('dead', { model: { endpoint } });
    const said = stderr.split('\n').filter((line) => line.includes(host));
    expect(said).toEqual([
      `taggant: tiny-lm at ${host} does not answer (network ECONNREFUSED); trying again`,
      `taggant: dead.json: tiny-lm at ${host} cannot be reached: network ECONNREFUSED, after 3 attempts`,
    ]);
    expect(status).toBe(2);
  });

  it('fails is asked nine times by each worker, and once that is over by none', async () => {
    const { endpoint, host, asked } = await serve((_, response) => response.writeHead(500).end());
    const { deployment, waits } = deployed(endpoint, { concurrency: 3 });
    const error = `suspect at ${host} fails: HTTP 500, after 9 attempts`;
    await expect(deployment.write(requests(8))).rejects.toThrow(error);
    const prompts = new Set(asked.map(({ prompt }) => prompt));
    expect([...prompts].sort()).toEqual(['prompt 0', 'prompt 1', 'prompt 2']);
    expect(waits.length).toBeGreaterThanOrEqual(8);
    await expect(deployment.write(requests(1))).rejects.toThrow(error);
    expect(new Set(asked.map(({ prompt }) => prompt)).size).toBe(3);
  });

  it('refuses one text is asked for no other, and the others under way are aborted', async () => {
    const aborted: string[] = [];
    const { endpoint, asked } = await serve((body, response) => {
      if (body.prompt === 'prompt 3') setTimeout(() => response.writeHead(403).end(), 50);
      else response.once('close', () => aborted.push(body.prompt));
    });
    const { deployment } = deployed(endpoint, { concurrency: 4 });
    await expect(deployment.write(requests(20))).rejects.toThrow(/^suspect at 127\.0\.0\.1:\d+ refuses: HTTP 403$/);
    await vi.waitFor(() => expect(aborted.sort()).toEqual(['prompt 0', 'prompt 1', 'prompt 2']));
    expect(asked).toHaveLength(4);
  });

  it('only streams is told so once, and each text has its own parameters', async () => {
    const { endpoint, asked } = await serve((body, response) => {
      if (!body.stream) return response.writeHead(400).end('{"error":{"message":"set stream to true"}}');
      const text = JSON.stringify({ choices: [{ text: textOf(body), finish_reason: 'stop' }] });
      const events = `data: ${text}\n\ndata: [DONE]\n\n`;
      setTimeout(() => response.writeHead(200, { 'content-type': 'text/event-stream' }).end(events), 5);
    });
    const { deployment } = deployed(endpoint, { concurrency: 2, unmarked: { watermark: false } });
    const wanted = requests(16).map((request, i) => ({ ...request, marked: i % 2 === 0 }));
    expect(await deployment.write(wanted)).toEqual(wanted.map((request) => ({ text: `text of ${request.prompt}` })));
    expect(asked).toHaveLength(16 + 2);
    for (const { prompt, seed, marked, maxTokens } of wanted) {
      const [last] = asked.filter((body) => body.stream && body.prompt === prompt);
      expect(last).toMatchObject({ seed, max_tokens: maxTokens, ...(marked ? {} : { watermark: false }) });
      expect('watermark' in last).toBe(!marked);
    }
    await deployment.write(requests(4));
    expect(asked).toHaveLength(16 + 2 + 4);
  });

  it('has too much to do now and then is given the time that it asks for', async () => {
    let count = 0;
    const { endpoint, asked } = await serve((body, response) => {
      if (++count % 3 === 0) response.writeHead(429, { 'retry-after': '7' }).end();
      else completion(response, { text: textOf(body) });
    });
    const { deployment, waits } = deployed(endpoint, { concurrency: 2 });
    const texts = await deployment.write(requests(10));
    expect(texts).toEqual(requests(10).map(({ prompt }) => ({ text: `text of ${prompt}` })));
    expect(waits.length).toBe(asked.length - 10);
    expect(waits.length).toBeGreaterThan(2);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(7000);
  });

  it('redirects to another host is an error, and the key does not travel', async () => {
    const other = await serve((body, response) => completion(response, { text: textOf(body) }));
    const { endpoint, host, keys } = await serve((_, response) =>
      response.writeHead(307, { location: `${other.endpoint}/completions` }).end(),
    );
    vi.stubEnv('OUR_KEY', API_KEY);
    const { deployment } = deployed(endpoint, { apiKeyEnv: 'OUR_KEY' });
    await expect(deployment.write(requests(1))).rejects.toThrow(`suspect at ${host} redirects to http://${other.host}`);
    expect(keys).toEqual([`Bearer ${API_KEY}`]);
    expect(other.keys).toEqual([]);
    vi.unstubAllEnvs();
  });

  it('filters a text, or gives an empty one, serves that', async () => {
    const { endpoint } = await serve(({ prompt }, response) =>
      prompt === 'prompt 0'
        ? completion(response, { text: '', finish: 'content_filter' })
        : completion(response, { text: '' }),
    );
    const { deployment } = deployed(endpoint, {});
    expect(await deployment.write(requests(2))).toEqual([{ text: '' }, { text: '' }]);
  });
});

describe('a paraphraser behind an endpoint', () => {
  const survival = [{ attack: 'paraphrase', tokens: 48, alpha: 1e-3, least: 0.4 }];
  const [, ...words] = 'In other words this has been said in many other ways before'.split(' ');
  const paraphrase = (model: string, text: string): Completion =>
    ({
      parrot: { text },
      rewriter: { text: text.replace(/\S+/g, (word) => words[word.length % words.length]) },
      cut: { text: text.slice(0, 20), finish: 'length' },
      filter: { text: 'I', finish: 'content_filter' },
      mute: { text: ' ' },
    })[model] as Completion;
  let [busy, busiest] = [0, 0];
  let paraphraser: Awaited<ReturnType<typeof serve>>;

  beforeAll(async () => {
    paraphraser = await serve(({ model, messages }, response) => {
      const [, ...text] = messages[0].content.split('\n\n');
      busiest = Math.max(busiest, ++busy);
      setTimeout(() => {
        busy--;
        completion(response, paraphrase(model, text.join('\n\n')), true);
      }, 100);
    });
  });

  const attacked = (model: string) =>
    verify(model, { attacks: { paraphraser: { endpoint: paraphraser.endpoint, model } }, expected: { survival } });

  it('that repeats what it is told leaves the mark, asked for eight texts at a time', async () => {
    const { status, stdout, stderr } = await attacked('parrot');
    expect(status, stdout + stderr).toBe(0);
    expect(checksOf(stdout)['survival/paraphrase/48@0.001']).toMatchObject({ outcome: 'passed', n: 12 });
    expect(busiest).toBe(8);
  });

  it('gives the same results whichever text comes back first', async () => {
    const replies = Array.from({ length: 24 }, (_, i) => ({ tokens: writeTokens([open(MARK)], 64, i) }));
    const valuesWhen = async (delay: (text: string) => number) => {
      const { baseline } = await runGate({
        mark: open(MARK),
        deployment: outputsDeployment('texts', { marked: replies }),
        tokenizer: tinyLmTokenizer(),
        prompts: [''],
        maxTokens: 64,
        texts: { first: 24, most: 24 },
        expectations: { ...LITTLE, detection: [], survival: [{ ...survival[0], least: 0.1 }] },
        materials: {
          paraphrase: async (text, random) => {
            const isKept = random() < 0.5;
            await sleep(delay(text));
            return isKept ? text : 'In other words.';
          },
        },
        software: { name: 'test', version: '0' },
      });
      return baseline.measures['survival/paraphrase/48@0.001'];
    };
    const values = await valuesWhen(() => 0);
    expect(new Set(Object.values(values))).toEqual(new Set([0, 1]));
    expect(await valuesWhen((text) => (31 * text.length) % 17)).toEqual(values);
  });

  it('that writes anew, without the mark, leaves none', async () => {
    const { status, stdout, stderr } = await attacked('rewriter');
    expect(status, stdout + stderr).toBe(1);
    expect(checksOf(stdout)['survival/paraphrase/48@0.001']).toMatchObject({ outcome: 'failed', n: 12 });
  });

  it('that is cut off is an error of the gate', async () => {
    const { status, stdout, stderr } = await attacked('cut');
    expect(stderr).toContain(
      `taggant: cut.json: cut at ${paraphraser.host} cuts off a paraphrase: raise "config.attacks.paraphraser.maxTokens", now 2048`,
    );
    expect([status, stdout]).toEqual([2, '']);
  });

  it.each([
    ['cut', 'cuts off a paraphrase'],
    ['filter', 'gives no paraphrase: content_filter'],
    ['mute', 'gives no paraphrase: an empty answer'],
  ])('%s is an error that says so', async (model, message) => {
    const { endpoint, host } = paraphraser;
    await expect(paraphraserOf({ endpoint, model })('One. Two.')).rejects.toThrow(`${model} at ${host} ${message}`);
  });

  it('is asked for long texts, and at the temperature of the config', async () => {
    const { endpoint, asked } = paraphraser;
    const common = { endpoint, model: 'parrot' };
    expect(await paraphraserOf(common)('One.\n\nTwo.')).toBe('One.\n\nTwo.');
    expect(asked.at(-1)).toMatchObject({ max_tokens: 2048 });
    expect(asked.at(-1)).not.toHaveProperty('temperature');
    await paraphraserOf({ ...common, prompt: 'Say it anew.', temperature: 0.7, maxTokens: 99 })('One.');
    expect(asked.at(-1)).toMatchObject({
      messages: [{ content: 'Say it anew.\n\nOne.' }],
      temperature: 0.7,
      max_tokens: 99,
    });
  });
});

describe('the address of an endpoint', () => {
  const endpoints = (endpoint: unknown): [string, object][] => [
    ['config.model.endpoint', { model: { endpoint, model: 'm' } }],
    ['config.attacks.paraphraser.endpoint', { attacks: { paraphraser: { endpoint, model: 'm' } } }],
  ];
  const parsed = (change: object): GateConfig =>
    parseConfig({ mark: 'm.json', model: { folder: 'tiny-lm' }, ...change });

  it.each([
    ['localhost:8000/v1', 'got "localhost:8000/v1"'],
    ['example.com/v1', 'got "example.com/v1"'],
    ['ftp://example.com/v1', 'got "ftp://example.com/v1"'],
    ['http://', 'got "http://"'],
    ['me:hunter2@host/v1', 'got text of length 18'],
    ['https://me:hunter2@host/v1', 'without user, password, query and fragment'],
    ['https://host/v1?key=hunter2', 'without user, password, query and fragment'],
    ['https://host/v1#hunter2', 'without user, password, query and fragment'],
  ])('%s is refused when the config is read', (endpoint, message) => {
    for (const [name, change] of endpoints(endpoint)) {
      const expected = `"${name}" expected an http or https URL${message.startsWith('got') ? ', ' : ' '}${message}`;
      expect(() => parsed(change)).toThrow(new RangeError(expected));
    }
  });

  it('is kept as it is written', () => {
    for (const [, change] of endpoints('http://[::1]:8000/v1/')) expect(parsed(change)).toMatchObject(change);
  });
});

interface Asked {
  readonly model: string;
  readonly prompt: string;
  readonly messages: readonly { readonly content: string }[];
  readonly stream: boolean;
}

/** A server that remembers what it was asked. */
async function serve(answer: (body: Asked, response: ServerResponse) => unknown) {
  const asked: Asked[] = [];
  const keys: IncomingHttpHeaders['authorization'][] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    asked.push(JSON.parse(body));
    keys.push(request.headers.authorization);
    answer(asked[asked.length - 1], response);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { server, asked, keys, host, endpoint: `http://${host}/v1` };
}

interface Completion {
  readonly text: string;
  readonly finish?: string;
}

function completion(response: ServerResponse, { text, finish = 'stop' }: Completion, isChat = false): void {
  const said = isChat ? { message: { role: 'assistant', content: text } } : { text };
  const choices = [{ ...said, finish_reason: finish }];
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ choices }));
}

/** Waits are noted, and not waited for. */
function deployed(endpoint: string, more: object) {
  const waits: number[] = [];
  const clock = { now: () => 0, wait: async (ms: number) => void waits.push(ms) };
  return { waits, deployment: endpointDeployment({ endpoint, model: 'suspect', ...more }, clock) };
}

const requests = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    id: String(i),
    prompt: `prompt ${i}`,
    seed: 100 + i,
    maxTokens: 32,
    marked: true,
  }));
