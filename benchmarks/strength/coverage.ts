/**
 * Coverage audit on mixed traffic that is known: which responses are told apart, by what their log holds.
 *
 *   npm run strength:coverage -- [--samples 40] [--json FILE]
 *
 * tiny-lm writes under a green list and under Gumbel: marked at three lengths and two temperatures, in parts, under
 * another key, short, at a temperature that leaves no choice, greedily, and not at all. The same responses are audited
 * from three logs:
 * `logprobs` (settings, and ln p of each token and of the five likeliest), `settings` (no ln p; the strength of marked
 * responses measured beforehand on 24 others of each traffic class), `tokens` (nothing else). A response is right if
 * its class is one that what happened allows; whether a short or sure text shows its mark is chance, so both answers
 * are right there. Beam search stands in the settings only: the engine has none.
 * @module
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { NativeMarkInput } from '@taggant/core';
import { binomialInterval } from '@taggant/stats';
import {
  type Classified,
  COVERAGE_CLASSES,
  type CoverageClass,
  measureStrength,
  openCoverage,
  type ServedResponse,
  type ServedSettings,
  type StrengthRange,
} from '../../packages/verify/src/coverage-audit/index.ts';
import { describeMachine, machine } from '../machine.ts';
import { PASSAGES, type ServedPlan, type ServedSample, servedMark, servedSamples } from './served-samples.ts';

const { values } = parseArgs({ options: { samples: { type: 'string', default: '40' }, json: { type: 'string' } } });
const count = Number(values.samples);
const TOKENS = 400;
const SHORT = 16;
const PILOT = 24;
const [SURE, WARM, COOL] = [0.15, 1, 0.7];
const KEY = 1;
const RETIRED = [2, 3, 4];
const MARKS: Record<string, NativeMarkInput> = {
  'green list (1/4, 2, context 2)': { scheme: 'greenlist' },
  'Gumbel (context 4)': { scheme: 'gumbel' },
};
const LOGS = ['logprobs', 'settings', 'tokens'] as const;
type Log = (typeof LOGS)[number];

/** Responses of one kind, and the classes that are right, where only the tokens are logged too. */
interface Kind {
  readonly name: string;
  readonly plan: Partial<ServedPlan>;
  readonly length?: number;
  readonly settings?: ServedSettings;
  readonly right: readonly CoverageClass[];
  /** Where the settings are not logged. Default: the same. */
  readonly rightUnsaid?: readonly CoverageClass[];
}

const KINDS: readonly Kind[] = [
  ...[400, 200, 100].flatMap((length): Kind[] => [
    { name: `marked, ${length} tokens`, plan: {}, length, right: ['marked'] },
    { name: `marked, ${length} tokens, temperature ${COOL}`, plan: { temperature: COOL }, length, right: ['marked'] },
  ]),
  { name: `marked, ${SHORT} tokens`, plan: {}, length: SHORT, right: ['marked', 'too-short'] },
  {
    name: `marked, temperature ${SURE}`,
    plan: { temperature: SURE },
    right: ['marked', 'low-entropy', 'repetitive'],
    rightUnsaid: ['marked', 'repetitive', 'too-short'],
  },
  { name: 'under a retired key', plan: { key: RETIRED[1] }, right: ['wrong-key'] },
  {
    name: 'half unmarked, speculative in the settings',
    plan: { unmarked: 0.5 },
    settings: { speculative: true },
    right: ['diluted'],
    rightUnsaid: ['marked', 'diluted'],
  },
  {
    name: 'half unmarked, nothing said',
    plan: { unmarked: 0.5 },
    right: ['diluted'],
    rightUnsaid: ['marked', 'diluted'],
  },
  {
    name: '80 % unmarked, speculative in the settings',
    plan: { unmarked: 0.8 },
    settings: { speculative: true },
    right: ['diluted'],
    rightUnsaid: ['marked', 'diluted', 'unmarked', 'too-short'],
  },
  {
    name: '80 % unmarked, nothing said',
    plan: { unmarked: 0.8 },
    right: ['diluted', 'unmarked'],
    rightUnsaid: ['marked', 'diluted', 'unmarked', 'too-short'],
  },
  { name: 'not marked, nothing said', plan: { mark: null }, right: ['unmarked'] },
  {
    name: 'opted out',
    plan: { mark: null },
    settings: { watermark: false },
    right: ['opted-out'],
    rightUnsaid: ['unmarked'],
  },
];

/** What a mark of the draw cannot act in, and a bias can. */
const OF_SCHEME: Record<string, readonly Kind[]> = {
  greenlist: [{ name: 'greedy, marked', plan: { temperature: 0 }, right: ['marked', 'repetitive'] }],
  gumbel: [
    {
      name: 'greedy',
      plan: { mark: null, temperature: 0 },
      right: ['greedy'],
      rightUnsaid: ['unmarked', 'repetitive'],
    },
    { name: 'beam search', plan: { mark: null }, settings: { beams: 4 }, right: ['beam'], rightUnsaid: ['unmarked'] },
  ],
};

interface Row {
  readonly mark: string;
  readonly log: Log;
  readonly kind: string;
  readonly n: number;
  readonly counts: Partial<Record<CoverageClass, number>>;
  readonly right: number;
  readonly low: number;
  readonly high: number;
  readonly contradictions: number;
}

