/**
 * Do the p-values of canaries hold for innocent suspects, whatever their habits? And how many triggers does a student take?
 *
 *   npm run strength:canaries -- [--tests 17000] [--seed 1] [--json FILE]
 *
 * A test is one suspect under one fresh key, two accounts, 40 triggers of 4, 10, 16 or 64 variants, three samples of each.
 * Scores are counts, so p cannot take every value; a randomised p, P[S > s] + U P[S = s], is exactly uniform under the null
 * and is held to the two-sided 99.9 % band, for each habit and for all together. The largest e-value of a run that may stop
 * anywhere is held to the band from above (Ville: at most alpha). A control must fail: a draw that favours some variants.
 * @module
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { deriveCanaryKey } from '@taggant/core';
import { drawVariants, powerTable } from '@taggant/probes';
import { binomialBand } from '@taggant/stats';
import { uniforms } from '../../packages/core/test/support.ts';
import {
  answersOf,
  evidenceOf,
  HABITS,
  type Habit,
  MIXED,
  plainDeck,
} from '../../packages/probes/test/canaries-support.ts';
import { secretOf } from './samples.ts';

const { values } = parseArgs({
  options: {
    tests: { type: 'string', default: '17000' },
    seed: { type: 'string', default: '1' },
    json: { type: 'string' },
  },
});
const tests = Number(values.tests);
const LEVELS = [1e-2, 1e-3, 1e-4];
const SAMPLES = 3;
const STATISTICS = ['hits', 'counts', 'sup E'] as const;
const deck = plainDeck(MIXED);

const innocent = Object.entries(HABITS).map(([habit, answers]) => ({
  habit,
  tests,
  rejected: measure(habit, answers, false),
}));
/** A tenth of the tests is plenty to see it break. */
const control = 'CONTROL most popular variant, popular ones drawn more often';
const few = Math.ceil(tests / 10);
const skewed = {
  habit: control,
  tests: few,
  rejected: measure(control, HABITS['always the most popular variant'], true, few),
};
const rows = [...innocent, pooled(innocent), skewed].flatMap(rowsOf);
console.log(`seed ${values.seed}; ${tests} innocent suspects a habit, each under a key of its own`);
console.table(rows);

const power = powerTable({
  triggers: [32, 64, 128, 256],
  variants: [16, 64, 256, 1000],
  hitRates: [0.02, 0.05, 0.1, 0.2],
  alpha: 1e-6,
  accounts: 24_000,
});
console.log('hits needed at a family-wise alpha of 1e-6 over 24,000 accounts, and power by hit rate');
console.table(
  power.map(({ power: [p2, p5, p10, p20], ...row }) => ({ ...row, '2 %': p2, '5 %': p5, '10 %': p10, '20 %': p20 })),
);

if (values.json !== undefined) {
  const command = `npm run strength:canaries -- --tests ${tests} --seed ${values.seed}`;
  const record = {
    command,
    tests,
    triggers: MIXED.length,
    samples: SAMPLES,
    cpu: cpus()[0].model,
    node: process.version,
    rows,
    power,
  };
  writeFileSync(values.json, `${JSON.stringify(record, null, 1)}\n`);
}
const wrong = rows.filter(({ habit, verdict }) => (verdict === 'holds') === (habit === control));
if (wrong.length > 0) process.exitCode = 1;

type Rejected = Record<'hits' | 'counts' | 'sup E', number[]>;

/** How often the randomised p, or 1 / sup E, is at most each level. */
function measure(habit: string, answers: Habit, isSkewed: boolean, count = tests): Rejected {
  const next = uniforms(Number(values.seed));
  const rejected: Rejected = { hits: [0, 0, 0], counts: [0, 0, 0], 'sup E': [0, 0, 0] };
  for (let test = 0; test < count; test++) {
    const key = deriveCanaryKey(secretOf(`canaries ${values.seed} ${habit} ${test}`));
    const draws = drawVariants(deck, key, ['tested', 'other']);
    if (isSkewed) {
      const width = MIXED.length;
      for (let q = 0; q < width; q++) draws.variants[q] = Math.min(draws.variants[q], draws.variants[width + q]);
    }
    const evidence = evidenceOf(answersOf(deck, draws, 1, answers, SAMPLES, next), draws, 0, next);
    const ps = { hits: evidence.hits.uniform, counts: evidence.counts.uniform, 'sup E': Math.exp(-evidence.lnSup) };
    for (const statistic of STATISTICS) {
      LEVELS.forEach((level, i) => {
        if (ps[statistic] <= level) rejected[statistic][i]++;
      });
    }
  }
  return rejected;
}

function pooled(parts: readonly { tests: number; rejected: Rejected }[]) {
  const sumOf = (statistic: keyof Rejected) =>
    LEVELS.map((_, i) => parts.reduce((sum, { rejected }) => sum + rejected[statistic][i], 0));
  const rejected = { hits: sumOf('hits'), counts: sumOf('counts'), 'sup E': sumOf('sup E') };
  return { habit: 'all of these', tests: parts.length * tests, rejected };
}

/** A row for each statistic. An e-value may reject less often than alpha; the others may not. */
function rowsOf({ habit, tests, rejected }: { habit: string; tests: number; rejected: Rejected }) {
  const bands = LEVELS.map((level) => binomialBand(tests, level, 0.999));
  return STATISTICS.map((statistic) => {
    const counts = rejected[statistic];
    const holds = bands.every(([low, high], i) => counts[i] <= high && (statistic === 'sup E' || counts[i] >= low));
    const show = (i: number) => `${counts[i]} [${bands[i].join(', ')}]`;
    const levels = { '1e-2 [band]': show(0), '1e-3': show(1), '1e-4': show(2) };
    return { habit, tests, statistic, ...levels, verdict: holds ? 'holds' : 'BROKEN' };
  });
}
