/** `taggant probe run` against a real server: the example's, tiny-lm behind an OpenAI-compatible endpoint. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { expectError, SECRET, start } from './command.ts';
import { expectNoSecrets, keep, lines, markOf, type Place, places } from './probe-place.ts';

const API_KEY = 'sk-live-3dXw8QpLm5Rt7ZkVb1';
const COUNT = 16;
const RUN = ['probe', 'run', 'plan.json', '--api-key-env', 'SUSPECT_KEY', '--concurrency', '2', '--json'];
const env = { SUSPECT_KEY: API_KEY };
// Every command is a process of its own: on a busy machine dozens of them take minutes.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const place = places();
const all: Place[] = [];
let real: { server: Server; baseUrl: string };
let planned: Place;

beforeAll(async () => {
  const example = '../../../examples/openai-server.mjs';
  const { startServer } = await import(/* @vite-ignore */ example);
  real = await startServer({ apiKey: API_KEY });
  planned = await plan(real.baseUrl, COUNT);
});

afterAll(() => {
  real.server.close();
  expectNoSecrets(all);
});

/** A folder with a plan to ask so many prompts. */
async function plan(baseUrl: string, count: number): Promise<Place> {
  const at = place();
  all.push(at);
  at.write('mark.json', markOf(keep(at).kid));
  const prompts = Array.from({ length: count }, (_, i) => ({ id: `p${i}`, prompt: `On the ${i + 1}th of May` }));
  at.write('prompts.jsonl', lines(prompts));
  const materials = ['--mark', 'mark.json', '--prompts', 'prompts.jsonl', '--decoys', '0'];
  const suspect = ['--endpoint', baseUrl, '--model', 'tiny-lm', '--max-tokens', '24', '--request-seed', '3'];
  expect(await at.taggant('probe', 'plan', 'plan.json', ...materials, ...suspect)).toMatchObject({ status: 0 });
  expect(await at.taggant('probe', 'commit', 'plan.json')).toMatchObject({ status: 0 });
  return at;
}

function copy(): Place {
  const at = place(planned);
  all.push(at);
  return at;
}

const answersIn = ({ path, read }: Place) =>
  existsSync(path('plan.json.run/journal.jsonl')) ? read('plan.json.run/journal.jsonl').split('\n').length - 2 : 0;

/** Starts a run, and sends it a signal when it has brought some answers, and some are left. */
async function interrupted(at: Place, signal: 'SIGKILL' | 'SIGINT') {
  const before = answersIn(at);
  const { child, ended } = start(RUN, { cwd: at.cwd, env });
  child.stdin.end();
  while (answersIn(at) < before + 2 && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 2));
  child.kill(signal);
  const end = await ended;
  expect(answersIn(at)).toBeGreaterThan(before);
  expect(existsSync(at.path('plan.json.run/transcript.jsonl'))).toBe(false);
  return end;
}

const finish = async (at: Place) => {
  const { child, ended } = start(RUN, { cwd: at.cwd, env });
  child.stdin.end();
  return ended;
};

it('a run goes on after kill -9 and after Ctrl-C, which says so, and asks nothing twice that was answered', async () => {
  const [whole, killed] = [copy(), copy()];
  const quiet = await finish(whole);
  expect(quiet).toMatchObject({ status: 3, stderr: '' });
  expect(await interrupted(killed, 'SIGKILL')).toMatchObject({ status: null, stdout: '' });
  const before = killed.read('plan.json.run/journal.jsonl').split('\n').slice(0, -1);
  const stopped = await interrupted(killed, 'SIGINT');
  expectError(stopped, /^taggant: interrupted; the same command goes on behind the last answer$/);
  expect(await finish(killed)).toEqual(quiet);
  const journal = killed.read('plan.json.run/journal.jsonl').split('\n');
  expect(journal.slice(0, before.length)).toEqual(before);
  for (const name of ['transcript.jsonl', 'result.json', 'report.html']) {
    expect(killed.read(`plan.json.run/${name}`), name).toBe(whole.read(`plan.json.run/${name}`));
  }
});

