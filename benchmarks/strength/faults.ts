/**
 * What the gate catches: deployments of tiny-lm with one fault each, and many without any.
 *
 *   npm run strength:faults -- [--healthy 100] [--templated 25] [--json benchmarks/record/faults.json]
 *
 * Each mark has a baseline of its own, written by a deployment without a fault under another seed. A fault has to be caught by
 * the gate that has the baseline; whether the gate without one catches it, too, is printed beside it. Healthy runs (`--healthy` of
 * each mark) have keys and seeds of their own, shorter texts, and one baseline under another key; of them a share of 1 % may fail. So
 * have `--templated` runs, whose prompts all end alike, as a chat template makes them; they have no baseline. An interrupted run goes
 * on where it stopped.
 * @module
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { type NativeMarkInput, openMark } from '@taggant/core';
import { tiktokenTokenizer } from '@taggant/detector/tiktoken';
import { binomialInterval } from '@taggant/stats';
import { tinyLmOpenings, tinyLmTokenizer } from '@taggant/tiny-lm';
import { type Baseline, type Gate, runGate } from '@taggant/verify';
import { referenceOf } from '@taggant/verify/local-model';
import { type Fault, faultyDeployment, openTinyLm } from '../../packages/verify/test/faulty-deployment.ts';
import { secretOf } from './samples.ts';

const { values: flags } = parseArgs({
  options: {
    healthy: { type: 'string', default: '100' },
    templated: { type: 'string', default: '25' },
    json: { type: 'string' },
  },
});

/** A mark, how it is sampled, and the faults that it can have. */
const SETTINGS = {
  greenlist: {
    mark: { scheme: 'greenlist' },
    temperature: 1,
    topK: 40,
    faults: [
      'wrong gamma',
      'wrong key',
      'wrong tokenizer',
      'hook after truncation',
      'delta halved',
      'greedy',
      'opted out',
      'hook called twice',
      'stale context',
      'rows swapped',
    ],
  },
  gumbel: {
    mark: { scheme: 'gumbel' },
    temperature: 0.7,
    topK: 0,
    faults: ['wrong key', 'greedy', 'opted out', 'dedup off', 'stale context', 'rows swapped'],
  },
} as const satisfies Record<
  string,
  { mark: NativeMarkInput; temperature: number; topK: number; faults: readonly (Fault | 'wrong tokenizer')[] }
>;
type Name = keyof typeof SETTINGS;

interface Line {
  readonly key: string;
  readonly outcome: string;
  /** Checks that failed or were not decided. */
  readonly by: readonly string[];
  readonly findings: readonly string[];
  readonly texts: number;
  readonly seconds: number;
}

const OUT = 'benchmarks/out';
mkdirSync(OUT, { recursive: true });
const log = `${OUT}/faults.jsonl`;
const done = new Map<string, Line>(
  existsSync(log)
    ? readFileSync(log, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => [JSON.parse(line).key, JSON.parse(line)])
    : [],
);
const model = await openTinyLm();
const reference = referenceOf(model);
const tokenizer = tinyLmTokenizer();
const prompts = tinyLmOpenings();
const software = { name: 'taggant', version: 'benchmark' };

/** Lengths: of the runs with a fault, and of the many without. */
const SIZES = {
  long: { maxTokens: 112, detection: [{ tokens: 100, alpha: 1e-6, least: 0.85 }], texts: { first: 48, most: 192 } },
  short: { maxTokens: 64, detection: [{ tokens: 56, alpha: 1e-3, least: 0.8 }], texts: { first: 32, most: 128 } },
} as const;
type Size = keyof typeof SIZES;

function gateOf(name: Name, fault: Fault | 'wrong tokenizer', seed: number, size: Size, key = 'gate'): Gate {
  const { mark: input, temperature, topK } = SETTINGS[name];
  const [secret, otherSecret] = [secretOf(key), secretOf('not the gate')];
  const isForeign = fault === 'wrong tokenizer';
  const deployment = faultyDeployment(model, {
    fault: isForeign ? 'none' : fault,
    mark: input,
    secret,
    otherSecret,
    temperature,
    topK,
  });
  return {
    mark: openMark(input, secret),
    tokenizer: isForeign ? tiktokenTokenizer('gpt2') : tokenizer,
    // A text service: it gives no ids of its prompts.
    deployment: isForeign
      ? { ...deployment, write: async (requests) => (await deployment.write(requests)).map(({ text }) => ({ text })) }
      : deployment,
    prompts,
    reference: isForeign ? undefined : reference,
    software,
    seed,
    maxTokens: SIZES[size].maxTokens,
    texts: SIZES[size].texts,
    expectations: {
      detection: SIZES[size].detection,
      falseAlarms: { most: 0.25 },
      // Short texts say little about it.
      perplexity: !isForeign && { most: size === 'short' ? 2 : 1.5 },
      survival: [{ attack: 'substitute:0.1', tokens: SIZES[size].detection[0].tokens, alpha: 1e-3, least: 0.3 }],
    },
  };
}

