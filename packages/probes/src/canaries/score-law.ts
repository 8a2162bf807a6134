/**
 * The exact law of a sum of independent integer scores, each with a law of its own: for scores 0 and 1 the Poisson-binomial.
 *
 * The convolution runs under a tilted law (Cramer 1938; Esscher 1932), p(s) e^(theta s) / Z, that has its mean at the observed sum: there
 * nothing underflows, all terms are positive, and the tilt is undone term by term. The result is exact for any theta.
 * @module
 */

/** The law of one score: distinct integers >= 0 and their probabilities, which sum to 1. */
export interface ScoreLaw {
  readonly scores: readonly number[];
  readonly probabilities: readonly number[];
}

/**
 * ln P[sum of the scores >= least]. 0 when no sum is smaller, -Infinity when none is as large. Relative error of p: about
 * 1e-15 times the number of laws plus |ln p|. Time: the number of laws times the largest sum times the scores of a law.
 *
 * @example
 * const coin = { scores: [0, 1], probabilities: [0.5, 0.5] };
 * lnSumTail([coin, coin, coin], 3); // -2.0794415416798357, ln(1/8)
 */
export function lnSumTail(laws: readonly ScoreLaw[], least: number): number {
  const [smallest, largest] = [Math.min, Math.max].map((end) =>
    laws.reduce((sum, { scores }) => sum + end(...scores), 0),
  );
  if (least <= smallest) return 0;
  if (least > largest) return -Infinity;
  const theta = tiltTo(laws, least);
  const tilted = laws.map((law) => tilt(law, theta));
  const lnZ = tilted.reduce((sum, law) => sum + law.lnZ, 0);
  const pmf = convolve(tilted, largest);
  let tail = 0;
  for (let sum = largest; sum >= least; sum--) tail += pmf[sum] * Math.exp(-theta * (sum - least));
  return Math.min(0, lnZ - theta * least + Math.log(tail));
}

/** P[sum = s] for s = 0 to `largest`. */
function convolve(laws: readonly ScoreLaw[], largest: number): Float64Array {
  let [pmf, next] = [new Float64Array(largest + 1), new Float64Array(largest + 1)];
  pmf[0] = 1;
  let top = 0;
  for (const { scores, probabilities } of laws) {
    next.fill(0);
    scores.forEach((score, i) => {
      const p = probabilities[i];
      for (let sum = 0; sum <= top; sum++) next[sum + score] += p * pmf[sum];
    });
    top += Math.max(...scores);
    [pmf, next] = [next, pmf];
  }
  return pmf;
}

/** A theta at which the mean of the sum is near `mean`, which is near enough; 0 if it is no less without a tilt. */
function tiltTo(laws: readonly ScoreLaw[], mean: number): number {
  const isBelow = (theta: number) => laws.reduce((sum, law) => sum + tiltedMean(law, theta), 0) < mean;
  if (!isBelow(0)) return 0;
  let [low, high] = [0, 1];
  while (high < STEEPEST && isBelow(high)) high *= 2;
  for (let step = 0; step < 8; step++) {
    const middle = (low + high) / 2;
    if (isBelow(middle)) low = middle;
    else high = middle;
  }
  return high;
}

function tiltedMean({ scores, probabilities }: ScoreLaw, theta: number): number {
  const most = Math.max(...scores);
  let [z, sum] = [0, 0];
  for (let i = 0; i < scores.length; i++) {
    const weight = probabilities[i] * Math.exp(theta * (scores[i] - most));
    z += weight;
    sum += weight * scores[i];
  }
  return sum / z;
}

function tilt({ scores, probabilities }: ScoreLaw, theta: number) {
  const logs = scores.map((score, i) => Math.log(probabilities[i]) + theta * score);
  const most = Math.max(...logs);
  const weights = logs.map((log) => Math.exp(log - most));
  const z = weights.reduce((sum, weight) => sum + weight, 0);
  return { scores, probabilities: weights.map((weight) => weight / z), lnZ: most + Math.log(z) };
}

/** Beyond it the largest score of each law has all the weight. */
const STEEPEST = 64;
