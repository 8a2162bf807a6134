/** The tokens of a row that a draw could pick, with buffers that are reused from step to step. @module */
import { badLogit } from './slots.ts';

export class Candidates {
  n = 0;
  ids = new Uint32Array(0);
  /** Logit minus the row's largest, in nats. */
  lnWeights = new Float64Array(0);

  /** Gathers the tokens within `range` nats (a finite number) of the row's largest logit. */
  gather(logits: Float32Array, range: number): void {
    const largest = largestLogit(logits);
    if (this.ids.length < logits.length) {
      this.ids = new Uint32Array(logits.length);
      this.lnWeights = new Float64Array(logits.length);
    }
    this.n = 0;
    for (let v = 0; v < logits.length; v++) {
      const lnWeight = logits[v] - largest;
      if (lnWeight < -range) continue;
      this.ids[this.n] = v;
      this.lnWeights[this.n++] = lnWeight;
    }
  }
}

function largestLogit(logits: Float32Array): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let v = 0; v < logits.length; v++) {
    const logit = logits[v];
    if (!(logit < Number.POSITIVE_INFINITY)) throw badLogit(logits, v);
    if (logit > largest) largest = logit;
  }
  if (largest === Number.NEGATIVE_INFINITY) {
    throw new RangeError('"logits" expected at least one token above -Infinity, got none');
  }
  return largest;
}