async function run(key: string, gate: Gate): Promise<Line> {
  const known = done.get(key);
  if (known) return known;
  const started = process.hrtime.bigint();
  const { result } = await runGate(gate);
  const line = {
    key,
    outcome: result.outcome,
    by: result.checks.filter(({ outcome }) => outcome !== 'passed').map(({ id, outcome }) => `${id}: ${outcome}`),
    findings: result.findings,
    texts: result.texts.marked + result.texts.unmarked,
    seconds: Number((process.hrtime.bigint() - started) / 1_000_000n) / 1000,
  };
  appendFileSync(log, `${JSON.stringify(line)}\n`);
  done.set(key, line);
  process.stderr.write(`${key}: ${line.outcome}, ${line.seconds.toFixed(0)} s; ${line.by.join(', ')}\n`);
  return line;
}

async function baselineOf(name: Name, size: Size): Promise<Baseline> {
  const file = `${OUT}/faults-${name}-${size}.baseline.json`;
  if (!existsSync(file)) {
    const gate = gateOf(name, 'none', 1_000_000, size);
    const { result, baseline } = await runGate({ ...gate, texts: { first: 96, most: 96 } });
    process.stderr.write(`${name}, baseline: ${result.outcome}\n`);
    writeFileSync(file, JSON.stringify(baseline));
  }
  return JSON.parse(readFileSync(file, 'utf8'));
}

const faults: { mark: Name; fault: string; alone: Line; against: Line }[] = [];
const healthy: { mark: Name; prompts: string; runs: number; failed: number; undecided: number; high: number }[] = [];
for (const name of Object.keys(SETTINGS) as Name[]) {
  const baseline = await baselineOf(name, 'long');
  for (const fault of SETTINGS[name].faults) {
    const gate = gateOf(name, fault, 7, 'long');
    const alone = await run(`${name}, ${fault}, alone`, gate);
    const against = await run(`${name}, ${fault}, against`, { ...gate, baseline });
    faults.push({ mark: name, fault, alone, against });
  }
}
console.table(
  faults.map(({ mark, fault, alone, against }) => ({
    mark,
    fault,
    'no baseline': alone.outcome,
    'with baseline': against.outcome,
    by: against.by
      .filter((check) => check.endsWith('failed'))
      .map((check) => check.split(':')[0])
      .join(' '),
  })),
);
for (const name of Object.keys(SETTINGS) as Name[]) {
  const own = async (seed: number) => ({
    ...gateOf(name, 'none', 10_000 + seed, 'short', `gate ${seed}`),
    baseline: await baselineOf(name, 'short'),
  });
  const templated = async (seed: number) => ({
    ...gateOf(name, 'none', 20_000 + seed, 'short', `templated ${seed}`),
    prompts: prompts.map((prompt) => `${prompt} he said. "What do you think?"\n\n`),
  });
  await manyOf(name, 'healthy', Number(flags.healthy), own);
  await manyOf(name, 'templated', Number(flags.templated), templated);
}

async function manyOf(name: Name, kind: string, count: number, gateOfSeed: (seed: number) => Promise<Gate>) {
  const lines: Line[] = [];
  for (let seed = 1; seed <= count; seed++) lines.push(await run(`${name}, ${kind} ${seed}`, await gateOfSeed(seed)));
  if (count === 0) return;
  const failed = lines.filter(({ outcome }) => outcome === 'failed').length;
  const undecided = lines.filter(({ outcome }) => outcome === 'undecided').length;
  const [, high] = binomialInterval(failed, lines.length, 0.95);
  healthy.push({ mark: name, prompts: kind, runs: lines.length, failed, undecided, high });
}
console.table(healthy);
await model.dispose();
if (flags.json !== undefined) {
  const command = `npm run strength:faults -- --healthy ${flags.healthy} --templated ${flags.templated}`;
  writeFileSync(
    flags.json,
    `${JSON.stringify({ command, cpu: cpus()[0].model, node: process.version, faults, healthy }, null, 1)}\n`,
  );
}
