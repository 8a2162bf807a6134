/** Do few enough forgeries pass after so many queries? @module */
import { binomialInterval } from '@taggant/stats';
import { type Check, decide, wordsOf } from '../checks/check.ts';
import { percent } from '../percent.ts';
import type { SpoofingCurve } from './curve.ts';

/**
 * At most `most` of the forgeries pass, by exact bounds: 32 forgeries of which none passes can show 20 %, 64 can show
 * 10 %. Passing says that this attack fails, and not that every attack does. Throws RangeError where the curve has no
 * such point.
 *
 * @example
 * spoofingCheck(curve, { queries: 500, most: 0.2 }).id; // 'spoofing/500'
 */
export function spoofingCheck(
  { points, alpha, tokens }: SpoofingCurve,
  { queries, most }: { readonly queries: number; readonly most: number },
): Check {
  const point = points.find((one) => one.queries === queries);
  if (point === undefined) {
    const known = points.map((one) => one.queries).join(', ');
    throw new RangeError(`"queries" expected one of the curve's ${known}, got ${queries}`);
  }
  const { found, n } = point.passed;
  const id = `spoofing/${queries}`;
  const title = `forgeries found at p <= ${alpha}, ${tokens} tokens, after ${queries} queries`;
  return {
    id,
    title,
    look(_, levels) {
      const interval = (level: number) => binomialInterval(found, n, 1 - 2 * level);
      const inner = interval(levels.pass);
      const words = wordsOf({ most }, percent);
      return {
        id,
        title,
        outcome: decide({ most }, inner, interval(levels.fail)),
        message: `${found} of ${n} forgeries pass (${percent(inner[0])} to ${percent(inner[1])}); expected ${words}`,
        measured: found / n,
        interval: inner,
        expected: { most },
        n,
      };
    },
  };
}
