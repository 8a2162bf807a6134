/** The largest of every 64 and every 16 logits. @module */
import { firstIllegal } from './legal.ts';

/** See Kernels.peaks. */
export function peaks(logits: Float32Array, out: Float32Array): number {
  const illegal = firstIllegal(logits, 0);
  if (illegal >= 0) return illegal;
  for (let at = 0; at < out.length; at += 5) {
    let most = -Infinity;
    for (let quarter = 0; quarter < 4; quarter++) {
      const start = (64 * at) / 5 + 16 * quarter;
      const largest = largestOf(logits, start, Math.min(start + 16, logits.length));
      out[at + 1 + quarter] = largest;
      if (largest > most) most = largest;
    }
    out[at] = most;
  }
  return -1;
}

/** +0 for -0; -Infinity where there are none. */
function largestOf(logits: Float32Array, start: number, end: number): number {
  let largest = -Infinity;
  for (let v = start; v < end; v++) if (logits[v]! > largest) largest = logits[v]!;
  return largest + 0;
}
