import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Plan } from '@taggant/probes';
import { type FailedAttempt, parseTranscript, type RunOptions, runPlan, takeLock } from '@taggant/probes/runner';
import { afterAll, describe, expect, it } from 'vitest';
import { Budget } from '../../src/runner/budget.ts';
import { backOff, Pace } from '../../src/runner/pace.ts';
import { atHandOf, jsonl, planOf } from '../plan/plans.ts';
import { seeded } from '../seeded.ts';
import { json, rawServer } from './raw-server.ts';

const root = mkdtempSync(join(tmpdir(), 'taggant-runs-'));
afterAll(() => rmSync(root, { recursive: true }));
let folders = 0;

const prompts = jsonl(Array.from({ length: 20 }, (_, i) => ({ id: `p${i}`, prompt: `Question ${i}?` })));
const signal = new AbortController().signal;

/** The value, after something else was done. */
const also = <T>(_done: unknown, value: T): T => value;

/** A suspect that answers a question with its number of letters after a while, unless told otherwise. */
async function suspect(answer?: (prompt: string, n: number) => [status: number, body: unknown] | undefined) {
  const random = seeded(1);
  let [open, most] = [0, 0];
  const server = await rawServer(async (response, n, { body }) => {
    most = Math.max(most, ++open);
    response.on('close', () => open--);
    const { prompt } = JSON.parse(body);
    await new Promise((resolve) => setTimeout(resolve, 8 * random()));
    const [status, said] = answer?.(prompt, n) ?? [
      200,
      { choices: [{ text: `Answer to ${prompt}`, finish_reason: 'stop' }] },
    ];
    json(response, said, status);
  });
  const asked = () => server.asked.map(({ body }) => JSON.parse(body).prompt as string);
  return { origin: server.origin, asked, most: () => most };
}

function setUp(origin: string, fields: Partial<Plan> = {}, options: Partial<RunOptions> = {}) {
  const plan = planOf(prompts, { suspect: { api: 'completions', baseUrl: origin, model: 'm' }, ...fields });
  const folder = join(root, String(folders++));
  const run = (more: Partial<RunOptions> = {}) =>
    runPlan(plan, { prompts, atHand: atHandOf(plan), folder, waitMs: 1, ...options, ...more });
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  return { plan, folder, run, read, transcript: () => read('transcript.jsonl') };
}

