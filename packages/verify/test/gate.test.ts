/** The gate on tiny-lm: a deployment without a fault passes, and what is wrong with another is said. */
import { type NativeMarkInput, openMark, Secret } from '@taggant/core';
import type { LocalModel } from '@taggant/sampler/local-model';
import { tinyLmOpenings, tinyLmTokenizer } from '@taggant/tiny-lm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { referenceOf } from '../src/deployments/local-model.ts';
import { type Gate, outputsDeployment, parseBaseline, runGate } from '../src/index.ts';
import { type Fault, faultyDeployment, openTinyLm } from './faulty-deployment.ts';

const SECRET = Secret.fromHex('a5'.repeat(32));
const OTHER = Secret.fromHex('5a'.repeat(32));
const MARK: NativeMarkInput = { scheme: 'greenlist', delta: 3 };
const software = { name: 'taggant', version: 'test' };
const tokenizer = tinyLmTokenizer();
let model: LocalModel;

beforeAll(async () => {
  model = await openTinyLm();
});
afterAll(() => model.dispose());

/** Small texts, so that a test takes seconds; only what is asked for is checked. */
const gateOf = (fault: Fault, change: Partial<Gate> = {}): Gate => ({
  mark: openMark(MARK, SECRET),
  tokenizer,
  deployment: {
    ...faultyDeployment(model, { fault, mark: MARK, secret: SECRET, otherSecret: OTHER }),
    writesUnmarked: false,
  },
  prompts: tinyLmOpenings(),
  software,
  maxTokens: 64,
  texts: { first: 48, most: 48 },
  expectations: { detection: [{ tokens: 48, alpha: 1e-3, least: 0.8 }], survival: [], choice: false },
  ...change,
});
const outcomes = async (gate: Gate) => {
  const { result } = await runGate(gate);
  return { result, by: Object.fromEntries(result.checks.map(({ id, outcome }) => [id, outcome])) };
};

describe('a deployment without a fault', () => {
  it('passes every check, and its baseline says so later', { timeout: 120_000 }, async () => {
    const deployment = faultyDeployment(model, { fault: 'none', mark: MARK, secret: SECRET, otherSecret: OTHER });
    const gate = gateOf('none', {
      deployment,
      reference: referenceOf(model),
      expectations: {
        detection: [{ tokens: 48, alpha: 1e-3, least: 0.8 }],
        survival: [{ attack: 'substitute:0.05', tokens: 48, alpha: 1e-3, least: 0.3 }],
        falseAlarms: { most: 0.3 },
        perplexity: { most: 3 },
        repetition: { most: 0.1 },
        distinct: { least: -0.2 },
      },
    });
    const { result, baseline } = await runGate(gate);
    expect(result.checks.filter(({ outcome }) => outcome !== 'passed')).toEqual([]);
    expect(result.outcome).toBe('passed');
    expect(result.checks.map(({ id }) => id)).toEqual([
      'detection/48@0.001',
      'survival/substitute-0.05/48@0.001',
      'false-alarms',
      'perplexity',
      'repetition',
      'distinct',
      'length',
      'choice',
    ]);
    expect(result.texts).toMatchObject({ marked: 48, unmarked: 48, looks: 1 });
    expect(result.figures.tokensNeeded).toBeLessThan(20);
    expect(result.figures.perplexityRatio).toBeGreaterThan(1);
    expect(result.power.find(({ tokens, alpha }) => tokens === 64 && alpha === 1e-3)?.found).toBeGreaterThan(0);
    // Another seed is noise; half the delta is a regression, though it is found well enough.
    const read = parseBaseline(JSON.stringify(baseline), gate.mark);
    const again = await runGate({ ...gate, seed: 2, baseline: read });
    expect(again.result.outcome).toBe('passed');
    expect(again.result.checks.map(({ id }) => id)).toContain('against/strength');
    const weaker = await outcomes(gateOf('delta halved', { seed: 3, baseline: read }));
    expect(weaker.by['against/strength']).toBe('failed');
    // It writes no unmarked texts any more: what the baseline has of them is not passed over.
    expect(weaker.by['against/perplexity']).toBe('undecided');
  });

  it('is told apart from its secrets: a result and a baseline hold neither key nor text', {
    timeout: 60_000,
  }, async () => {
    const { result, baseline } = await runGate(gateOf('none', { texts: { first: 8, most: 8 } }));
    const written = JSON.stringify([result, baseline]);
    expect(written).not.toContain('a5a5a5');
    expect(written).not.toContain(tinyLmOpenings()[0].slice(0, 20));
  });
});

