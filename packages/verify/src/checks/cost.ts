/** What does the mark cost: marked texts against unmarked ones from the same prompts. @module */
import type { Measure } from '../measures/measure.ts';
import { LEAST_TEXTS, mean, meanInterval } from '../summary.ts';
import { type Check, decide, type Expected, wordsOf } from './check.ts';

/** How a mean difference is shown, and in which units it is bounded. */
export interface Scale {
  readonly title: string;
  /** From a mean difference to the units of the expectation. */
  of(difference: number): number;
  show(value: number): string;
}

/** For measures in logs: `1.07`, the marked texts' over the unmarked ones'. */
export const ratio = (title: string): Scale => ({ title, of: Math.exp, show: (value) => value.toFixed(3) });
/** For shares of a text: `-0.012`. */
export const difference = (title: string): Scale => ({
  title,
  // Sums in another order differ by rounding.
  of: (value) => (Math.abs(value) < 1e-12 ? 0 : value),
  show: (value) => value.toFixed(4),
});

/**
 * The mean difference of a measure over the prompts that have both, by Student's t: exact for normal differences, and near for
 * means of the 16 texts or more that are asked for.
 */
export function costCheck(id: string, measure: Measure, expected: Expected, scale: Scale): Check {
  const { title } = scale;
  return {
    id,
    title,
    look({ values, plainValues }, levels) {
      const differences = pairedDifferences(values.get(measure.id), plainValues.get(measure.id));
      const n = differences.length;
      if (n < LEAST_TEXTS) {
        const message = `${n} prompts have both a marked and an unmarked text; expected at least ${LEAST_TEXTS}`;
        return { id, title, outcome: 'undecided', message, expected, n };
      }
      const interval = (level: number) => meanInterval(differences, level).map(scale.of) as [number, number];
      const inner = interval(levels.pass);
      const measured = scale.of(mean(differences));
      return {
        id,
        title,
        outcome: decide(expected, inner, interval(levels.fail)),
        message: `${scale.show(measured)} (${scale.show(inner[0])} to ${scale.show(inner[1])}) over ${n} prompts; expected ${wordsOf(expected, scale.show)}`,
        measured,
        interval: inner,
        expected,
        n,
      };
    },
  };
}

/** first - second, of the texts that both have. */
export function pairedDifferences(
  first: ReadonlyMap<string, number> = new Map(),
  second: ReadonlyMap<string, number> = new Map(),
): number[] {
  const differences: number[] = [];
  for (const [id, value] of first) {
    const other = second.get(id);
    if (other !== undefined) differences.push(value - other);
  }
  return differences;
}