describe('a run', () => {
  it("asks every prompt once, and writes the answers down in the plan's order", async () => {
    const { origin, asked, most } = await suspect();
    const { plan, run, transcript } = setUp(origin, { order: { seed: 9 } }, { concurrency: 3 });
    expect(await run()).toMatchObject({ end: 'complete', used: 20, answered: 20, failed: 0, unused: 0, requests: 20 });
    expect(new Set(asked()).size).toBe(20);
    expect(asked().length).toBe(20);
    expect(most()).toBeLessThanOrEqual(3);
    expect(most()).toBeGreaterThan(1);
    const lines = transcript()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ i }) => i)).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(lines[0]).toEqual({
      i: 0,
      id: lines[0].id,
      prompt: lines[0].prompt,
      reply: `Answer to ${lines[0].prompt}`,
      finish: 'stop',
    });
    expect(lines.map(({ id }) => id)).not.toEqual(Array.from({ length: 20 }, (_, i) => `p${i}`));
    const { run: again, transcript: other } = setUp(origin, { order: plan.order }, { concurrency: 1 });
    await again();
    expect(other()).toBe(transcript());
    // One at a time, requests arrive in the plan's order.
    expect(asked().slice(20)).toEqual(lines.map(({ prompt }) => prompt));
  });

  it('is refused when anything deviates from the plan, before a request is sent', async () => {
    const { origin, asked } = await suspect();
    const { plan, run } = setUp(origin);
    await expect(run({ prompts: jsonl([{ id: 'x', prompt: 'Other' }]) })).rejects.toThrow(
      /not what was planned: prompts \(sha256\).*number of prompts/,
    );
    await expect(run({ atHand: { ...atHandOf(plan), software: { version: '0' } } })).rejects.toThrow(
      /software version/,
    );
    expect(asked()).toEqual([]);
  });

  it('asks a prompt again that fails, once more when others are answered, and gives it up then; it counts for nothing', async () => {
    const { origin, asked } = await suspect((prompt) => (prompt === 'Question 3?' ? [500, {}] : undefined));
    const { run, transcript } = setUp(origin, {}, { retries: 2 });
    const seen: string[] = [];
    const run1 = await run({ decide: ({ id }) => also(seen.push(id), 'go on') });
    expect(run1).toMatchObject({ end: 'complete', answered: 19, failed: 1, requests: 25 });
    expect(asked().filter((prompt) => prompt === 'Question 3?').length).toBe(6);
    expect(transcript()).toContain('"id":"p3","prompt":"Question 3?","failed":"HTTP 500"}');
    expect(seen.length).toBe(19);
    expect(seen).not.toContain('p3');
  });

  it('ends for now when the endpoint is down, loses nothing, and goes on when it is up', async () => {
    let isUp = true;
    const { origin, asked } = await suspect((_, n) => {
      if (n === 7) isUp = false;
      return isUp ? undefined : [503, {}];
    });
    const { run, read } = setUp(origin, {}, { retries: 1, failuresInARow: 3, concurrency: 2 });
    await expect(run()).rejects.toThrow(/endpoint answers nothing: 3 prompts in a row failed \(HTTP 503\)/);
    await expect(run()).rejects.toThrow(/endpoint answers nothing/);
    expect(read('journal.jsonl')).not.toContain('failed');
    const before = asked().slice(0, 7);
    isUp = true;
    expect(await run()).toMatchObject({ end: 'complete', answered: 20, failed: 0 });
    for (const prompt of before) expect(asked().filter((other) => other === prompt).length).toBe(1);
  });

  it('gives prompts that failed while it was down a second chance when it is up', async () => {
    const { origin } = await suspect((_, n) => (n >= 7 && n < 14 ? [503, {}] : undefined));
    const { run } = setUp(origin, {}, { retries: 1, concurrency: 1 });
    expect(await run()).toMatchObject({ end: 'complete', answered: 20, failed: 0, requests: 27 });
  });

  it('ends for now when nothing was ever answered, however few prompts there are', async () => {
    const { origin } = await suspect(() => [500, {}]);
    const { run, read } = setUp(origin, {}, { retries: 0, failuresInARow: 100 });
    await expect(run()).rejects.toThrow(/answers nothing: 20 prompts/);
    expect(read('journal.jsonl').split('\n').length).toBe(2);
  });

  it('ends after three attempts at each prompt under way when nobody is there, and says every one that it makes again', async () => {
    const { asked, origin } = await rawServer((response) => response.destroy());
    const { run, read } = setUp(origin, {}, { retries: 8, concurrency: 2 });
    const said: FailedAttempt[] = [];
    await expect(run({ onRetry: (failure) => said.push(failure) })).rejects.toThrow(
      /answers nothing: at least 3 attempts at each of 2 prompts failed \(network[ A-Z_]*\); run again when 127\.0\.0\.1:\d+ does/,
    );
    expect(said[0]).toEqual({ reason: expect.stringMatching(/^network/), attempt: 2, attempts: 9 });
    expect(asked.length).toBeGreaterThanOrEqual(6);
    expect(said.length).toBe(asked.length - 1);
    expect(read('journal.jsonl').split('\n').length).toBe(2);
  });

  it.each<[string, (response: ServerResponse) => unknown]>([
    ['that is busy', (response) => json(response, {}, 503)],
    ['that answered', (response) => json(response, { choices: [{ text: 'x' }] })],
  ])('gives an endpoint %s all attempts when it falls silent', async (_, speak) => {
    const { asked, origin } = await rawServer((response, n) => (n === 0 ? speak(response) : response.destroy()));
    const { run } = setUp(origin, {}, { retries: 5, concurrency: 1, failuresInARow: 1 });
    await expect(run()).rejects.toThrow(/1 prompt failed \(network/);
    expect(asked.length).toBeGreaterThanOrEqual(6);
  });

  it('ends at once when the endpoint refuses', async () => {
    const { origin, asked } = await suspect((_, n) =>
      n < 5 ? undefined : [401, { error: { message: 'who are you?' } }],
    );
    const { run } = setUp(origin, {}, { concurrency: 1 });
    await expect(run()).rejects.toThrow(/refuses: HTTP 401 .*who are you\?/);
    expect(asked().length).toBe(6);
  });

  it('ends when told to, with the reason given, and goes on later', async () => {
    const { origin, asked } = await suspect();
    const { run } = setUp(origin);
    const stop = new AbortController();
    const onProgress = ({ asked }: { asked: number }) => asked === 6 && stop.abort(new Error('enough'));
    await expect(run({ signal: stop.signal, onProgress })).rejects.toThrow('enough');
    expect(await run()).toMatchObject({ end: 'complete', answered: 20 });
    expect(asked().length).toBeLessThanOrEqual(24);
  });

  it('tells its progress: asked, failed, spent', async () => {
    const { origin } = await suspect();
    const { run, plan } = setUp(origin);
    const told: object[] = [];
    await run({ onProgress: (progress) => told.push(progress) });
    expect(told[0]).toEqual({
      asked: 0,
      used: 0,
      failed: 0,
      count: 20,
      spent: { requests: 0, tokens: 0 },
      budget: plan.budget,
    });
    expect(told.at(-1)).toMatchObject({ asked: 20, used: 20, failed: 0, spent: { requests: 20 } });
  });

  it('takes answers from a file, of which none may be left out: one that failed says so', async () => {
    const { run, transcript } = setUp('http://127.0.0.1:1', { suspect: { api: 'offline' } });
    const answers = jsonl(Array.from({ length: 19 }, (_, i) => ({ id: `p${i}`, reply: `Said ${i}`, finish: 'stop' })));
    await expect(run({ answers })).rejects.toThrow(
      'answers expected a line for every prompt, got none for 1 of 20, "p19" first; one that failed says {"id", "failed": "why"}',
    );
    const told = Buffer.concat([answers, jsonl([{ id: 'p19', failed: 'lost' }])]);
    expect(await run({ answers: told })).toMatchObject({ end: 'complete', answered: 19, failed: 1 });
    expect(transcript()).toContain('"id":"p19","prompt":"Question 19?","failed":"lost"}');
    const other = setUp('http://127.0.0.1:1', { suspect: { api: 'offline' } });
    await expect(other.run({ answers: jsonl([{ id: 'x', reply: '' }]) })).rejects.toThrow(
      /answers:1\.id" expected the id of a prompt/,
    );
    await expect(
      other.run({
        answers: jsonl([
          { id: 'p1', reply: '' },
          { id: 'p1', reply: '' },
        ]),
      }),
    ).rejects.toThrow(/answers:2\.id" expected a new one, got that of "answers:1\.id"/);
    await expect(other.run()).rejects.toThrow(/"answers" expected the bytes of a file/);
  });
});

