import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runPlan } from '@taggant/probes/runner';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { atHandOf, jsonl, planOf } from '../plan/plans.ts';
import { seeded } from '../seeded.ts';
import { type FaultProxy, faultProxy } from './fault-proxy.ts';

const KEY = 'sk-live-9fQ2mVx7TtRw3KdZp0';
const COUNT = 40;
const FAULT_RATE = 0.4;
const KILLS = 4;

const folder = mkdtempSync(join(tmpdir(), 'taggant-run-'));
const said: string[] = [];
/** The run that the proxy serves, and the prompts that it asked although their answers were on disk. */
let running: string | undefined;
const again: string[] = [];
const prompts = jsonl(
  Array.from({ length: COUNT }, (_, i) => ({
    id: `p${i}`,
    prompt: `${openings()[i % 6]} the ${i}th of ${i % 2 ? 'May' : 'Jänner'}`,
  })),
);
let real: { server: Server; baseUrl: string };
let proxy: FaultProxy;

beforeAll(async () => {
  const path = '../../../../examples/openai-server.mjs';
  const { startServer } = await import(/* @vite-ignore */ path);
  real = await startServer({ apiKey: KEY });
  proxy = await faultProxy(real.baseUrl, FAULT_RATE, seeded(11), (prompt) => {
    if (running !== undefined && journaled(running).includes(prompt)) again.push(prompt);
  });
  process.env.SUSPECT_KEY = KEY;
});

afterAll(() => {
  proxy.close();
  real.server.close();
  rmSync(folder, { recursive: true });
});

it(`a run killed ${KILLS} times and resumed gives the transcript of an uninterrupted one, and asks no answered prompt again (${FAULT_RATE * 100} % of requests fail, seed 11)`, async () => {
  // The plain truth: the real server, one request at a time, nothing fails.
  const quiet = await runPlan(planAt(real.baseUrl), { ...common('quiet'), concurrency: 1 });
  expect(quiet).toMatchObject({ end: 'complete', answered: COUNT, failed: 0, requests: COUNT });

  const plan = planAt(proxy.baseUrl);
  running = 'whole';
  const whole = await runPlan(plan, { ...common('whole'), ...FAST });
  expect(whole).toMatchObject({ end: 'complete', answered: COUNT, failed: 0 });
  expect(whole.requests).toBeGreaterThan(COUNT);
  expect(transcript('whole')).toBe(transcript('quiet'));

  running = 'killed';
  const random = seeded(12);
  const left: number[] = [];
  for (let kill = 0; kill <= KILLS; kill++) {
    left.push(COUNT - journaled('killed').length);
    const from = proxy.log.length;
    const child = startChild(plan);
    if (kill < KILLS) {
      const more = from + 1 + Math.floor(random() * 8);
      while (proxy.log.length < more && !child.hasEnded()) await pause(1);
      await pause(10 * random());
      child.kill();
    }
    const status = await child.ended;
    expect(status).toBe(kill < KILLS ? null : 0);
  }
  expect(transcript('killed')).toBe(transcript('quiet'));
  expect(again).toEqual([]);
  // Some answers came before each kill, and some were left for the last process.
  expect(new Set(left).size).toBeGreaterThan(2);
  expect(left[KILLS]).toBeGreaterThan(0);
  expect(new Set(proxy.log.map(({ how }) => how)).size).toBeGreaterThan(12);

  // A run that has ended asks nothing, and gives the same again.
  const before = proxy.log.length;
  rmSync(join(folder, 'killed', 'transcript.jsonl'));
  expect(await runPlan(plan, { ...common('killed'), ...FAST })).toMatchObject({ end: 'complete', answered: COUNT });
  expect(proxy.log.length).toBe(before);
  expect(transcript('killed')).toBe(transcript('quiet'));

  // The key: nowhere in what was written or said.
  const written = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => /\.\w+$/.test(name));
  expect(written.length).toBeGreaterThan(6);
  for (const name of written) expect(readFileSync(join(folder, name), 'utf8')).not.toContain(KEY.slice(8));
  expect(said.join('')).toContain(`${COUNT} of ${COUNT}`);
  expect(said.join('')).not.toContain(KEY.slice(8));
});

function planAt(baseUrl: string) {
  const parameters = { max_tokens: 16, temperature: 0.8, seed: 3 };
  const suspect = { api: 'completions', baseUrl, model: 'tiny-lm', parameters } as const;
  return planOf(prompts, { suspect, order: { seed: 4 }, budget: { requests: 10_000 } });
}

function common(name: string) {
  const plan = planAt(real.baseUrl);
  const endpoint = { apiKeyVariable: 'SUSPECT_KEY', timeoutMs: name === 'quiet' ? 60_000 : FAST.timeoutMs };
  return { prompts, atHand: atHandOf(plan), folder: join(folder, name), endpoint };
}

function startChild(plan: object) {
  const [config, promptsFile] = [join(folder, 'config.json'), join(folder, 'prompts.jsonl')];
  const { timeoutMs, ...options } = FAST;
  writeFileSync(promptsFile, prompts);
  const given = {
    plan,
    prompts: promptsFile,
    folder: join(folder, 'killed'),
    apiKeyVariable: 'SUSPECT_KEY',
    timeoutMs,
    options,
  };
  writeFileSync(config, JSON.stringify(given));
  const script = fileURLToPath(new URL('run-child.ts', import.meta.url));
  const tsx = createRequire(import.meta.url).resolve('tsx');
  const child = spawn(process.execPath, ['--conditions=@taggant/source', '--import', tsx, script, config]);
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => said.push(text));
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  return { kill: () => child.kill('SIGKILL'), ended, hasEnded: () => child.exitCode !== null };
}

/** The prompts whose answers are in whole lines of the journal. */
function journaled(name: string): string[] {
  const path = join(folder, name, 'journal.jsonl');
  try {
    const lines = readFileSync(path, 'utf8')
      .split('\n')
      .slice(1, -1)
      .map((line) => JSON.parse(line));
    const truth = readFileSync(join(folder, 'quiet', 'transcript.jsonl'), 'utf8')
      .trim()
      .split('\n');
    return lines.filter(({ i }) => i !== undefined).map(({ i }) => JSON.parse(truth[i]).prompt);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

const transcript = (name: string) => readFileSync(join(folder, name, 'transcript.jsonl'), 'utf8');
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function openings() {
  return ['It was on', 'She remembered', 'Nothing happened on', 'The letter of', 'He died on', 'We met again on'];
}

const FAST = { concurrency: 4, retries: 40, waitMs: 2, maxWaitMs: 20, timeoutMs: 2500 };
