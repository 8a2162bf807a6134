/** What a gate may be led astray by: texts that are missing, short, copied, sorted; in a made-up language of 256 words. */
import { type Mark, openMark, type Pairs } from '@taggant/core';
import { describe, expect, it } from 'vitest';
import { secretOf, uniforms } from '../../core/test/support.ts';
import { language, VOCABULARY, write } from '../../probes/test/accounts/support.ts';
import { parseBaseline } from '../src/baseline.ts';
import { coverageChecks } from '../src/coverage-audit/check.ts';
import type { Coverage, CoverageResult } from '../src/coverage-audit/tally.ts';
import { outputsDeployment } from '../src/deployments/outputs.ts';
import { type Gate, runGate } from '../src/gate.ts';
import type { Deployment, TextReply } from '../src/sample.ts';

const TOKENIZER = { name: 'made up', vocabSize: VOCABULARY };
const fill = language(3);
const markOf = (delta = 4, key = 1) =>
  openMark({ scheme: 'greenlist', delta, contextWidth: 2, tokenizer: TOKENIZER }, secretOf(key));
const mark = markOf();
const textOf = (marks: readonly Mark[], seed: number, length = 64) => write(fill, marks, { length }, uniforms(seed));
const prompts = Array.from({ length: 256 }, (_, i) => `prompt ${i}`);

/** Writes what `reply` says. */
const deploymentOf = (reply: (request: { id: string; prompt: string; marked: boolean; seed: number }) => TextReply) =>
  ({ name: 'made up', write: async (requests) => requests.map(reply) }) satisfies Deployment;
const good = deploymentOf(({ seed, marked }) => ({ tokens: textOf(marked ? [mark] : [], seed), promptTokens: [] }));
const marked = { ...good, writesUnmarked: false };

const gateOf = (change: Partial<Gate> = {}): Gate => ({
  mark,
  deployment: marked,
  prompts,
  software: { name: 'taggant', version: '0' },
  maxTokens: 64,
  texts: { first: 64, most: 64 },
  expectations: { detection: [{ tokens: 64, alpha: 1e-3, least: 0.8 }], survival: [], choice: false },
  ...change,
});
const run = async (change: Partial<Gate> = {}) => (await runGate(gateOf(change))).result;

describe('a gate passes good texts, and not', () => {
  it('control: good texts', async () => expect((await run()).outcome).toBe('passed'));

  it('three quarters of texts that are empty', async () => {
    const deployment = {
      ...deploymentOf(({ id, seed }) => ({ tokens: Number(id) % 4 === 0 ? textOf([mark], seed) : [] })),
      writesUnmarked: false,
    };
    const result = await run({ deployment, texts: { first: 256, most: 256 } });
    expect(result.outcome).toBe('undecided');
    expect(result.checks[0].message).toContain('192 of 256 are too short, or copies');
  });

  it('the same few texts again and again', async () => {
    const deployment = {
      ...deploymentOf(({ id }) => ({ tokens: textOf([mark], Number(id) % 20) })),
      writesUnmarked: false,
    };
    const result = await run({ deployment });
    expect(result.outcome).toBe('undecided');
    expect(result.checks[0]).toMatchObject({ n: 20 });
  });

  it('few prompts under a mark that gives each the same text again', async () => {
    const gumbel = openMark({ scheme: 'gumbel', tokenizer: TOKENIZER }, secretOf(1));
    await expect(run({ mark: gumbel, prompts: ['a', 'b', 'a'] })).rejects.toThrow(
      /^"prompts" expected at least 64 different ones .* got 2$/,
    );
  });
});

describe('distortion', () => {
  const gumbel = openMark({ scheme: 'gumbel', tokenizer: TOKENIZER }, secretOf(1));
  const replies = Array.from({ length: 64 }, (_, i) => ({ tokens: textOf([gumbel], i), promptTokens: [i, i, i, i] }));
  const outputs = outputsDeployment('o', { marked: replies, unmarked: replies });
  const expectations = { detection: [], survival: [], length: false } as const;
  const ids = async (change: Partial<Gate>) => (await run({ expectations, ...change })).checks.map(({ id }) => id);

  it('is asked by default of our marks that keep the distribution, where two texts have one prompt', async () => {
    expect(await ids({ mark: gumbel, deployment: good })).toContain('distortion');
    expect(await ids({ mark: gumbel, deployment: outputs })).not.toContain('distortion');
    expect(await ids({ deployment: good })).not.toContain('distortion');
    const forgetful = { ...gumbel, distinct: (pairs: Pairs) => pairs };
    expect(await ids({ mark: forgetful, deployment: good })).not.toContain('distortion');
  });

  it.each([
    ['a mark that adds a bias', { deployment: good }, /needs a mark that keeps the distribution/],
    ['outputs', { mark: gumbel, deployment: outputs }, /needs marked and unmarked texts of the same prompts/],
  ])('is refused of %s', async (_, change, message) => {
    await expect(run({ ...change, expectations: { ...expectations, distortion: true } })).rejects.toThrow(message);
  });
});