describe('a hostile answer', () => {
  const LONE = '"\\ud800"';
  const asks = (origin: string, max_tokens: number): Plan['suspect'] => ({
    api: 'completions',
    baseUrl: origin,
    model: 'm',
    parameters: { max_tokens, logprobs: 1 },
  });
  const words = (text: string) => text.split(' ').length;

  it('with lone surrogates wherever there is text is kept in files that can be read again', async () => {
    const choice = `{"text":${LONE},"finish_reason":${LONE},"logprobs":{"tokens":[${LONE}],${LONE}:[1e999,-0]}}`;
    const { origin } = await suspect((_, n) => (n === 3 ? [200, JSON.parse(`{"choices":[${choice}]}`)] : undefined));
    const { run, read } = setUp(origin, { suspect: asks(origin, 9) }, { concurrency: 1 });
    expect(await run()).toMatchObject({ end: 'complete', answered: 20 });
    const [line] = parseTranscript(Buffer.from(read('transcript.jsonl'))).slice(3);
    expect(line).toMatchObject({ reply: '\ud800', logprobs: { tokens: ['\ud800'] } });
    expect(line).not.toHaveProperty('finish');
    expect(await run()).toMatchObject({ end: 'complete', answered: 20 });
  });

  it.each([0, 1e9, Number.MAX_SAFE_INTEGER])(
    'that tells %d tokens costs no less than our count and no more than was asked for',
    async (total_tokens) => {
      const { origin } = await suspect(() => [200, { choices: [{ text: 'a b c' }], usage: { total_tokens } }]);
      const fields = { suspect: asks(origin, 9), budget: { requests: 100, tokens: 10_000 } };
      const { run } = setUp(origin, fields, { countTokens: words });
      const each = 2 + (total_tokens === 0 ? 3 : 9);
      expect(await run()).toMatchObject({ end: 'complete', tokens: 20 * each });
      expect(await run()).toMatchObject({ end: 'complete', tokens: 20 * each });
      const { run: unlimited } = setUp(origin, {}, { countTokens: words });
      expect(await unlimited()).toMatchObject({ end: 'complete', tokens: 20 * (2 + 3) });
    },
  );
});

