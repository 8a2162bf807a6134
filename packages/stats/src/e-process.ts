/**
 * A betting martingale: evidence that may be looked at after every score, and stopped at any moment.
 *
 * For one lambda, the product of exp(lambda x_i) / E[exp(lambda x_i)] is nonnegative and keeps its mean of 1 under the null,
 * whatever was seen before; so does the mean of several such products. By Ville's inequality (Ville 1939; Ramdas, Grunwald,
 * Vovk and Shafer 2023, "Game-theoretic statistics and safe anytime-valid inference", section 3) it ever reaches 1/alpha with
 * probability at most alpha. @module
 */
import { check } from './check.ts';

/** Everything that an interrupted run needs to go on: plain JSON. */
export interface EProcessState {
  readonly n: number;
  /** Sum of the weighted scores. */
  readonly sum: number;
  /** For each lambda, the sum of the scores' cumulants. */
  readonly cumulants: readonly number[];
  readonly lnSup: number;
}

/**
 * E_n = mean over lambda of the product over i of exp(lambda w_i x_i - K(lambda w_i)), where K is the cumulant generating
 * function of one score under the null, ln E[exp(t x)], or no less than it. Reject when E >= 1/alpha, after any score.
 *
 * A weight has to be known before its score. E is valid too where the next score is one of several that could have been
 * taken, chosen by what was seen so far. Cost of `add`: two operations a lambda. Rounding errors of lnE stay below
 * n 2^-52 times the largest sum of cumulants.
 *
 * @example
 * const coin = new EProcess((t) => Math.log((1 + Math.exp(t)) / 2), [0.1, 0.3, 1]);
 * for (let i = 0; i < 20; i++) coin.add(1);
 * coin.lnE; // 6.508: twenty heads in a row, E = 671
 */
export class EProcess {
  readonly #cumulant: (t: number) => number;
  readonly #lambdas: Float64Array;
  readonly #spent: Float64Array;
  /** K(lambda w) of each lambda, by integer weight. */
  readonly #known: (Float64Array | undefined)[] = [];
  readonly #fresh: Float64Array;
  #sum = 0;
  #n = 0;
  #lnSup = 0;

  /**
   * `cumulant`: K, finite at every lambda times weight. `lambdas`: at least one number; positive ones bet on high scores.
   *
   * @throws TypeError, RangeError for lambdas that are no numbers, or where K is not finite.
   */
  constructor(cumulant: (lambda: number) => number, lambdas: readonly number[]) {
    check('lambdas.length', lambdas.length, lambdas.length >= 1, 'at least 1');
    for (const [j, lambda] of lambdas.entries()) check(`lambdas[${j}]`, lambda, Number.isFinite(lambda), 'a number');
    this.#cumulant = cumulant;
    this.#lambdas = Float64Array.from(lambdas);
    this.#spent = new Float64Array(lambdas.length);
    this.#fresh = new Float64Array(lambdas.length);
    this.#cumulantsAt(1);
  }

  /** Goes on where {@link EProcess.state} was taken, with the same cumulant and lambdas. */
  static resume(cumulant: (lambda: number) => number, lambdas: readonly number[], state: EProcessState): EProcess {
    const process = new EProcess(cumulant, lambdas);
    const { n, sum, cumulants, lnSup } = state;
    check('state.n', n, Number.isSafeInteger(n) && n >= 0, 'an integer >= 0');
    check('state.sum', sum, Number.isFinite(sum), 'a number');
    check('state.lnSup', lnSup, lnSup >= 0 && lnSup < Infinity, 'a number >= 0');
    check('state.cumulants.length', cumulants.length, cumulants.length === lambdas.length, `${lambdas.length}`);
    for (const [j, value] of cumulants.entries())
      check(`state.cumulants[${j}]`, value, Number.isFinite(value), 'a number');
    process.#n = n;
    process.#sum = sum;
    process.#lnSup = lnSup;
    process.#spent.set(cumulants);
    return process;
  }

  /**
   * Takes in one score. `weight`: at least 0, default 1.
   *
   * @throws TypeError, RangeError for NaN and Infinity, and where K(lambda weight) is not finite; nothing is changed then.
   */
  add(score: number, weight = 1): void {
    check('score', score, Number.isFinite(score), 'a finite number');
    const cost = this.#known[weight] ?? this.#cumulantsAt(weight);
    const lambdas = this.#lambdas;
    const spent = this.#spent;
    const sum = this.#sum + weight * score;
    let most = Number.NEGATIVE_INFINITY;
    for (let j = 0; j < lambdas.length; j++) {
      spent[j] += cost[j]!;
      const ln = lambdas[j]! * sum - spent[j]!;
      if (ln > most) most = ln;
    }
    this.#sum = sum;
    this.#n++;
    // A mean is at most its largest member, so that most steps under the null need no exponentials.
    if (most > this.#lnSup) this.#lnSup = Math.max(this.#lnSup, this.lnE);
  }

  /** ln E now; 0 before the first score. */
  get lnE(): number {
    const lambdas = this.#lambdas;
    let most = Number.NEGATIVE_INFINITY;
    for (let j = 0; j < lambdas.length; j++) most = Math.max(most, lambdas[j]! * this.#sum - this.#spent[j]!);
    let total = 0;
    for (let j = 0; j < lambdas.length; j++) total += Math.exp(lambdas[j]! * this.#sum - this.#spent[j]! - most);
    return most + Math.log(total / lambdas.length);
  }

  /** The largest ln E that there ever was, at least 0. `exp(-lnSup)` is a p-value at any moment. */
  get lnSup(): number {
    return this.#lnSup;
  }

  /** How many scores were added. */
  get n(): number {
    return this.#n;
  }

  state(): EProcessState {
    return { n: this.#n, sum: this.#sum, cumulants: Array.from(this.#spent), lnSup: this.#lnSup };
  }

  /** Kept for integers; other weights are worked out anew each time. */
  #cumulantsAt(weight: number): Float64Array {
    check('weight', weight, weight >= 0 && weight < Infinity, 'a finite number >= 0');
    const isKept = Number.isInteger(weight) && weight <= MOST_KEPT;
    const values = isKept ? new Float64Array(this.#lambdas.length) : this.#fresh;
    for (let j = 0; j < values.length; j++) {
      const value = this.#cumulant(this.#lambdas[j]! * weight);
      check(`cumulant(${this.#lambdas[j]! * weight})`, value, Number.isFinite(value), 'a finite number');
      values[j] = value;
    }
    if (isKept) this.#known[weight] = values;
    return values;
  }
}

const MOST_KEPT = 65_535;
