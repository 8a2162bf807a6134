/** Student's t: what bounds the mean of roughly normal numbers. @module */
import { check, checkProbability } from './check.ts';

/**
 * The t with P[T >= t] = p for Student's distribution with `degrees` of freedom, 1 or more; p in (0, 1). By bisection of the
 * integral of the density in theta = atan(t / sqrt(degrees)), where it is cos(theta)^(degrees - 1) (Student 1908); right to
 * 1e-8.
 *
 * @throws TypeError, RangeError for anything else.
 * @example
 * studentQuantile(0.025, 10); // 2.228138851986297
 */
export function studentQuantile(p: number, degrees: number): number {
  checkProbability('p', p);
  check('p', p, p > 0 && p < 1, 'a number in (0, 1)');
  check('degrees', degrees, Number.isFinite(degrees) && degrees >= 1, 'a number of at least 1');
  if (p > 0.5) return -studentQuantile(1 - p, degrees);
  const wanted = p * 2 * area(0, degrees);
  let [low, high] = [0, Math.PI / 2];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (area(middle, degrees) > wanted) low = middle;
    else high = middle;
  }
  return Math.tan((low + high) / 2) * Math.sqrt(degrees);
}

/** The integral of cos^(degrees - 1) from theta to pi / 2, by Simpson's rule on an interval outside of which nothing is left. */
function area(theta: number, degrees: number): number {
  const end = Math.min(Math.PI / 2, theta + 40 / Math.sqrt(degrees));
  const step = (end - theta) / STEPS;
  let sum = 0;
  for (let i = 0; i <= STEPS; i++) {
    const weight = i === 0 || i === STEPS ? 1 : i % 2 === 0 ? 2 : 4;
    sum += weight * Math.max(0, Math.cos(theta + i * step)) ** (degrees - 1);
  }
  return (sum * step) / 3;
}

const STEPS = 2000;