describe('a stopping rule', () => {
  it.each([1, 2, 8, 20])('stops at the same answer whatever comes first (%i at a time)', async (concurrency) => {
    const { origin } = await suspect();
    const fields = { stopping: 'e-value', order: { seed: 5 } } as const;
    const { run, transcript, read } = setUp(origin, fields, { concurrency });
    let n = 0;
    const stopped = await run({ decide: () => (++n === 7 ? 'stop' : 'go on') });
    expect(stopped).toMatchObject({ end: 'stopped', used: 7, answered: 7 });
    expect(transcript().split('\n').length).toBe(8);
    const journal = read('journal.jsonl')
      .trim()
      .split('\n')
      .slice(1, -1)
      .map((line) => JSON.parse(line));
    expect(journal.length).toBe(7 + stopped.unused);
    const alone = setUp(origin, fields, { concurrency: 1 });
    n = 0;
    expect(await alone.run({ decide: () => (++n === 7 ? 'stop' : 'go on') })).toMatchObject({ unused: 0 });
    expect(alone.transcript()).toBe(transcript());
    // The same rule ends the same run again; another one is noticed.
    n = 0;
    expect(await run({ decide: () => (++n === 7 ? 'stop' : 'go on') })).toEqual(stopped);
    await expect(run({ decide: () => 'go on' })).rejects.toThrow(/stopping rule says otherwise/);
  });

  it('hears earlier answers first when a run goes on', async () => {
    const { origin, asked } = await suspect((_, n) => (n === 4 ? [403, {}] : undefined));
    const { run } = setUp(origin, { stopping: 'e-value' }, { concurrency: 1 });
    const heard: number[] = [];
    const decide = ({ i }: { i: number }) => also(heard.push(i), i === 6 ? ('stop' as const) : ('go on' as const));
    await expect(run({ decide })).rejects.toThrow(/403/);
    expect(await run({ decide })).toMatchObject({ end: 'stopped', used: 7 });
    expect(heard).toEqual([0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6]);
    expect(asked().length).toBe(8);
  });

  it('is heard and not obeyed where the plan is fixed, and must be there where it is not', async () => {
    const { origin } = await suspect();
    expect(await setUp(origin).run({ decide: () => 'stop' })).toMatchObject({ end: 'complete', used: 20 });
    await expect(setUp(origin, { stopping: 'e-value' }).run()).rejects.toThrow(/"decide" expected a stopping rule/);
  });
});

