/**
 * The integral behind every large-parameter tail.
 *
 * Binomial, gamma and normal tails all have the form (density at the boundary) x integral from 0 of e^h(u) du, with
 * h(u) = -slope u - curvature u^2 / 2 + smaller terms. Series and continued fractions for it need some sqrt(n) steps
 * near the mean. The integrand itself is smooth and only falls, so 32 Gauss-Legendre points over the stretch in which
 * it falls by e^-46 give it to the last digit, whatever n. @module
 */

/** The u at which slope u + curvature u^2 / 2 reaches 46: beyond it less than 1e-17 of the integral is left. */
export function decayLength(slope: number, curvature: number): number {
  return DROP / (slope / 2 + Math.hypot(slope, Math.sqrt(2 * DROP * curvature)) / 2);
}

/** Integral of e^h(u) over [0, length]. */
export function integrateDecay(length: number, h: (u: number) => number): number {
  const half = length / 2;
  let sum = 0;
  for (let i = 0; i < NODES.length; i++) {
    const x = NODES[i]!;
    sum += WEIGHTS[i]! * (Math.exp(h(half * (1 - x))) + Math.exp(h(half * (1 + x))));
  }
  return half * sum;
}

/**
 * ln(1 + x) - x for -0.25 <= x <= 0.3 without the cancellation: with r = x / (2 + x), ln(1 + x) = 2 atanh(r) and
 * x = 2r + r x.
 */
export function log1pMinus(x: number): number {
  const r = x / (2 + x);
  const z = r * r;
  // r <= 0.15: the first term left out is below 1e-17 of the sum.
  const high = 1 / 13 + z * (1 / 15 + z * (1 / 17 + z * (1 / 19 + z * (1 / 21 + z / 23))));
  const sum = 1 / 3 + z * (1 / 5 + z * (1 / 7 + z * (1 / 9 + z * (1 / 11 + z * high))));
  return r * (2 * z * sum - x);
}

const DROP = 46;
// Positive nodes of the 32-point Gauss-Legendre rule and their weights (mpmath 1.3.0 at 50 digits).
const NODES = [
  0.04830766568773832, 0.1444719615827965, 0.23928736225213706, 0.33186860228212767, 0.42135127613063533,
  0.5068999089322294, 0.5877157572407623, 0.6630442669302152, 0.7321821187402897, 0.7944837959679424, 0.84936761373257,
  0.8963211557660521, 0.9349060759377397, 0.9647622555875064, 0.9856115115452684, 0.9972638618494816,
];
const WEIGHTS = [
  0.0965400885147278, 0.09563872007927486, 0.09384439908080457, 0.09117387869576389, 0.08765209300440381,
  0.08331192422694675, 0.07819389578707031, 0.0723457941088485, 0.06582222277636185, 0.058684093478535544,
  0.050998059262376175, 0.04283589802222668, 0.03427386291302143, 0.02539206530926206, 0.01627439473090567,
  0.007018610009470096,
];
