/**
 * Runs the speed benchmarks: `npm run bench [-- --json FILE]`.
 *
 * Each case first checks its answer. Then all cases take turns, a few milliseconds each, so that a busy neighbour hurts
 * them alike; a figure is the median over the turns.
 * @module
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { cases } from './kernels.bench.ts';

export interface Case {
  readonly name: string;
  readonly unit: string;
  /** What one call does: in GB or M pairs for rates (per second), in units per second for times (1e6 for us). */
  readonly amount: number;
  /** The case whose time this one is compared with. */
  readonly besides?: string;
  run(): unknown;
  /** Throws if the answer is wrong. */
  check?(): void;
}

const TURNS = 60;
const TURN_SECONDS = 0.004;

const { values: options } = parseArgs({ options: { json: { type: 'string' } } });
for (const { check } of cases) check?.();
const record = { date: new Date().toISOString(), ...machine(), results: measure(cases) };

console.log(`${record.cpu}, ${record.cores} cores, node ${record.node}, ${record.platform}; median of ${TURNS} turns`);
for (const { name, value, unit, ratio } of record.results) {
  const besides = ratio ? `  ${ratio.value.toFixed(2)} x ${ratio.to}` : '';
  console.log(`${name.padEnd(58)} ${value.toPrecision(4).padStart(9)} ${unit.padEnd(9)}${besides}`);
}
if (options.json) writeFileSync(options.json, `${JSON.stringify(record, null, 2)}\n`);

function measure(cases: readonly Case[]) {
  const calls = cases.map(({ run }) => callsPerTurn(run));
  const seconds = cases.map(() => [] as number[]);
  for (let turn = 0; turn < TURNS; turn++) {
    for (const [i, { run }] of cases.entries()) seconds[i]!.push(time(run, calls[i]!));
  }
  const medians = new Map(cases.map(({ name }, i) => [name, median(seconds[i]!)]));
  return cases.map(({ name, unit, amount, besides }) => {
    const perCall = medians.get(name)!;
    return {
      name,
      value: unit.endsWith('/s') ? amount / perCall : amount * perCall,
      unit,
      ...(besides && { ratio: { to: besides, value: perCall / medians.get(besides)! } }),
    };
  });
}

/** Seconds a call. */
function time(run: () => unknown, calls: number): number {
  const start = process.hrtime.bigint();
  for (let i = 0; i < calls; i++) run();
  return Number(process.hrtime.bigint() - start) / 1e9 / calls;
}

/** Warms a case up, too: doubles the calls until a turn is full. */
function callsPerTurn(run: () => unknown): number {
  for (let calls = 1; ; calls *= 2) {
    const seconds = time(run, calls) * calls;
    if (seconds >= TURN_SECONDS) return Math.max(1, Math.round((calls * TURN_SECONDS) / seconds));
  }
}

function median(numbers: number[]): number {
  return numbers.sort((a, b) => a - b)[numbers.length >> 1]!;
}

function machine() {
  const [cpu] = cpus();
  return {
    cpu: cpu?.model.trim() ?? 'unknown',
    cores: cpus().length,
    node: process.versions.node,
    platform: `${process.platform}/${process.arch}`,
  };
}
