/** The tokens of a row that are not masked, with buffers that are reused from step to step. @module */
import { Peaks } from '../peaks.ts';

/** @internal */
export class Candidates {
  n = 0;
  ids = new Uint32Array(0);
  /** (Logit minus the row's largest) / temperature, in nats. */
  lnWeights = new Float64Array(0);
  readonly #peaks = new Peaks();

  /** The row's largest logit. */
  get largest(): number {
    return this.#peaks.largest;
  }

  /**
   * Gathers a row's candidates; false, and nothing but the largest logit found, if they are more than `limit`. Refuses NaN
   * and +Infinity, and a row without a candidate.
   */
  gather(logits: Float32Array, temperature: number, limit: number): boolean {
    this.#peaks.read(logits);
    const { largest } = this.#peaks;
    if (largest === Number.NEGATIVE_INFINITY) {
      throw new RangeError('"logits" expected at least one token above -Infinity, got none');
    }
    if (this.ids.length !== limit) {
      this.ids = new Uint32Array(limit);
      this.lnWeights = new Float64Array(limit);
    }
    this.n = this.#peaks.collect(logits, Number.NEGATIVE_INFINITY, this.ids);
    for (let i = 0; i < this.n; i++) this.lnWeights[i] = (logits[this.ids[i]] - largest) / temperature;
    return this.n >= 0;
  }
}
