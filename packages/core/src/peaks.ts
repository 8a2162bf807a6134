/**
 * What a sampler asks of a row of logits (the largest, those near it, the k-th), answered from the largest of every 64 and
 * every 16: found in one pass of the kernels, after which most of the row need not be looked at again. @module
 */
import { kernels, takesTemperature } from '@taggant/kernels';

export class Peaks {
  /** The row's largest logit; -Infinity when every token is masked. */
  largest = Number.NEGATIVE_INFINITY;
  /** Five numbers for each 64: see `Kernels.peaks`. */
  #peaks = new Float32Array(0);
  #sorted = new Float32Array(0);

  /** Takes a row up; what follows concerns this row, as long as it is not changed. Refuses NaN and +Infinity. */
  read(logits: Float32Array): void {
    const n = 5 * Math.ceil(logits.length / 64);
    if (this.#peaks.length !== n) this.#peaks = new Float32Array(n);
    const peaks = this.#peaks;
    const bad = kernels().peaks(logits, peaks);
    if (bad >= 0) throw badLogit(logits, bad);
    this.largest = Number.NEGATIVE_INFINITY;
    for (let at = 0; at < n; at += 5) if (peaks[at] > this.largest) this.largest = peaks[at];
  }

  /**
   * The ids of the tokens with a logit of at least `floor`, masked ones left out, in their order into `ids`; returns
   * their number, or -1 as soon as `ids` is too short.
   */
  collect(logits: Float32Array, floor: number, ids: Uint32Array): number {
    const peaks = this.#peaks;
    const least = Math.max(floor, -Number.MAX_VALUE);
    let n = 0;
    for (let at = 0; at < peaks.length; at += 5) {
      if (peaks[at] < least) continue;
      for (let quarter = 0; quarter < 4; quarter++) {
        if (peaks[at + 1 + quarter] < least) continue;
        const start = (64 * at) / 5 + 16 * quarter;
        const end = Math.min(start + 16, logits.length);
        for (let v = start; v < end; v++) {
          if (logits[v] < least) continue;
          if (n === ids.length) return -1;
          ids[n++] = v;
        }
      }
    }
    return n;
  }

  /** A floor that at least k tokens reach, and not many more if they lie scattered: the k-th largest peak, or -Infinity. */
  floorOf(k: number): number {
    const n = this.#peaks.length / 5;
    if (k > n) return Number.NEGATIVE_INFINITY;
    if (this.#sorted.length !== n) this.#sorted = new Float32Array(n);
    for (let i = 0; i < n; i++) this.#sorted[i] = this.#peaks[5 * i];
    return kthLargest(this.#sorted, n, k);
  }

  /**
   * The least and the most that the weights exp((logit - largest) / temperature) of the tokens below `floor` can sum up to.
   * Costs a small part of the exponentials.
   */
  massBelow(logits: Float32Array, floor: number, temperature: number): readonly [number, number] {
    if (!takesTemperature(temperature)) return [0, logits.length];
    const mass = kernels().massBelow(logits, Math.max(floor, LEAST_FLOAT), this.largest, temperature);
    const error = mass === 0 ? 0 : mass * 2 ** -14 + 1e-30;
    return [mass - error, mass + error];
  }
}

/** The k-th largest of the first n values, k from 1 to n, by Hoare's selection: linear time. Reorders them. */
export function kthLargest(values: Float32Array, n: number, k: number): number {
  let [left, right] = [0, n - 1];
  while (left < right) {
    const pivot = values[(left + right) >>> 1];
    let [i, j] = [left, right];
    while (i <= j) {
      while (values[i] > pivot) i++;
      while (values[j] < pivot) j--;
      if (i > j) break;
      const swapped = values[i];
      values[i++] = values[j];
      values[j--] = swapped;
    }
    if (k - 1 <= j) right = j;
    else if (k - 1 >= i) left = i;
    else break;
  }
  return values[k - 1];
}

/** @internal */
export function badLogit(logits: Float32Array, index: number): RangeError {
  return new RangeError(`"logits[${index}]" expected a number below +Infinity, got ${logits[index]}`);
}

const LEAST_FLOAT = -3.4028234663852886e38;
