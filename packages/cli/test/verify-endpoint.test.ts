/** `taggant verify` against real servers: the example's, tiny-lm behind an OpenAI-compatible endpoint. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { leaks, open, run, SECRET_HEX, temporaryFolder } from './command.ts';

const API_KEY = 'sk-live-7pQz2VbN9xKd4TfR';
const MARK = { mark: 'taggant/1', scheme: 'greenlist', contextWidth: 1, delta: 4 } as const;
const { path: cwd, file: write } = temporaryFolder();
const OTHER_KEY = 'sk-live-1aWs6YhUj0MqEr3P';
const env = { OUR_KEY: API_KEY, OTHER_KEY };
// The server writes one text at a time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

let marked: { server: Server; baseUrl: string };
let plain: { server: Server; baseUrl: string };
const parrot = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  const [, ...text] = JSON.parse(body).messages[0].content.split('\n\n');
  const choice = { message: { role: 'assistant', content: text.join('\n\n') }, finish_reason: 'stop' };
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ choices: [choice] }));
});

beforeAll(async () => {
  const example = '../../../examples/openai-server.mjs';
  const { startServer } = await import(/* @vite-ignore */ example);
  marked = await startServer({ mark: open(MARK), apiKey: API_KEY });
  plain = await startServer();
  await new Promise<void>((resolve) => parrot.listen(0, '127.0.0.1', resolve));
  write('mark.json', { ...MARK, secret: SECRET_HEX });
});

afterAll(() => {
  for (const server of [marked.server, plain.server, parrot]) server.close();
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
const LITTLE = { perplexity: false, repetition: false, distinct: false, choice: false };

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
    expect(stderr).toMatch(/taggant: no-key\.json: the endpoint refuses: HTTP 401/);
    expect(stderr).not.toContain(OTHER_KEY);
    expect(status).toBe(2);
  });
});

describe('a paraphraser behind an endpoint', () => {
  const survival = [{ attack: 'paraphrase', tokens: 48, alpha: 1e-3, least: 0.4 }];

  it('that repeats what it is told leaves the mark', async () => {
    const endpoint = `http://127.0.0.1:${(parrot.address() as AddressInfo).port}/v1`;
    const attacks = { paraphraser: { endpoint, model: 'parrot' } };
    const { status, stdout, stderr } = await verify('parrot', { attacks, expected: { survival } });
    expect(status, stdout + stderr).toBe(0);
    expect(checksOf(stdout)['survival/paraphrase/48@0.001']).toMatchObject({ outcome: 'passed', n: 12 });
  });

  it('that writes anew, without the mark, leaves none', async () => {
    const attacks = { paraphraser: { endpoint: plain.baseUrl, model: 'tiny-lm' } };
    const { status, stdout, stderr } = await verify('rewriter', { attacks, expected: { survival } });
    expect(status, stdout + stderr).toBe(1);
    expect(checksOf(stdout)['survival/paraphrase/48@0.001']).toMatchObject({ outcome: 'failed', n: 12 });
  });
});
