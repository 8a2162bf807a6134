/** What an engine does with a row that the hook has marked, for loops and adapters that do it themselves. @module */
import { largestToken, sampleToken } from './sample.ts';
import { checkTemperature } from './warp.ts';

/**
 * The token of a row that is still to be divided by the temperature, as a `pre-temperature` hook leaves it: drawn from
 * softmax(logits / temperature), or the largest at temperature 0. The row is changed. `random` gives a uniform number in
 * [0, 1); it is asked once, at temperature 0 never. Throws RangeError for a temperature below 1e-6 that is not 0, and if the
 * row has NaN, +Infinity, or no token above -Infinity.
 *
 * @example
 * drawToken(Float32Array.of(1, 3, 2), 0, Math.random); // 1
 * drawToken(Float32Array.of(0, -Infinity, 0), 0.8, () => 0.75); // 2
 */
export function drawToken(logits: Float32Array, temperature: number, random: () => number): number {
  checkTemperature(temperature);
  if (temperature === 0) return largestToken(logits);
  if (temperature !== 1) for (let v = 0; v < logits.length; v++) logits[v] /= temperature;
  return sampleToken(logits, random());
}
