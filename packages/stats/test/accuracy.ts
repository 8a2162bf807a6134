/** Measures every family against vectors/tails.json; shared by accuracy.test.ts and print-accuracy.ts. */
import { readFileSync } from 'node:fs';
import {
  lnBinomialLowerTail,
  lnBinomialTail,
  lnGamma,
  lnGammaLowerTail,
  lnGammaTail,
  lnNormalTail,
  zFromLnP,
} from '../src/index.ts';
import { errorAgainst, ulp } from './exact.ts';

export interface Accuracy {
  readonly family: string;
  readonly points: number;
  /** Largest |error| beyond the half unit in the last place that rounding the result to a double costs anyway. */
  readonly beyondRounding: number;
  /** Largest |error| where |ln p| <= 700, that is where p itself is a normal double: the relative error of p. */
  readonly relativeOfP: number;
  /** Largest |error| / ulp(ln p) where ln p < -4096. */
  readonly ulpsFarOut: number;
  /** Largest relative error of ln p where -1 < ln p < 0, which is the relative error of 1 - p near p = 1. */
  readonly relativeNearOne: number;
  /** Points outside max(1e-12, 4 ulp). */
  readonly outside: readonly string[];
  readonly lowest: number;
}

export function measureAll(): Accuracy[] {
  const vectors = JSON.parse(readFileSync(new URL('./vectors/tails.json', import.meta.url), 'utf8')) as Vectors;
  const binomial = vectors.binomial.rows as [number, number, number, string, string][];
  const gamma = vectors.gamma.rows as [number, number, string, string][];
  const normal = vectors.normal.rows as [number, string][];
  return [
    measure('lnBinomialTail', binomial, ([n, p, k, upper]) => [lnBinomialTail(k, n, p), upper]),
    measure('lnBinomialLowerTail', binomial, ([n, p, k, , lower]) => [lnBinomialLowerTail(k, n, p), lower]),
    measure('lnGammaTail', gamma, ([x, shape, upper]) => [lnGammaTail(x, shape), upper]),
    measure('lnGammaLowerTail', gamma, ([x, shape, , lower]) => [lnGammaLowerTail(x, shape), lower]),
    measure('lnNormalTail', normal, ([z, upper]) => [lnNormalTail(z), upper]),
    measure('zFromLnP', vectors.quantile.rows as [number, string][], ([lnP, z]) => [zFromLnP(lnP), z]),
    measure('lnGamma', vectors.lnGamma.rows as [number, string][], ([x, value]) => [lnGamma(x), value]),
  ];
}

function measure<Row>(family: string, rows: readonly Row[], pair: (row: Row) => [number, string]): Accuracy {
  let beyondRounding = 0;
  let relativeOfP = 0;
  let ulpsFarOut = 0;
  let relativeNearOne = 0;
  let lowest = 0;
  const outside: string[] = [];
  for (const row of rows) {
    const [got, reference] = pair(row);
    const error = Math.abs(errorAgainst(got, reference));
    const size = Math.abs(got);
    beyondRounding = Math.max(beyondRounding, error - ulp(got) / 2);
    if (size <= 700) relativeOfP = Math.max(relativeOfP, error);
    if (size > 4096) ulpsFarOut = Math.max(ulpsFarOut, error / ulp(got));
    if (size < 1 && size > 0) relativeNearOne = Math.max(relativeNearOne, error / size);
    lowest = Math.min(lowest, got);
    if (!(error <= Math.max(1e-12, 4 * ulp(got)))) outside.push(`${JSON.stringify(row)}: ${got}`);
  }
  const points = rows.length;
  return { family, points, beyondRounding, relativeOfP, ulpsFarOut, relativeNearOne, outside, lowest };
}

type Vectors = Record<'binomial' | 'gamma' | 'normal' | 'quantile' | 'lnGamma', { readonly rows: readonly unknown[] }>;
