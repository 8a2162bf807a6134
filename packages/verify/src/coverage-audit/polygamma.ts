/** Harmonic numbers of real order: the moments of the largest of x unit exponentials, x whole or not. @module */

/** H_x = digamma(x + 1) + Euler's constant, for x >= 1. Relative error below 1e-14. */
export function harmonic(x: number): number {
  let [z, sum] = [x + 1, 0];
  for (; z < SHIFT; z++) sum -= 1 / z;
  const y = 1 / (z * z);
  // DLMF 5.11.2
  const tail = y * (1 / 12 - y * (1 / 120 - y * (1 / 252 - y * (1 / 240 - y / 132))));
  return sum + Math.log(z) - 1 / (2 * z) - tail + EULER;
}

/** H_x^(2) = pi^2 / 6 - trigamma(x + 1), for x >= 1. */
export function secondHarmonic(x: number): number {
  let [z, sum] = [x + 1, 0];
  for (; z < SHIFT; z++) sum += 1 / (z * z);
  const y = 1 / (z * z);
  // DLMF 5.15.8
  const tail = (1 + y * (1 / 6 - y * (1 / 30 - y * (1 / 42 - y / 30)))) / z;
  return Math.PI ** 2 / 6 - sum - tail - y / 2;
}

const SHIFT = 24;
const EULER = 0.5772156649015329;