describe('a budget', () => {
  it('in requests is never passed, retries included', async () => {
    const { origin, asked } = await suspect((_, n) => (n % 3 === 2 ? [500, {}] : undefined));
    const { run } = setUp(origin, { budget: { requests: 13 } });
    const spent = await run();
    expect(spent).toMatchObject({ end: 'budget', requests: 13 });
    expect(spent.used).toBeLessThan(13);
    expect(asked().length).toBe(13);
    expect(await run()).toEqual(spent);
  });

  it('in requests holds over starts, with attempts that came to nothing', async () => {
    const { origin, asked } = await suspect((_, n) => (n === 0 || n >= 20 ? undefined : [503, {}]));
    const options = { retries: 2, failuresInARow: 3, concurrency: 1 };
    const { run, transcript } = setUp(origin, { budget: { requests: 24 } }, options);
    for (let start = 0; start < 2; start++) await expect(run()).rejects.toThrow(/answers nothing/);
    expect(asked().length).toBe(19);
    expect(await run()).toMatchObject({ end: 'budget', requests: 24, used: 5, answered: 5 });
    expect(asked().length).toBe(24);
    const { run: alone, transcript: smooth } = setUp(
      (await suspect()).origin,
      { budget: { requests: 5 } },
      { concurrency: 1 },
    );
    await alone();
    expect(transcript()).toBe(smooth());
  });

  it('is not touched by requests that somebody broke off', async () => {
    const { origin } = await suspect();
    const { run } = setUp(origin, { budget: { requests: 20 } });
    const stop = new AbortController();
    const onProgress = ({ asked }: { asked: number }) => asked === 6 && stop.abort(new Error('enough'));
    await expect(run({ signal: stop.signal, onProgress })).rejects.toThrow('enough');
    expect(await run()).toMatchObject({ end: 'complete', answered: 20, requests: 20 });
  });

  it.each([1, 6])(
    "in tokens ends at the same prompt (%i at a time), with the endpoint's own count",
    async (concurrency) => {
      const usage = { prompt_tokens: 5, completion_tokens: 5 };
      const { origin } = await suspect(() => [200, { choices: [{ text: 'x' }], usage }]);
      const parameters = { max_tokens: 20 };
      const asks = { api: 'completions', baseUrl: origin, model: 'm', parameters } as const;
      const { run } = setUp(origin, { suspect: asks, budget: { requests: 100, tokens: 115 } }, { concurrency });
      // 9 answers cost 90; the tenth may cost 2 + 20 and fits; after it 100, and 22 more do not.
      expect(await run({ countTokens: () => 2 })).toMatchObject({ end: 'budget', used: 10, tokens: 100, requests: 10 });
      await expect(setUp(origin, { suspect: asks, budget: { requests: 1, tokens: 1 } }).run()).rejects.toThrow(
        /"countTokens" expected a function/,
      );
    },
  );

  it("in tokens counts by the mark's tokenizer where the endpoint tells nothing, and what failed in full", async () => {
    const { origin } = await suspect((_, n) => (n === 0 ? [200, { choices: [] }] : undefined));
    const parameters = { max_tokens: 10 };
    const asks = { api: 'completions', baseUrl: origin, model: 'm', parameters } as const;
    const { run } = setUp(origin, { suspect: asks, budget: { requests: 100, tokens: 10_000 } }, { concurrency: 1 });
    expect(await run({ countTokens: (text) => text.split(' ').length })).toMatchObject({
      tokens: 12 + 20 * (2 + 4),
      requests: 21,
    });
  });

  it('grants in order, and ends when nothing under way can make room', async () => {
    const budget = new Budget({ requests: 10, tokens: 10 }, { requests: 0, tokens: 0 });
    const first = await budget.grant(6);
    const order: string[] = [];
    const second = budget.grant(6).then((grant) => also(order.push('second'), grant));
    const third = budget.grant(1).then((grant) => also(order.push('third'), grant));
    first?.settle(3);
    (await second)?.settle(6);
    expect(await third).toBeDefined();
    expect(order).toEqual(['second', 'third']);
    (await third)?.settle(1);
    expect(await budget.grant(1)).toBeUndefined();
    expect(budget.isSpent).toBe(true);
    expect(budget.spent).toEqual({ requests: 3, tokens: 10 });
  });
});

describe('a pace', () => {
  /** A clock that stands still but for waits. */
  const virtual = () => {
    const clock = { time: 0, now: () => clock.time, wait: async (ms: number) => void (clock.time += ms) };
    return clock;
  };

  it('keeps requests apart, and all of them back when the endpoint asks for it', async () => {
    const clock = virtual();
    const pace = new Pace(120, clock);
    const times: number[] = [];
    for (let i = 0; i < 6; i++) {
      await pace.turn(signal);
      times.push(clock.time);
      if (i === 2) pace.hold(7000);
      if (i === 4) clock.time += 10_000;
    }
    expect(times).toEqual([0, 500, 1000, 8000, 8500, 18_500]);
  });

  it("holds for a run: no minute of the suspect's sees more requests than agreed", async () => {
    const clock = virtual();
    const times: number[] = [];
    const { origin } = await suspect((_, n) => also(times.push(clock.time), n === 4 ? [429, {}] : undefined));
    const { run } = setUp(origin, {}, { clock, requestsPerMinute: 6, concurrency: 1, random: () => 0 });
    await run();
    expect(times.length).toBe(21);
    for (const time of times)
      expect(times.filter((other) => other >= time && other < time + 60_000).length).toBeLessThanOrEqual(6);
    expect(times[20]).toBe(200_000);
  });

  it('backs off exponentially with full jitter up to a cap', () => {
    expect([1, 2, 3, 4, 9].map((attempt) => backOff(attempt, 500, 3000, () => 0.5))).toEqual([
      250, 500, 1000, 1500, 1500,
    ]);
    expect(backOff(3, 500, 3000, () => 0)).toBe(0);
  });

  it('backs off in full unless it is given randomness', async () => {
    const waits: number[] = [];
    const clock = { now: () => 0, wait: async (ms: number) => void waits.push(ms) };
    const { origin } = await rawServer((response, n) =>
      n > 2 ? json(response, { choices: [{ text: 'x' }] }) : json(response, {}, 500),
    );
    await setUp(origin).run({ clock, concurrency: 1, waitMs: 500 });
    expect(waits).toEqual([500, 1000, 2000]);
  });

  it('waits as long as Retry-After says, up to the cap', async () => {
    const waits: number[] = [];
    const clock = { now: () => 0, wait: async (ms: number) => void waits.push(ms) };
    const { asked, origin } = await rawServer((response, n) => {
      if (n > 2) json(response, { choices: [{ text: 'x' }] });
      else json(response, {}, 429, { 'retry-after': ['3', '9999', '0'][n] });
    });
    await setUp(origin).run({ clock, concurrency: 1, maxWaitMs: 60_000, waitMs: 500, random: () => 0.5 });
    expect(asked.length).toBe(23);
    // Each wait stands twice: the prompt's own, and everybody's.
    expect(new Set(waits)).toEqual(new Set([3000, 60_000, 1000]));
  });
});