describe('a coverage audit in a gate', () => {
  const row = (of: string | undefined, found: number, n: number) =>
    ({ of, n, counts: { marked: found }, ofEligible: { found, n, low: 0, high: 1 } }) as unknown as Coverage;
  const audit = (rows: readonly Coverage[]) =>
    ({ all: row(undefined, 300, 300), byClass: rows, contradictions: [], duplicates: 0 }) as unknown as CoverageResult;
  const checksOf = async (rows: readonly Coverage[]) => {
    const result = await run({ checks: coverageChecks(audit(rows), 0.95), texts: { first: 64, most: 256 } });
    return { result, by: Object.fromEntries(result.checks.map(({ id, outcome }) => [id, outcome])) };
  };

  it('skips a class too rare to say, and asks for no text for the sake of what no text changes', async () => {
    const { result, by } = await checksOf([row('chat', 290, 300), row('rare', 10, 10), row('bad', 2, 10)]);
    expect(by).toMatchObject({ coverage: 'passed', 'coverage/chat': 'undecided', 'coverage/rare': 'skipped' });
    expect(by['coverage/bad']).toBe('failed');
    expect((await checksOf([row('chat', 290, 300), row('rare', 10, 10)])).result).toMatchObject({
      outcome: 'undecided',
      texts: { marked: 64, looks: 1 },
    });
    expect(result.outcome).toBe('failed');
  });
});

describe('what is asked for and cannot be measured is an error', () => {
  it.each([
    ['falseAlarms', { falseAlarms: { most: 0.1 } }, marked, /"expect\.falseAlarms" needs unmarked texts/],
    ['distortion', { distortion: true }, marked, /"expect\.distortion" needs unmarked texts/],
    ['perplexity', { perplexity: { most: 2 } }, good, /"expect\.perplexity" needs a reference model/],
    ['survival', { survival: [{ attack: 'delete:0.1', least: 0.5 }] }, good, /"expect\.survival" needs a tokenizer/],
    [
      'choice',
      { choice: true },
      { ...good, heedsSeeds: false },
      /"expect\.choice" needs a deployment that heeds seeds/,
    ],
  ])('%s', async (_, expectations, deployment, message) => {
    await expect(run({ expectations, deployment })).rejects.toThrow(message);
    // Left out, or as a default, it is not asked for.
    const none = Object.fromEntries(Object.keys(expectations).map((name) => [name, false]));
    await expect(run({ expectations: { detection: [], length: false, ...none }, deployment })).resolves.toBeDefined();
  });

  it.each([
    ['an alpha of 5', { detection: [{ tokens: 64, alpha: 5, least: 0.5 }] }, /"expect\.detection\[0\]\.alpha"/],
    ['a misspelt field', { detecton: [] }, /unknown field "detecton" in "expect"/],
    ['a longer text than is asked for', { detection: [{ tokens: 65, least: 0.5 }] }, /at most the 64 tokens/],
    [
      'one check twice',
      { detection: [0.5, 0.6].map((least) => ({ tokens: 64, least })) },
      /expected each check once, got detection\/64@1e-6 twice/,
    ],
  ])('so is %s', async (_, expectations, message) => {
    await expect(run({ expectations: expectations as Gate['expectations'] })).rejects.toThrow(message);
  });

  it('so are levels that are none, and a gate without prompts or software', async () => {
    await expect(run({ levels: { confidence: 99 } })).rejects.toThrow(/"levels\.confidence" expected/);
    await expect(run({ levels: { falseFailure: 1e-9 } })).rejects.toThrow(/"levels\.falseFailure" expected/);
    await expect(run({ prompts: undefined as unknown as string[] })).rejects.toThrow(/"prompts" expected/);
    await expect(run({ software: undefined as unknown as Gate['software'] })).rejects.toThrow(/"software" expected/);
  });
});

