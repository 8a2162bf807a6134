/** Does a large enough, or a small enough, share have it? Exact bounds. @module */
import { binomialInterval } from '@taggant/stats';
import type { LookLevels } from '../looks.ts';
import type { Measure } from '../measures/measure.ts';
import { percent } from '../percent.ts';
import type { CheckResult } from '../result.ts';
import { type Check, decide, type Expected, wordsOf } from './check.ts';

/** Of `n`, `found` have it: by Clopper and Pearson's bounds. `of`: what they are, for the message. */
export interface Counted {
  readonly id: string;
  readonly title: string;
  readonly found: number;
  readonly n: number;
  readonly of: string;
  readonly expected: Expected;
}

/** What a count says at a look. Of nothing, nothing. */
export function shareResult({ id, title, found, n, of, expected }: Counted, levels: LookLevels): CheckResult {
  if (n === 0) return { id, title, outcome: 'undecided', message: `no ${of} to go by`, expected, n };
  const interval = (level: number) => binomialInterval(found, n, 1 - 2 * level);
  const inner = interval(levels.pass);
  return {
    id,
    title,
    outcome: decide(expected, inner, interval(levels.fail)),
    message: `${found} of ${n} ${of} (${percent(inner[0])} to ${percent(inner[1])}); expected ${wordsOf(expected, percent)}`,
    measured: found / n,
    interval: inner,
    expected,
    n,
  };
}

/**
 * The share of texts with measure 1. Where most texts do not have the measure, too short or copies of others, it is undecided: the
 * others are no sample of what is served.
 */
export function shareCheck(id: string, measure: Measure, expected: Expected): Check {
  const { title } = measure;
  return {
    id,
    title,
    look({ marked, unmarked, values, plainValues }, levels) {
      const [texts, known] = measure.of === 'unmarked' ? [unmarked, plainValues] : [marked, values];
      const numbers = [...(known.get(measure.id)?.values() ?? [])];
      const [n, found] = [numbers.length, numbers.reduce((a, b) => a + b, 0)];
      const result = shareResult({ id, title, found, n, of: 'texts', expected }, levels);
      const short = texts.length - n;
      if (short === 0) return result;
      const message = `${result.message}; ${short} of ${texts.length} are too short, or copies`;
      const outcome = result.outcome === 'passed' && 2 * short > texts.length ? 'undecided' : result.outcome;
      return { ...result, message, outcome };
    },
  };
}