describe('a deployment with a fault fails, and the gate says what its texts carry', () => {
  it.each([
    ['wrong key', undefined],
    ['stale context', 'the mark with a context that is one token late'],
    ['rows swapped', 'the mark with the context of the next row of the batch'],
  ] as const)('%s', { timeout: 60_000 }, async (fault, finding) => {
    const { result, by } = await outcomes(gateOf(fault));
    expect(result.outcome).toBe('failed');
    expect(by['detection/48@0.001']).toBe('failed');
    if (finding === undefined) {
      expect(result.findings).toEqual([expect.stringMatching(/^the texts carry none of 3 other settings/)]);
    } else expect(result.findings).toEqual([expect.stringContaining(finding)]);
  });

  it('another gamma, if it is among what is suspected', { timeout: 60_000 }, async () => {
    const half = openMark({ ...MARK, gamma: '1/2' } as NativeMarkInput, SECRET);
    const { result } = await outcomes(gateOf('wrong gamma', { suspicions: [{ name: 'gamma 1/2', mark: half }] }));
    expect(result.outcome).toBe('failed');
    expect(result.findings).toEqual([expect.stringMatching(/^the texts carry gamma 1\/2 instead \(p = 10\^-/)]);
  });

  it('requests that opted out', { timeout: 60_000 }, async () => {
    const { by } = await outcomes(gateOf('opted out'));
    expect(by['detection/48@0.001']).not.toBe('passed');
  });

  it('greedy decoding, whatever its strength', { timeout: 60_000 }, async () => {
    const { by } = await outcomes(
      gateOf('greedy', { expectations: { detection: [{ tokens: 48, alpha: 1e-3, least: 0.1 }], survival: [] } }),
    );
    expect(by.choice).toBe('failed');
  });
});

describe('the gate', () => {
  it('stops at the first look that decides', { timeout: 60_000 }, async () => {
    const { result } = await runGate(gateOf('wrong key', { texts: { first: 16, most: 256 } }));
    expect(result.outcome).toBe('failed');
    expect(result.texts).toMatchObject({ marked: 16, looks: 1, most: 256 });
  });

  it('takes texts that were written already, and asks for no more than there are', async () => {
    const marked = Array.from({ length: 20 }, (_, i) => ({
      tokens: Array.from({ length: 64 }, (_, j) => (i * 64 + j) % 4000),
    }));
    const deployment = outputsDeployment('a file', { marked });
    const { result } = await runGate(gateOf('none', { deployment, texts: { first: 8, most: 256 } }));
    expect(result.outcome).toBe('failed');
    expect(result.texts.most).toBe(20);
    expect(result.texts.unmarked).toBe(0);
  });

  it('refuses what it cannot work with', async () => {
    await expect(runGate(gateOf('none', { prompts: [] }))).rejects.toThrow(
      '"prompts" expected at least one prompt, got none',
    );
    await expect(runGate(gateOf('none', { texts: { first: 9, most: 8 } }))).rejects.toThrow('"texts.most" expected');
    const mute = { name: 'mute', write: async () => [] };
    await expect(runGate(gateOf('none', { deployment: mute }))).rejects.toThrow(
      'mute expected to give 32 replies, got 0',
    );
    const empty = { name: 'empty', write: async (requests: readonly unknown[]) => requests.map(() => ({})) };
    await expect(runGate(gateOf('none', { deployment: empty }))).rejects.toThrow(
      'empty expected to give "text" or "tokens"',
    );
    expect(() => parseBaseline('{}', openMark(MARK, SECRET))).toThrow('baseline expected "baseline": "taggant/1"');
    const other = JSON.stringify({ baseline: 'taggant/1', mark: { mark: 'hf/greenlist' }, measures: {} });
    expect(() => parseBaseline(other, openMark(MARK, SECRET))).toThrow('baseline expected of');
  });
});
