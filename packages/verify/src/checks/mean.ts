/** Does the mean of a measure lie where it should? @module */
import type { Measure } from '../measures/measure.ts';
import { LEAST_TEXTS, mean, meanInterval, shown } from '../summary.ts';
import { type Check, decide, type Expected, wordsOf } from './check.ts';

/** The mean over texts, by Student's t; see {@link costCheck}. */
export function meanCheck(id: string, measure: Measure, expected: Expected): Check {
  const { title } = measure;
  return {
    id,
    title,
    look({ values, plainValues }, levels) {
      const numbers = [...((measure.of === 'unmarked' ? plainValues : values).get(measure.id)?.values() ?? [])];
      const n = numbers.length;
      if (n < LEAST_TEXTS) {
        return {
          id,
          title,
          outcome: 'undecided',
          message: `${n} texts; expected at least ${LEAST_TEXTS}`,
          expected,
          n,
        };
      }
      const inner = meanInterval(numbers, levels.pass);
      const measured = mean(numbers);
      return {
        id,
        title,
        outcome: decide(expected, inner, meanInterval(numbers, levels.fail)),
        message: `${shown(measured)} (${shown(inner[0])} to ${shown(inner[1])}) over ${n} texts; expected ${wordsOf(expected, shown)}`,
        measured,
        interval: inner,
        expected,
        n,
      };
    },
  };
}