describe('a baseline', () => {
  it('of another length or key, or with nothing in common, does not pass', async () => {
    const { baseline } = await runGate(gateOf());
    expect(() => parseBaseline(JSON.stringify(baseline), mark)).not.toThrow();
    expect(() => parseBaseline(JSON.stringify(baseline), markOf(4, 2))).toThrow(
      /^baseline expected of .*, got one of /,
    );
    await expect(run({ baseline, maxTokens: 48, expectations: { detection: [], survival: [] } })).rejects.toThrow(
      /"baseline" expected texts of 48 tokens, got 64/,
    );
    const other = { ...baseline, measures: { other: { 0: 1 } } };
    const result = await run({ baseline: other });
    expect(result.outcome).toBe('undecided');
    expect(result.checks.find(({ id }) => id === 'against/other')?.outcome).toBe('undecided');
  });

  it('tells what it was and what it is, of the texts that both have', async () => {
    const { baseline } = await runGate(gateOf());
    const weaker = { ...deploymentOf(({ seed }) => ({ tokens: textOf([markOf(1)], seed) })), writesUnmarked: false };
    const { checks } = await run({ baseline, deployment: weaker });
    const strength = checks.find(({ id }) => id === 'against/strength');
    const found = checks.find(({ id }) => id.startsWith('detection/'));
    const now = checks.find(({ id }) => id === 'against/found/64@0.001');
    expect(strength).toMatchObject({ outcome: 'failed', measured: expect.any(Number) });
    expect(now?.message).toContain(`${Number((found?.measured ?? 0).toPrecision(4))} now`);
  });
});

describe('outputs', () => {
  it('are not paired by their order in two files: both sorted by length, of one law', async () => {
    const byLength = (from: number) => {
      const random = uniforms(from);
      const lengths = Array.from({ length: 64 }, () => 20 + Math.floor(44 * random())).sort((a, b) => a - b);
      return lengths.map((length, i) => ({ tokens: textOf([], from + i, length) }));
    };
    const expectations = { detection: [], falseAlarms: false, strength: false, survival: [] } as const;
    const gate = (from: number) =>
      gateOf({ deployment: outputsDeployment('o', { marked: byLength(from) }), expectations });
    let failed = 0;
    for (let i = 0; i < 12; i++) {
      const { baseline } = await runGate(gate(1000 * i));
      expect(baseline.prompts).toBeUndefined();
      const { checks } = (await runGate({ ...gate(1000 * i + 500), baseline })).result;
      failed += Number(checks.some(({ outcome }) => outcome === 'failed'));
    }
    expect(failed).toBe(0);
  });
});

describe('findings', () => {
  it('of half the texts marked say how many show it by themselves', async () => {
    const deployment = {
      ...deploymentOf(({ id, seed }) => ({ tokens: textOf(Number(id) % 2 ? [mark] : [], seed) })),
      writesUnmarked: false,
    };
    const { outcome, findings } = await run({ deployment });
    expect(outcome).toBe('failed');
    expect(findings.join()).toMatch(/3\d of 64 show it by themselves/);
  });

  it('are none of a mark that is stronger than expected', async () => {
    const result = await run({ expectations: { detection: [], survival: [], choice: false, strength: { most: 0.3 } } });
    expect(result).toMatchObject({ outcome: 'failed', findings: [] });
  });

  it('stand beside what is undecided, and name another key', async () => {
    const deployment = {
      ...deploymentOf(({ seed }) => ({ tokens: textOf([markOf(4, 2)], seed) })),
      writesUnmarked: false,
    };
    const suspicions = [{ name: 'the mark of the key 2', mark: markOf(4, 2) }];
    const result = await run({ deployment, suspicions, texts: { first: 2, most: 2 } });
    expect(result.outcome).toBe('undecided');
    expect(result.findings).toEqual([expect.stringMatching(/^the texts carry the mark of the key 2 instead/)]);
  });

  it('are none where no text is long enough to say', async () => {
    const deployment = {
      ...deploymentOf(({ seed }) => ({ tokens: textOf([mark], seed, 40) })),
      writesUnmarked: false,
    };
    expect(await run({ deployment })).toMatchObject({ outcome: 'undecided', findings: [] });
  });

  it('do not stop at long texts', async () => {
    const long = Array.from({ length: 300_000 }, (_, i) => i % VOCABULARY);
    const deployment = { ...deploymentOf(() => ({ tokens: long, promptTokens: long })), writesUnmarked: false };
    const result = await run({ deployment, maxTokens: 2 ** 20, texts: { first: 1, most: 1 } });
    expect(result.findings.length).toBe(1);
  });
});