it('a wrong key, no key, and a server that is not there are errors that use up nothing', async () => {
  const at = copy();
  const run = async (value: string) => {
    const { child, ended } = start(RUN, { cwd: at.cwd, env: { SUSPECT_KEY: value } });
    child.stdin.end();
    return ended;
  };
  const wrong = await run('sk-live-of-somebody-else');
  expectError(wrong, /401/);
  expect(wrong.stderr).not.toContain('somebody');
  expectError(await run(''), /the environment variable SUSPECT_KEY expected an API key, got nothing/);
  expect((await finish(at)).status).toBe(3);

  const { taggant, path } = await plan('http://127.0.0.1:9/v1', 2);
  const { status, stderr } = await taggant('probe', 'run', 'plan.json');
  const said = stderr.trim().split('\n');
  expect([status, said[0], said.at(-1)]).toEqual([
    2,
    'taggant: 127.0.0.1:9: network, attempt 2 of 9',
    'taggant: plan.json: the endpoint answered nothing before the budget was spent (network); run again when 127.0.0.1:9 does',
  ]);
  // Both prompts fail alike, and that is said once.
  expect(new Set(said).size).toBe(said.length);
  expectError(
    await taggant('probe', 'run', 'plan.json', '--answers', 'prompts.jsonl'),
    /--answers expected an offline plan, got one that asks http:\/\/127\.0\.0\.1:9\/v1/,
  );
  expect(existsSync(path('plan.json.run/transcript.jsonl'))).toBe(false);
});

it('the example serves marked what has a key, unmarked what has no mark, and nothing where the key is missing', async () => {
  const at = place();
  all.push(at);
  at.write('mark.json', markOf(keep(at).kid));
  at.write('inline-keys.json', {
    ...markOf('0'.repeat(16)),
    kid: undefined,
    secret: Buffer.from(SECRET).toString('hex'),
  });
  keep(at, 'other-keys.json', 7);
  at.write('torn.json', '{"secret": 1');
  const example = fileURLToPath(new URL('../../../examples/openai-server.mjs', import.meta.url));
  const tsx = createRequire(import.meta.url).resolve('tsx');
  /** The first line that it says, and how it ended if it did before it served. */
  const serve = async (...files: string[]) => {
    const args = ['--conditions=@taggant/source', '--import', tsx, example, '0', ...files];
    const child = spawn(process.execPath, args, { cwd: at.cwd });
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        if (said.includes(' at http')) child.kill();
      });
    }
    return [await ended, said];
  };
  const marked = /^tiny-lm marked \(greenlist gamma 1\/4 delta 3, context \d\) at http:\/\/127\.0\.0\.1:\d+\/v1\n$/;
  expect(await serve()).toEqual([null, expect.stringMatching(/^tiny-lm unmarked at http[^\n]+\n$/)]);
  expect(await serve('mark.json')).toEqual([null, expect.stringMatching(marked)]);
  expect(await serve('inline-keys.json')).toEqual([null, expect.stringMatching(marked)]);
  const refused = async (said: RegExp, ...files: string[]) =>
    expect(await serve(...files)).toEqual([2, expect.stringMatching(said)]);
  await refused(
    /^openai-server: the mark's key: other-keys\.json: .*holds no key.*\n$/,
    'mark.json',
    'other-keys.json',
  );
  await refused(/^openai-server: the mark's key: none\.json: .*no such file.*\n$/, 'mark.json', 'none.json');
  await refused(/^openai-server: .*no such file.*none\.json.*\n$/, 'none.json');
  await refused(/^openai-server: torn\.json expected a mark as JSON, got other text\n$/, 'torn.json');
});

it('the API key is nowhere in what was written or said', () => {
  for (const at of all) {
    for (const name of ['plan.json', 'plan.json.run/journal.jsonl', 'plan.json.run/result.json']) {
      if (existsSync(at.path(name))) expect(at.read(name)).not.toContain(API_KEY.slice(8));
    }
  }
});
