/** Normal tails in log space, and the z that stands for an exact p on a display. @module */
import { check, checkLnP } from './check.ts';
import { decayLength, integrateDecay } from './decay-integral.ts';
import { add, exactly, subtract, twoProduct } from './double-double.ts';
import { HALF_LN_2PI } from './ln-gamma.ts';
import { lnOneMinusExp } from './log-space.ts';

/**
 * ln P[N(0, 1) >= z] for any finite z. The error of the result, which is the relative error of p, is half a unit in
 * its last place plus at most 2e-14: below 1e-12 down to ln p = -16384. The result is -Infinity only where ln p exceeds
 * the largest double in size (z > 1.896e154).
 *
 * @throws TypeError, RangeError for NaN and the infinities.
 * @example
 * lnNormalTail(40); // -804.6084420137538
 */
export function lnNormalTail(z: number): number {
  check('z', z, Number.isFinite(z), 'a finite number');
  return z >= 0 ? lnUpperTail(z) : lnOneMinusExp(lnUpperTail(-z));
}

/**
 * The z with `lnNormalTail(z) = lnP`: how many standard deviations an exact p-value is worth. For display only; no
 * decision here rests on a normal approximation. lnP: -Infinity to 0, whose ends give Infinity and -Infinity.
 *
 * @throws TypeError, RangeError for NaN and lnP > 0.
 * @example
 * zFromLnP(-1e5); // 447.1978936785251
 */
export function zFromLnP(lnP: number): number {
  checkLnP('lnP', lnP);
  if (lnP === 0) return -Infinity;
  if (lnP === -Infinity) return Infinity;
  return lnP > -Math.LN2 ? -upperQuantile(lnOneMinusExp(lnP)) : upperQuantile(lnP);
}

/** z >= 0: density times Mills' ratio, the integral over u >= 0 of e^(-z u - u^2 / 2). */
function lnUpperTail(z: number, mills = millsRatio(z)): number {
  if (!Number.isFinite((z / 2) * z)) return -Infinity;
  const lnDensity = subtract(twoProduct(-z / 2, z), HALF_LN_2PI);
  return add(lnDensity, exactly(Math.log(mills))).hi;
}

function millsRatio(z: number): number {
  return integrateDecay(decayLength(z, 1), (u) => -u * (z + u / 2));
}

/**
 * Newton on ln P for lnP <= -ln 2. ln P is concave and falls in z with slope -1 / Mills, so after the first step the
 * iterates come down to the root from the right and never leave it.
 */
function upperQuantile(lnP: number): number {
  let z = Math.SQRT2 * Math.sqrt(Math.max(0, -lnP - Math.LN2));
  // Out here ln z is lost beside z^2, and a step could overflow.
  if (lnP < -1e40) return z;
  for (let i = 0; i < 30; i++) {
    const mills = millsRatio(z);
    const step = (lnUpperTail(z, mills) - lnP) * mills;
    z = Math.max(0, z + step);
    if (Math.abs(step) <= Number.EPSILON * z) break;
  }
  return z;
}
