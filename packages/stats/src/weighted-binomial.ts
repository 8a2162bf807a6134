/**
 * The tail of a weighted sum of binomial counts in log space: the null law of green tokens that count by how often their
 * contexts were served.
 *
 * Exponential tilting moves the law's mean to the observed sum, so that what is left of the tail is a sum that no term of
 * which is tiny; that sum is a Fourier integral of the tilted law's characteristic function, and for a law on integers the
 * trapezoid rule gives it exactly but for copies shifted by the number of points (Butler 2007, "Saddlepoint approximations",
 * section 1.2, is the same tilt with the integral approximated). @module
 */
import { lnBinomialTail } from './binomial.ts';
import { check, checkCount, checkInteger, checkProbability } from './check.ts';
import { add, complementOf, type DoubleDouble, divide, exactly, ln, multiply, scale } from './double-double.ts';
import { lnOneMinusExp } from './log-space.ts';

/** `n` trials whose successes count `weight` each. */
export interface WeightedTrials {
  readonly weight: number;
  readonly n: number;
}

/**
 * ln P[sum over k of weight_k Binomial(n_k, p) >= sum], for independent counts.
 *
 * weight: an integer from 1 to 255. n: integers >= 0, 2^27 in total at most. p: 0, 1, or a number in [1e-9, 1 - 1e-9], taken
 * as the exact value of the double. sum: any integer; at most 0 gives 0, above the maximum gives -Infinity.
 *
 * A bound on all errors is worked out with the result and added to p, so that the result is never below the truth by more
 * than half a unit in its last place. It is above it by a relative 1e-12 of p or less wherever sums near `sum` are about as
 * likely as each other, and by more where the law has holes (of weights 255 and 1 with few of the latter: 5e-12 at p = 1/256,
 * 3e-6 at p = 1e-9). One weight alone is {@link lnBinomialTail}. Cost: some 0.3 s for a million trials of weights to 255.
 *
 * @throws TypeError, RangeError for anything else; never returns NaN.
 * @example
 * lnWeightedBinomialTail([{ weight: 1, n: 900 }, { weight: 5, n: 100 }], 0.25, 500); // -18.37628823896332
 */
export function lnWeightedBinomialTail(classes: readonly WeightedTrials[], p: number, sum: number): number {
  const merged = checkArguments(classes, p, sum);
  const largest = merged.reduce((total, { weight, n }) => total + weight * n, 0);
  if (sum <= 0) return 0;
  if (sum > largest || p === 0) return Number.NEGATIVE_INFINITY;
  if (p === 1) return 0;
  if (merged.length === 1) return lnBinomialTail(Math.ceil(sum / merged[0]!.weight), merged[0]!.n, p);
  if (sum > largest * p) return Math.min(0, lnTailAboveMean(merged, exactly(p), complementOf(p), sum, 1));
  // The other side, as a sum over failures, is about half or less, so that its complement loses nothing to speak of.
  return lnOneMinusExp(Math.min(0, lnTailAboveMean(merged, complementOf(p), exactly(p), largest - sum + 1, -1)));
}

/** A class under the tilted law: the rarer of success and failure, of chance `rare`, at most about 1/2. */
interface TiltedClass extends WeightedTrials {
  readonly rare: number;
  /** The rarer one is a failure. */
  readonly isHigh: boolean;
}

/**
 * The tail for a sum above the mean, by P[S >= s] = e^(K(theta) - theta s) x sum over j >= 0 of e^(-theta j) P_theta[S = s + j],
 * where theta = ln r puts the mean of the tilted law P_theta at s. Sums are cut to j < length and the law is folded at
 * `points`, both so far out that Bernstein's inequality leaves less than e^-60. `side`: 1 adds the bound on the errors, -1
 * takes it off.
 */
