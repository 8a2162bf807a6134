/** The green share of the vocabulary, gamma = G / 2^b (native-mark.md, "Green list"). @module */
import { show } from './check.ts';

export interface Gamma {
  /** Reduced fraction, such as `1/4`: the canonical text of a descriptor. */
  readonly text: string;
  readonly value: number;
  /** b: bit planes a slot is read from, the smallest of 1, 2, 4, 8 that makes G an integer. */
  readonly bits: 1 | 2 | 4 | 8;
  /** G: a slot is green iff its value is below G. */
  readonly green: number;
}

/**
 * Parses `"1/4"` or `0.25`. Multiples of 1/256 strictly between 0 and 1; anything else is a RangeError.
 *
 * @example
 * parseGamma('3/16'); // { text: '3/16', value: 0.1875, bits: 4, green: 3 }
 */
export function parseGamma(gamma: string | number): Gamma {
  const n256 = typeof gamma === 'number' ? gamma * 256 : parseFraction(gamma) * 256;
  if (!Number.isInteger(n256) || n256 <= 0 || n256 >= 256) {
    throw new RangeError(
      `"gamma" expected a multiple of 1/256 strictly between 0 and 1, such as "1/4", got ${show(gamma)}`,
    );
  }
  const bits = ([1, 2, 4, 8] as const).find((b) => Number.isInteger((n256 * 2 ** b) / 256)) ?? 8;
  let [numerator, denominator] = [n256, 256];
  while (numerator % 2 === 0) [numerator, denominator] = [numerator / 2, denominator / 2];
  return { text: `${numerator}/${denominator}`, value: n256 / 256, bits, green: (n256 * 2 ** bits) / 256 };
}

function parseFraction(text: unknown): number {
  const match = typeof text === 'string' ? /^(\d{1,6})\/(\d{1,6})$|^(0?\.\d+)$/.exec(text) : null;
  if (match === null) return Number.NaN;
  return match[3] === undefined ? Number(match[1]) / Number(match[2]) : Number(match[3]);
}
