/** Does a large enough, or a small enough, share of texts have it? Exact bounds. @module */
import { binomialInterval } from '@taggant/stats';
import type { Measure } from '../measures/measure.ts';
import { percent } from '../percent.ts';
import { type Check, decide, type Expected, wordsOf } from './check.ts';

/** The share of texts with measure 1, by Clopper and Pearson's bounds. */
export function shareCheck(id: string, measure: Measure, expected: Expected): Check {
  return {
    id,
    title: measure.title,
    look({ values, plainValues }, levels) {
      const numbers = [...((measure.of === 'unmarked' ? plainValues : values).get(measure.id)?.values() ?? [])];
      const [n, hits] = [numbers.length, numbers.reduce((a, b) => a + b, 0)];
      if (n === 0) return { id, title: measure.title, outcome: 'undecided', n, expected, message: NONE };
      const interval = (level: number) => binomialInterval(hits, n, 1 - 2 * level);
      const inner = interval(levels.pass);
      const outcome = decide(expected, inner, interval(levels.fail));
      return {
        id,
        title: measure.title,
        outcome,
        message: `${hits} of ${n} texts (${percent(inner[0])} to ${percent(inner[1])}); expected ${wordsOf(expected, percent)}`,
        measured: hits / n,
        interval: inner,
        expected,
        n,
      };
    },
  };
}

const NONE = 'no text was long enough';