describe('a journal', () => {
  it('that was torn is cut off and goes on; at every byte of its last line', async () => {
    const { origin, asked } = await suspect();
    const { run, folder, read, transcript } = setUp(origin, {}, { concurrency: 1 });
    await run();
    const whole = read('journal.jsonl');
    const expected = transcript();
    const lines = whole.trimEnd().split('\n');
    const end = whole.lastIndexOf('\n', whole.length - 2) + 1;
    const last = whole.lastIndexOf('\n', end - 2) + 1;
    for (let at = last; at < end; at += 5) {
      truncateSync(join(folder, 'journal.jsonl'), 0);
      writeFileSync(join(folder, 'journal.jsonl'), whole.slice(0, at));
      const before = asked().length;
      await run();
      expect(asked().length - before).toBe(1);
      expect(read('journal.jsonl')).toBe(whole);
      expect(transcript()).toBe(expected);
    }
    expect(lines.length).toBe(22);
  });

  it('that was torn in its first line begins anew', async () => {
    const { origin } = await suspect();
    const { run, folder, read } = setUp(origin, {}, { concurrency: 1 });
    await run();
    const whole = read('journal.jsonl');
    writeFileSync(join(folder, 'journal.jsonl'), whole.slice(0, 20));
    await run();
    expect(read('journal.jsonl')).toBe(whole);
  });

  it('of another plan, or damaged inside, is refused and left as it is', async () => {
    const { origin } = await suspect();
    const { run, folder, read, plan } = setUp(origin);
    await run();
    const other = planOf(prompts, { suspect: plan.suspect, alpha: 0.01 });
    await expect(runPlan(other, { prompts, atHand: atHandOf(other), folder })).rejects.toThrow(
      /belongs to another plan/,
    );
    const whole = read('journal.jsonl');
    for (const damaged of [
      whole.replace('"reply"', '"replay"'),
      whole.replace('{"i":', '{"i":1'),
      whole.replace('\n', '\n\n'),
    ]) {
      writeFileSync(join(folder, 'journal.jsonl'), damaged);
      await expect(run()).rejects.toThrow(/journal\.jsonl:\d+/);
      expect(read('journal.jsonl')).toBe(damaged);
    }
    writeFileSync(join(folder, 'journal.jsonl'), whole);
    appendFileSync(join(folder, 'journal.jsonl'), whole.split('\n')[1].concat('\n'));
    await expect(run()).rejects.toThrow(/nothing behind the end/);
  });

  it('has one writer', async () => {
    const { origin, asked } = await suspect();
    const { run, folder } = setUp(origin);
    const first = run();
    await expect(run()).rejects.toThrow(/another run of this plan is under way \(process \d+\)/);
    await first;
    expect(asked().length).toBe(20);
    writeFileSync(join(folder, 'run.lock'), '1\n');
    await expect(run()).rejects.toThrow(/another run of this plan is under way \(process 1\)/);
    // A process that is gone: numbers end at 2^22 on Linux.
    writeFileSync(join(folder, 'run.lock'), '99999999\n');
    expect(await run()).toMatchObject({ end: 'complete' });
    const release = takeLock(join(folder, 'run.lock'));
    expect(() => takeLock(join(folder, 'run.lock'))).toThrow(/is writing this file/);
    release();
    takeLock(join(folder, 'run.lock'))();
  });
});
