/** What an engine does with a row that the hook has marked, for adapters that do it themselves. @module */
import { largestToken, sampleToken } from './sample.ts';

/** @internal The token of a `pre-temperature` row, which is changed: the largest at temperature 0, otherwise drawn. */
export function drawToken(row: Float32Array, temperature: number, random: () => number): number {
  if (temperature === 0) return largestToken(row);
  if (temperature !== 1) for (let v = 0; v < row.length; v++) row[v] /= temperature;
  return sampleToken(row, random());
}
