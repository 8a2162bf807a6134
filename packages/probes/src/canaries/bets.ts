/**
 * The e-values of hits, of every account at once: they may be looked at after every reply, and the run stopped.
 *
 * Each trigger is bet on at its first usable reply; one without is no bet. E is the mean over lambda of the product of
 * 1 - lambda + lambda K hit. Each factor has mean 1 under a uniform draw, whatever came before (Ville 1939).
 * @module
 */
import { lnSumExp } from '@taggant/stats';
import type { AnytimeEvidence } from '../run-evidence.ts';
import type { CanaryAnswers } from './answers.ts';

/** Follows answers as they come. Nothing here is corrected for the number of accounts. */
export class CanaryBets {
  readonly #sizes: readonly number[];
  readonly #variants: Uint16Array;
  /** accounts x lambdas: ln of each product. */
  readonly #lnProducts: Float64Array;
  readonly #lnSups: Float64Array;
  #taken = 0;

  /** `sizes`: K of each trigger. `variants`: as in `Draws`. */
  constructor(sizes: readonly number[], variants: Uint16Array) {
    const accounts = variants.length / sizes.length;
    this.#sizes = sizes;
    this.#variants = variants;
    this.#lnProducts = new Float64Array(accounts * LAMBDAS.length);
    this.#lnSups = new Float64Array(accounts);
  }

  /** Takes in what was answered since the last call. */
  follow({ firsts }: CanaryAnswers): this {
    for (; this.#taken < firsts.length; this.#taken++) this.#bet(firsts[this.#taken]);
    return this;
  }

  of(row: number): AnytimeEvidence {
    return { lnE: this.#lnE(row), lnSup: this.#lnSups[row] };
  }

  /** Of each account, the largest that its E ever was. */
  get lnSups(): Float64Array {
    return this.#lnSups;
  }

  /** The largest of all accounts. */
  get lnSup(): number {
    return this.#lnSups.reduce((a, b) => Math.max(a, b));
  }

  #bet({ place, variant }: CanaryAnswers['firsts'][number]): void {
    const k = this.#sizes[place];
    const [hit, miss] = [k - 1, -1].map((gain) => LAMBDAS.map((lambda) => Math.log1p(lambda * gain)));
    for (let row = 0; row < this.#lnSups.length; row++) {
      const isHit = this.#variants[row * this.#sizes.length + place] === variant;
      const factors = isHit ? hit : miss;
      for (let j = 0; j < LAMBDAS.length; j++) this.#lnProducts[row * LAMBDAS.length + j] += factors[j];
      // E rises with hits alone.
      if (isHit) this.#lnSups[row] = Math.max(this.#lnSups[row], this.#lnE(row));
    }
  }

  #lnE(row: number): number {
    const products = this.#lnProducts.subarray(row * LAMBDAS.length, (row + 1) * LAMBDAS.length);
    return lnSumExp(products) - Math.log(LAMBDAS.length);
  }
}

/** Bets for a student that learned nearly all of its canaries, down to one in a hundred. */
const LAMBDAS = [0.8, 0.5, 0.25, 0.1, 0.05, 0.02, 0.01];
