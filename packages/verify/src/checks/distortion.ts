/** Does a mark that promises to keep the distribution keep it? @module */

import { seededRandom, seedOf } from '../random.ts';
import type { Sample } from '../sample.ts';
import type { Check } from './check.ts';

/**
 * A two-sample test of the tokens of marked and unmarked texts: the sum over tokens of (a - b)^2 / (a + b) of their counts, against
 * what comes out when marked and unmarked change places in a random half of the prompts. The exchange is exact whatever the
 * prompts are, because under the null both texts of a prompt have one law. Tokens that come fewer than five times are taken
 * together.
 *
 * What it cannot see: a mark that keeps the frequencies of tokens and changes their order.
 */
export function distortionCheck(seed: number): Check {
  const [id, title] = ['distortion', 'tokens of marked and of unmarked texts'];
  return {
    id,
    title,
    look({ marked, unmarked }, { fail }) {
      const plain = new Map(unmarked.map((sample) => [sample.id, sample]));
      const both = marked.flatMap((sample) => {
        const other = plain.get(sample.id);
        return other === undefined ? [] : [[sample, other] as const];
      });
      const n = both.length;
      const p = exchangeTest(both, Math.ceil(10 / fail), seededRandom(seedOf(seed, id)));
      const message = `p = ${p.toPrecision(2)} over ${n} prompts that both come from one distribution`;
      return { id, title, outcome: p <= fail ? 'failed' : 'passed', message, p, n };
    },
  };
}

/** p of the statistic among `draws` random exchanges; stops early where it is plainly large. */
function exchangeTest(both: readonly (readonly [Sample, Sample])[], draws: number, random: () => number): number {
  const column = columnsOf(both);
  const width = Math.max(0, ...column.values()) + 1;
  // Of each prompt, what exchanging its texts does to a - b.
  const rows = both.map(([marked, unmarked]) => {
    const counts = new Map<number, number>();
    const count = ({ tokens }: Sample, step: number) => {
      for (const token of tokens) {
        const at = column.get(token) ?? 0;
        counts.set(at, (counts.get(at) ?? 0) + step);
      }
    };
    count(marked, 1);
    count(unmarked, -1);
    return { at: Uint32Array.from(counts.keys()), by: Float64Array.from(counts.values()) };
  });
  const totals = new Float64Array(width);
  for (const { tokens } of both.flat()) for (const token of tokens) totals[column.get(token) ?? 0]++;
  const differences = new Float64Array(width);
  const statistic = (isExchanged: () => boolean) => {
    differences.fill(0);
    for (const { at, by } of rows) {
      const sign = isExchanged() ? -1 : 1;
      for (let i = 0; i < at.length; i++) differences[at[i]] += sign * by[i];
    }
    let sum = 0;
    for (let i = 0; i < width; i++) if (totals[i] > 0) sum += (differences[i] * differences[i]) / totals[i];
    return sum;
  };
  const observed = statistic(() => false);
  let asHigh = 0;
  // The rule of Besag and Clifford (1991): after so many as high, (asHigh) / (draws so far) is a p-value too.
  for (let k = 1; k <= draws; k++) {
    if (statistic(() => random() < 0.5) >= observed * (1 - 1e-12)) asHigh++;
    if (asHigh === ENOUGH) return asHigh / k;
  }
  return (1 + asHigh) / (1 + draws);
}

/** A column for each token that comes five times or more; 0 is for the others. */
function columnsOf(both: readonly (readonly [Sample, Sample])[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const { tokens } of both.flat()) for (const token of tokens) counts.set(token, (counts.get(token) ?? 0) + 1);
  const frequent = [...counts].filter(([, count]) => count >= 5).map(([token]) => token);
  return new Map(frequent.map((token, i) => [token, i + 1]));
}

const ENOUGH = 20;
