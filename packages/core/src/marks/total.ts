/** The sum of a text's scores. @module */
import type { Mark } from '../mark.ts';
import type { Pairs } from '../pairs.ts';

/** Always added in the order of the pairs, so that it comes out the same however the work was split. */
export function total(mark: Mark, pairs: Pairs): number {
  const scores = new Float64Array(pairs.n);
  mark.score(pairs, scores);
  let sum = 0;
  for (let i = 0; i < pairs.n; i++) sum += scores[i];
  return sum;
}