function lnTailAboveMean(
  classes: readonly WeightedTrials[],
  p: DoubleDouble,
  q: DoubleDouble,
  sum: number,
  side: 1 | -1,
): number {
  const divisor = classes.reduce((common, { weight }) => gcd(common, weight), 0);
  const s = Math.ceil(sum / divisor);
  const reduced = classes.map(({ weight, n }) => ({ weight: weight / divisor, n }));
  const largest = reduced.reduce((total, { weight, n }) => total + weight * n, 0);
  const trials = reduced.reduce((total, { n }) => total + n, 0);
  if (s === largest) return scale(ln(p), trials).hi;
  const r = ratioFor(reduced, p.hi / q.hi, s);
  const { lnFactor, tilted, offset, mean, variance } = tilt(reduced, p, q, r, s);
  const widest = reduced.reduce((most, { weight }) => Math.max(most, weight), 0);
  const reach = bernstein(variance, widest) + Math.abs(mean - s) + 1;
  const isWhole = 2 * reach > largest;
  const points = isWhole ? largest + 1 : 2 * Math.ceil(reach);
  const length = isWhole ? largest - s + 1 : points / 2;
  const { value, error } = foldedTail(tilted, { r, points, length, offset });
  const bounded = value + side * (error + 3 * NEGLIGIBLE);
  return bounded > 0 ? add(lnFactor, exactly(Math.log(bounded))).hi : Number.NEGATIVE_INFINITY;
}

/** The r > 1 at which successes have the odds `odds` r^weight and the mean is s: by bisection; any r near it would do. */
function ratioFor(classes: readonly WeightedTrials[], odds: number, s: number): number {
  const meanAt = (theta: number) =>
    classes.reduce((mean, { weight, n }) => mean + (weight * n) / (1 + Math.exp(-theta * weight) / odds), 0);
  let high = 1e-3;
  while (meanAt(high) < s) high *= 2;
  let low = 0;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (meanAt(middle) < s) low = middle;
    else high = middle;
  }
  return Math.max(Math.exp(high), 1 + Number.EPSILON);
}

/**
 * K(theta) - theta s with theta = ln r, in double-double, and the tilted classes. With the rarer one counted, K is the sum of
 * n ln(q + p r^w), or n (w ln r + ln(p + q r^-w)); the n w of the latter make `offset` = their sum - s.
 */
function tilt(classes: readonly WeightedTrials[], p: DoubleDouble, q: DoubleDouble, r: number, s: number) {
  let lnFactor = exactly(0);
  let offset = -s;
  let mean = 0;
  let variance = 0;
  const tilted = classes.map(({ weight, n }): TiltedClass => {
    const isHigh = weight * Math.log(r) > Math.log(q.hi / p.hi);
    const power = powerOf(isHigh ? divide(ONE, exactly(r)) : exactly(r), weight);
    const part = multiply(isHigh ? q : p, power);
    const whole = add(isHigh ? p : q, part);
    const rare = divide(part, whole).hi;
    lnFactor = add(lnFactor, scale(ln(whole), n));
    if (isHigh) offset += n * weight;
    mean += n * weight * (isHigh ? 1 - rare : rare);
    variance += n * weight * weight * rare * (1 - rare);
    return { weight, n, rare, isHigh };
  });
  tilted.sort((a, b) => b.n * b.rare - a.n * a.rare);
  return { lnFactor: add(lnFactor, scale(ln(exactly(r)), offset)), tilted, offset, mean, variance };
}

/** The t at which exp(-t^2 / (2 (variance + widest t / 3))), Bernstein's bound on either tail, is e^-60. */
function bernstein(variance: number, widest: number): number {
  const half = (BEYOND * widest) / 3;
  return half + Math.sqrt(half * half + 2 * BEYOND * variance);
}

/**
 * Sum over 0 <= j < length of r^-j P[S = s + j], folded at `points`, as the trapezoid rule over t = 2 pi i / points of
 * E[e^(i t (S - s))] (1 - x^length) / (1 - x), x = e^(-i t) / r; and a bound on its rounding errors: of each term's phase,
 * which a chance that is off by half a unit turns by n rare |e^(i w t) - 1| units, and of everything else a few.
 */
