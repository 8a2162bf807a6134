/** Has it become worse than the baseline: two-sample tests, so that noise does not count. @module */
import { lnPermutation, lnSignFlip } from '@taggant/stats';
import type { Baseline } from '../baseline.ts';
import type { Measure } from '../measures/measure.ts';
import { seededRandom, seedOf } from '../random.ts';
import { LEAST_TEXTS, mean, shown } from '../summary.ts';
import type { Check } from './check.ts';
import { pairedDifferences } from './cost.ts';

export interface RegressionOptions {
  /** Of the permutations. */
  readonly seed: number;
  /** Of this run's prompts; see `Baseline.prompts`. */
  readonly prompts?: string;
}

/** One for each measure that this run or the baseline has. */
export function regressionChecks(
  measures: readonly Measure[],
  baseline: Baseline,
  options: RegressionOptions,
): readonly Check[] {
  const lost = Object.keys(baseline.measures).filter((id) => !measures.some((measure) => measure.id === id));
  return [...measures.map((measure) => regressionCheck(measure, baseline, options)), ...lost.map(lostCheck)];
}

/** What was measured then, and is not now: nothing is known of it, and that has to be seen. */
function lostCheck(measure: string): Check {
  const [id, title] = [`against/${measure}`, `${measure}, against the baseline`];
  const message = 'is in the baseline, and not measured now: if that is meant, save a new baseline';
  return { id, title, look: () => ({ id, title, outcome: 'undecided', message, n: 0 }) };
}

/**
 * The mean of a measure against the baseline's. Texts of the same prompts are compared pair by pair (signs flipped), others
 * as two groups (labels shuffled). Two-sided where either way is worse. Under the null, that a text and its predecessor
 * have one law under the key of both, both are exact.
 */
export function regressionCheck(measure: Measure, baseline: Baseline, { seed, prompts }: RegressionOptions): Check {
  const id = `against/${measure.id}`;
  const title = `${measure.title}, against the baseline`;
  const before = new Map(Object.entries(baseline.measures[measure.id] ?? {}));
  return {
    id,
    title,
    look({ values, plainValues }, { fail }) {
      const now = (measure.of === 'unmarked' ? plainValues : values).get(measure.id) ?? new Map<string, number>();
      const n = Math.min(now.size, before.size);
      if (n < LEAST_TEXTS) {
        const message =
          before.size === 0
            ? 'is not in the baseline: save a new one to have it compared'
            : `${before.size} texts in the baseline and ${now.size} now; expected at least ${LEAST_TEXTS} each`;
        return { id, title, outcome: before.size === 0 ? 'skipped' : 'undecided', message, n };
      }
      const options = { draws: Math.ceil(10 / fail), random: seededRandom(seedOf(seed, id)) };
      const differences = pairedDifferences(now, before);
      const isPaired = prompts !== undefined && baseline.prompts === prompts && differences.length >= LEAST_TEXTS;
      const [a, b] = [[...now.values()], [...before.values()]];
      const lnHigher = () => (isPaired ? lnSignFlip(differences, options) : lnPermutation(a, b, options));
      const lnLower = () =>
        isPaired
          ? lnSignFlip(
              differences.map((value) => -value),
              options,
            )
          : lnPermutation(b, a, options);
      const p = Math.min(1, Math.exp(lnPOfWorse(measure.worse, lnHigher, lnLower)));
      // Paired, of the texts that both have.
      const common = [...before].flatMap(([text, value]) => (now.has(text) ? [value] : []));
      const was = mean(isPaired ? common : b);
      const change = rounded(isPaired ? mean(differences) : mean(a) - was);
      const outcome = p <= fail ? 'failed' : 'passed';
      const verdict = outcome === 'failed' ? `${wordOf(measure.worse, change)} than noise explains` : 'not significant';
      return {
        id,
        title,
        outcome,
        message: `${shown(was)} before, ${shown(was + change)} now: ${verdict} (p = ${p.toPrecision(2)}, ${isPaired ? `${differences.length} pairs` : `${b.length} and ${a.length} texts`})`,
        measured: change,
        p,
        n,
      };
    },
  };
}

function lnPOfWorse(worse: Measure['worse'], lnHigher: () => number, lnLower: () => number): number {
  if (worse === 'higher') return lnHigher();
  return worse === 'lower' ? lnLower() : Math.LN2 + Math.min(lnHigher(), lnLower());
}

const wordOf = (worse: Measure['worse'], change: number) =>
  worse === 'either' ? (change > 0 ? 'higher' : 'lower') : 'worse';
/** Sums in another order differ by rounding. */
const rounded = (value: number) => (Math.abs(value) < 1e-9 ? 0 : value);
