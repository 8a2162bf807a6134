/**
 * The field's packages beside ours, on the same row, texts and vocabulary, in one run:
 * `npm run bench:peers [-- --record] [--json FILE] [--only PATTERN]`.
 *
 * Both sides first find the marks that they wrote themselves. Then Node and Python take turns, case by case, each timing
 * itself, so that nothing of the pipe is counted; a figure is the median over the turns. First with torch on one thread,
 * which is what ours uses, then with as many as torch takes by itself.
 * @module
 */
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { describeMachine, machine, recordFile, writeJson } from '../machine.ts';
import { callsPerTurn, median, time } from '../timing.ts';
import { type Check, type PeerCase, startField } from './field.ts';
import { prepareInputs } from './inputs.ts';
import { type OurCase, ourCases, ourChecks } from './ours.ts';
import { peersPython } from './python.ts';

/** A case of a peer beside ours of the same task; seconds a call. */
export interface Comparison {
  readonly task: string;
  readonly ours: { readonly name: string; readonly seconds: number };
  readonly peer: string;
  readonly name: string;
  readonly seconds: number;
  /** How many times longer the peer takes. */
  readonly ratio: number;
}

const TURNS = 15;
const TURN_SECONDS = 0.02;
/** p of a marked text, for the check; a plain text must stay above. */
const FOUND = 1e-5;

const { values: options } = parseArgs({
  options: { only: { type: 'string', default: '' }, record: { type: 'boolean' }, json: { type: 'string' } },
});

const inputs = prepareInputs();
const ours = ourCases(inputs);
const field = startField(peersPython(), fileURLToPath(new URL('../out/peers/inductor', import.meta.url)));
const opened = await field.open(inputs.folder);
const host = machine();
console.log(describeMachine(host));
console.log(
  Object.entries(opened.versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', '),
);
for (const { peer, why } of opened.absent) console.log(`absent: ${peer} (${why})`);

await field.threads(1);
const checks = options.only === '' ? [...ourChecks(inputs), ...(await field.check())] : [];
for (const check of checks) console.log(checkLine(check));
for (const check of checks) assert(check.marked < FOUND && check.plain > FOUND, checkLine(check));

const runs: { threads: number; comparisons: Comparison[] }[] = [];
for (const threads of new Set([1, opened.threads])) {
  await field.threads(threads);
  const comparisons = await compare();
  runs.push({ threads, comparisons });
  console.log(`\ntorch on ${threads} ${threads === 1 ? 'thread' : 'threads'}, median of ${TURNS} turns`);
  for (const comparison of comparisons) console.log(comparisonLine(comparison));
}
field.close();

const { versions, absent } = opened;
const record = {
  date: new Date().toISOString(),
  ...host,
  versions,
  absent,
  texts: inputs.source,
  turns: TURNS,
  checks,
  runs,
};
const files = [options.json, options.record && options.only === '' && recordFile('peers', host)];
for (const file of files) if (file) writeJson(file, record);

async function compare(): Promise<Comparison[]> {
  const pattern = new RegExp(options.only);
  const peers: (PeerCase & Timed & { readonly index: number })[] = [];
  for (const [index, one] of opened.cases.entries()) {
    if (!pattern.test(`${one.task} ${one.peer} ${one.name}`)) continue;
    await field.time(index, 2); // Whatever is compiled or cached on first use.
    const seconds = await field.time(index, 1);
    peers.push({ ...one, index, calls: Math.max(1, Math.round(TURN_SECONDS / seconds)), seconds: [] });
  }
  const own: (OurCase & Timed)[] = [];
  for (const one of ours) {
    if (!peers.some(({ task }) => task === one.task)) continue;
    own.push({ ...one, calls: (await callsPerTurn(one.run, TURN_SECONDS)).calls, seconds: [] });
  }
  for (let turn = 0; turn < TURNS; turn++) {
    for (const mine of own) {
      mine.seconds.push(await time(mine.run, mine.calls));
      for (const peer of peers.filter(({ task }) => task === mine.task)) {
        peer.seconds.push(await field.time(peer.index, peer.calls));
      }
    }
  }
  return own.flatMap((mine) => {
    const mineSeconds = median(mine.seconds);
    return peers
      .filter(({ task }) => task === mine.task)
      .map(({ peer, name, seconds }) => ({
        task: mine.task,
        ours: { name: mine.name, seconds: mineSeconds },
        peer,
        name,
        seconds: median(seconds),
        ratio: median(seconds) / mineSeconds,
      }));
  });
}

interface Timed {
  /** Calls a turn. */
  readonly calls: number;
  readonly seconds: number[];
}

function checkLine({ peer, name, tokens, marked, plain }: Check): string {
  const p = (value: number) => value.toExponential(1).padStart(8);
  return `${`${peer}: ${name}`.padEnd(42)} p = ${p(marked)} of ${tokens} marked tokens, ${p(plain)} of a plain text`;
}

function comparisonLine({ ours, peer, name, seconds, ratio }: Comparison): string {
  const us = (value: number) => `${(value * 1e6).toPrecision(4).padStart(9)} us`;
  return `${ours.name.padEnd(28)} ${us(ours.seconds)}   ${`${peer}: ${name}`.padEnd(44)} ${us(seconds)}  ${ratio.toPrecision(3).padStart(7)} x`;
}
