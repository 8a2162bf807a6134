/**
 * Runs the speed benchmarks, the cases of every `*.bench.ts` here:
 * `npm run bench [-- --only PATTERN] [--record] [--json FILE]`. A record is one of all cases.
 *
 * Each case first checks its answer. Then all cases take turns, a few milliseconds each, so that a busy neighbour hurts
 * them alike; a figure is the median over the turns.
 * @module
 */
import { readdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { describeMachine, machine, recordFile, writeJson } from '../machine.ts';
import { callsPerTurn, median, time } from '../timing.ts';

export interface Case {
  /** Unique among all cases. */
  readonly name: string;
  /** A rate ends in `/s`. */
  readonly unit: string;
  /** What one call does: in GB or M pairs for rates (per second), in units per second for times (1e6 for us). */
  readonly amount: number;
  /** The case whose time this one is compared with: so many times a copy. */
  readonly besides?: string;
  /** The case whose rate is the limit, and how much of what it does one call needs at least, in its units. */
  readonly limit?: { readonly of: string; readonly needs: number };
  /** A promise is waited for. */
  run(): unknown;
  /** Throws, or rejects, if the answer is wrong. */
  check?(): unknown;
}

/** One line of a record. */
export interface Figure {
  /** The file that the case is in. */
  readonly group: string;
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** Time as a multiple of another case's. */
  readonly ratio?: { readonly to: string; readonly value: number };
  /** Speed as a share of what another case's rate allows. */
  readonly share?: { readonly of: string; readonly value: number };
}

const TURNS = 60;
const TURN_SECONDS = 0.004;
/** A slow case sits turns out, so that it does not take more than this; but it has three turns at least. */
const CASE_SECONDS = 4;

const { values: options } = parseArgs({
  options: { only: { type: 'string', default: '' }, record: { type: 'boolean' }, json: { type: 'string' } },
});

if (options.record && options.only !== '') {
  throw new RangeError('"--record" expected all cases, got --only; --json FILE keeps the figures of some');
}
const all = await collect();
const chosen = withCompared(all.filter(({ name }) => new RegExp(options.only).test(name)));
if (chosen.length === 0) throw new RangeError(`"--only" expected to match one of the cases, got ${options.only}`);
for (const { check } of chosen) await check?.();

const host = machine();
const results = await measure(chosen);
const record = { date: new Date().toISOString(), ...host, turns: TURNS, results };
console.log(`${describeMachine(host)}; median of ${TURNS} turns`);
let group = '';
for (const figure of results) {
  if (figure.group !== group) console.log(`\n${(group = figure.group)}`);
  console.log(line(figure));
}
const files = [options.json, options.record && recordFile('speed', host)];
for (const file of files) if (file) writeJson(file, record);

type Collected = Case & { readonly group: string };

async function collect(): Promise<Collected[]> {
  const files = readdirSync(new URL('.', import.meta.url)).filter((file) => file.endsWith('.bench.ts'));
  const cases: Collected[] = [];
  for (const file of files.sort()) {
    const group = file.slice(0, -'.bench.ts'.length);
    const module: { cases: readonly Case[] } = await import(new URL(file, import.meta.url).href);
    cases.push(...module.cases.map((one) => ({ ...one, group, run: () => one.run(), check: () => one.check?.() })));
  }
  const twice = cases.find(({ name }, i) => cases.findIndex((other) => other.name === name) < i);
  if (twice) throw new RangeError(`"name" expected to be unique among the cases, got ${twice.name} twice`);
  return cases;
}

/** The cases and those they are compared with, in the order of the files. */
function withCompared(cases: readonly Collected[]): Collected[] {
  const names = new Set(cases.flatMap(({ name, besides, limit }) => [name, besides, limit?.of]));
  return all.filter(({ name }) => names.has(name));
}

async function measure(cases: readonly Collected[]): Promise<Figure[]> {
  const planned = [];
  for (const one of cases) {
    const { calls, seconds } = await callsPerTurn(one.run, TURN_SECONDS);
    const turns = Math.min(TURNS, Math.max(3, Math.floor(CASE_SECONDS / seconds)));
    planned.push({ ...one, calls, every: Math.floor(TURNS / turns), seconds: [] as number[] });
  }
  for (let turn = 0; turn < TURNS; turn++) {
    for (const { run, calls, every, seconds } of planned) if (turn % every === 0) seconds.push(await time(run, calls));
  }
  const perCall = new Map(planned.map(({ name, seconds }) => [name, median(seconds)]));
  const rates = new Map(planned.map(({ name, amount }) => [name, amount / perCall.get(name)!]));
  return planned.map(({ group, name, unit, amount, besides, limit }) => ({
    group,
    name,
    value: unit.endsWith('/s') ? rates.get(name)! : amount * perCall.get(name)!,
    unit,
    ...(besides && { ratio: { to: besides, value: perCall.get(name)! / perCall.get(besides)! } }),
    ...(limit && { share: { of: limit.of, value: limit.needs / rates.get(limit.of)! / perCall.get(name)! } }),
  }));
}

function line({ name, value, unit, ratio, share }: Figure): string {
  const compared = ratio ? `  ${ratio.value.toFixed(2)} x ${ratio.to}` : '';
  const limited = share ? `  ${(100 * share.value).toFixed(0)} % of ${share.of}` : '';
  return `${name.padEnd(58)} ${value.toPrecision(4).padStart(9)} ${unit.padEnd(9)}${compared}${limited}`;
}