const samples = servedSamples(fileURLToPath(new URL('../out/', import.meta.url)));
const rows: Row[] = [];
const traffic: object[] = [];
for (const [name, input] of Object.entries(MARKS)) {
  const mark = servedMark(input, KEY);
  const planOf = (plan: Partial<ServedPlan>, passages: ServedPlan['passages'] = [0, count]): ServedPlan => ({
    mark: input,
    key: KEY,
    temperature: WARM,
    unmarked: 0,
    passages,
    tokens: TOKENS,
    ...plan,
  });
  const strengths: Record<string, StrengthRange> = {};
  for (const temperature of [WARM, COOL, SURE]) {
    const pilot = await samples.of(planOf({ temperature }, [PASSAGES - PILOT, PILOT]));
    strengths[classOf(temperature)] = measureStrength(pilot, mark);
  }
  const others = RETIRED.map((key) => servedMark(input, key));
  const audits = LOGS.map((log) => {
    const audit = openCoverage(mark, { others, least: 0.5, ...(log === 'settings' ? { strengths } : {}) });
    return { log, ...audit, truly: 0 };
  });
  for (const kind of [...KINDS, ...OF_SCHEME[mark.acts === 'logits' ? 'greenlist' : 'gumbel']]) {
    const plan = planOf(kind.plan);
    const texts = await samples.of(plan);
    for (const audit of audits) {
      const found = texts.map((text, i) => audit.classify(loggedAs(audit.log, text, kind, plan.temperature, i)));
      for (const one of found) audit.tally.add(one);
      const isMarked = plan.mark !== null && plan.key === KEY && plan.unmarked === 0;
      audit.truly += isMarked ? found.filter(({ eligible }) => eligible).length : 0;
      rows.push(rowOf(name, audit.log, kind, found));
    }
  }
  for (const { log, tally, truly } of audits) {
    const { all } = tally.result();
    const { n: eligible, found, low, high } = all.ofEligible;
    traffic.push({ mark: name, log, responses: all.n, eligible, found, low, high, truly });
  }
}
await samples.close();

for (const name of Object.keys(MARKS)) {
  for (const log of LOGS) {
    console.log(`\n${name}, log with ${log}`);
    console.table(
      rows
        .filter((row) => row.mark === name && row.log === log)
        .map(({ kind, n, counts, right, low, high, contradictions }) => ({
          'what happened': kind,
          n,
          ...Object.fromEntries(COVERAGE_CLASSES.map((one) => [one, counts[one] ?? ''])),
          'right %': ((100 * right) / n).toFixed(1),
          '99 %': `${(100 * low).toFixed(1)} to ${(100 * high).toFixed(1)}`,
          contradictions,
        })),
    );
  }
}
console.log('\nAll of it as one traffic: of the eligible, found marked (99 %), and marked in truth');
console.table(traffic);
console.log(describeMachine(machine()));
if (values.json !== undefined) {
  const command = `npm run strength:coverage -- --samples ${count}`;
  const record = { command, alpha: 1e-6, beta: 1e-3, tokens: TOKENS, machine: machine(), rows, traffic };
  writeFileSync(values.json, `${JSON.stringify(record, null, 1)}\n`);
}

/** Settings that explain a response explain all of its kind, and no unmarked text is ever found marked. */
const ofSettings = rows.filter(({ kind, log }) => log !== 'tokens' && /^(opted out|greedy$|beam)/.test(kind));
const unmarked = rows.filter(({ kind }) => /^(not marked|opted out|greedy$|beam)/.test(kind));
const isWrong =
  ofSettings.some(({ right, n }) => right < n) || unmarked.some(({ counts }) => counts.marked || counts['wrong-key']);
if (isWrong) process.exitCode = 1;

function rowOf(mark: string, log: Log, kind: Kind, found: readonly Classified[]): Row {
  const n = found.length;
  const all = COVERAGE_CLASSES.map((one) => [one, found.filter((response) => response.class === one).length] as const);
  const counts: Row['counts'] = Object.fromEntries(all.filter(([, count]) => count > 0));
  const allowed = log === 'tokens' ? (kind.rightUnsaid ?? kind.right) : kind.right;
  const right = allowed.reduce((sum, one) => sum + (counts[one] ?? 0), 0);
  const [low, high] = binomialInterval(right, n, 0.99);
  const contradictions = found.filter(({ contradiction }) => contradiction !== undefined).length;
  return { mark, log, kind: kind.name, n, counts, right, low, high, contradictions };
}

function classOf(temperature: number): string {
  return `temperature ${temperature}`;
}

function loggedAs(log: Log, text: ServedSample, kind: Kind, temperature: number, i: number): ServedResponse {
  const { prompt } = text;
  const length = kind.length ?? TOKENS;
  const [tokens, logprobs, top] = [text.tokens, text.logprobs, text.top].map((list) => list.slice(0, length));
  const response = { id: `${kind.name} ${i}`, tokens: tokens as number[], prompt };
  if (log === 'tokens') return response;
  const settings = { temperature, ...kind.settings };
  const said = { ...response, class: classOf(temperature), settings };
  return log === 'settings' ? said : { ...said, logprobs: logprobs as number[], top: top as number[][] };
}
