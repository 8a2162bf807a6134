/** Do few enough forgeries pass after so many queries? @module */
import { formatAlpha } from '@taggant/detector';
import type { Check } from '../checks/check.ts';
import { shareResult } from '../checks/share.ts';
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
  const id = `spoofing/${queries}`;
  const title = `forgeries found at p <= ${formatAlpha(alpha)}, ${tokens} tokens, after ${queries} queries`;
  const counted = { id, title, ...point.passed, of: 'forgeries', expected: { most } };
  return { id, title, isFixed: true, look: (_, levels) => shareResult(counted, levels) };
}