function foldedTail(
  classes: readonly TiltedClass[],
  { r, points, length, offset }: { r: number; points: number; length: number; offset: number },
): { value: number; error: number } {
  const step = (2 * Math.PI) / points;
  const [turn, lengthTurn] = [modulo(offset, points), length % points];
  const rest = (r - 1) / r;
  const lastPower = Math.exp(-length * Math.log1p(r - 1));
  const lastRest = -Math.expm1(-length * Math.log1p(r - 1));
  let value = lastRest / rest;
  let error = value * 16;
  for (let i = 1; 2 * i <= points; i++) {
    let [lnSize, phase, wobble] = [0, 0, 0];
    for (let k = 0; k < classes.length && lnSize > -BEYOND - LN_MOST_POINTS; k++) {
      const { weight, n, rare, isHigh } = classes[k]!;
      const angle = step * centred((weight * i) % points, points);
      const sine = Math.sin(angle / 2);
      const square = 2 * sine * sine;
      lnSize += (n / 2) * Math.log1p(-2 * rare * (1 - rare) * square);
      const turned = n * Math.atan2(rare * Math.sin(angle), 1 - rare * square);
      phase += isHigh ? -turned : turned;
      wobble += n * rare * 2 * Math.abs(sine);
    }
    if (lnSize <= -BEYOND - LN_MOST_POINTS) continue;
    phase += step * centred((turn * i) % points, points);
    // (1 - x^length) / (1 - x) as a quotient of complex numbers, each 1 - (1 - e) e^(i a) without cancellation.
    const angle = step * i;
    const half = Math.sin(angle / 2);
    const below = { re: rest + (2 * half * half) / r, im: Math.sin(angle) / r };
    const lastAngle = step * centred((lengthTurn * i) % points, points);
    const lastHalf = Math.sin(lastAngle / 2);
    const above = { re: lastRest + 2 * lastHalf * lastHalf * lastPower, im: Math.sin(lastAngle) * lastPower };
    const size = (Math.exp(lnSize) * (2 * i === points ? 1 : 2)) / (below.re * below.re + below.im * below.im);
    const re = above.re * below.re + above.im * below.im;
    const im = above.im * below.re - above.re * below.im;
    value += size * (re * Math.cos(phase) - im * Math.sin(phase));
    error += size * Math.hypot(re, im) * (4 * wobble + 8 * Math.abs(lnSize) + 16);
  }
  return { value: value / points, error: (error * 2 ** -53) / points };
}

/** The remainder of least size, so that angles are small where they can be. */
const centred = (remainder: number, modulus: number) => (2 * remainder > modulus ? remainder - modulus : remainder);
const modulo = (value: number, modulus: number) => ((value % modulus) + modulus) % modulus;

function powerOf(base: DoubleDouble, exponent: number): DoubleDouble {
  let power = ONE;
  let square = base;
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) power = multiply(power, square);
    if (rest > 1) square = multiply(square, square);
  }
  return power;
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

/** Classes of one weight put together, those without trials left out. */
function checkArguments(classes: readonly WeightedTrials[], p: number, sum: number): WeightedTrials[] {
  if (!Array.isArray(classes)) throw new TypeError(`"classes" expected an array, got ${typeof classes}`);
  const trials = new Map<number, number>();
  let total = 0;
  for (const [k, { weight, n }] of classes.entries()) {
    const isWeight = Number.isInteger(weight) && weight >= 1 && weight <= 255;
    check(`classes[${k}].weight`, weight, isWeight, 'an integer in [1, 255]');
    checkCount(`classes[${k}].n`, n);
    if (n > 0) trials.set(weight, (trials.get(weight) ?? 0) + n);
    total += n;
  }
  check('the sum of n', total, total <= MOST_TRIALS, 'at most 2^27');
  checkProbability('p', p);
  const isInside = p === 0 || p === 1 || (p >= LEAST_P && p <= 1 - LEAST_P);
  check('p', p, isInside, '0, 1, or a number in [1e-9, 1 - 1e-9]');
  checkInteger('sum', sum);
  return Array.from(trials, ([weight, n]) => ({ weight, n }));
}

const BEYOND = 60;
const NEGLIGIBLE = /* @__PURE__ */ Math.exp(-BEYOND);
/** Terms that are left out may be so many. */
const LN_MOST_POINTS = 20;
const MOST_TRIALS = 2 ** 27;
const LEAST_P = 1e-9;
const ONE = { hi: 1, lo: 0 };
