/**
 * The detectors of SynthID: mean, weighted mean and Bayesian score over the n-grams that their masks leave in. The scores are not
 * p-values; what a threshold on them means is found by trial.
 * @module
 */
import { type BayesianDetector, posterior } from './bayesian-detector.ts';
import type { GValues } from './g-values.ts';

export interface SynthIdMasks {
  readonly ngramLength: number;
  /** An n-gram counts if its context was not among that many before it. Undefined: repeated contexts count. */
  readonly history: number | undefined;
  /** N-grams that end in or after the first such token do not count. */
  readonly endOfText: number | undefined;
}

export interface SynthIdScores {
  /** The share of ones. */
  readonly mean: number;
  /** With weights that fall linearly from 10 in the first layer to 1 in the last. */
  readonly weightedMean: number;
  readonly posterior?: number;
}

/** Undefined for a text shorter than an n-gram, where the engines fail; NaN, as theirs, where the masks leave nothing. */
export function synthIdScores(
  tokens: Uint32Array,
  gValues: GValues,
  masks: SynthIdMasks,
  bayesian: BayesianDetector | undefined,
): SynthIdScores | undefined {
  const { layers } = gValues;
  const n = tokens.length - masks.ngramLength + 1;
  if (n < 1) return undefined;
  const isCounted = maskOf(tokens, n, masks);
  const bits = new Uint8Array(n * layers);
  const ones = new Float64Array(layers);
  for (let i = 0; i < n; i++) {
    const row = bits.subarray(i * layers, (i + 1) * layers);
    gValues.read(tokens, i, tokens[i + masks.ngramLength - 1], row);
    if (isCounted[i]) for (let layer = 0; layer < layers; layer++) ones[layer] += row[layer];
  }
  const weights = ones.map((_, layer) => (layers === 1 ? 10 : 10 - (9 * layer) / (layers - 1)));
  const count = isCounted.filter(Boolean).length;
  const total = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0);
  return {
    mean: total(ones) / (layers * count),
    weightedMean: total(ones.map((sum, layer) => sum * weights[layer])) / (total(weights) * count),
    ...(bayesian === undefined ? {} : { posterior: posterior(bayesian, bits, isCounted) }),
  };
}

/** Which of the first n n-grams count. */
function maskOf(tokens: Uint32Array, n: number, { ngramLength, history, endOfText }: SynthIdMasks): boolean[] {
  const end = endOfText === undefined ? -1 : tokens.indexOf(endOfText);
  const last = new Map<string, number>();
  return Array.from({ length: n }, (_, i) => {
    const context = tokens.subarray(i, i + ngramLength - 1).join();
    const isRepeated = history !== undefined && i - (last.get(context) ?? Number.NEGATIVE_INFINITY) <= history;
    last.set(context, i);
    return !isRepeated && (end < 0 || i + ngramLength - 1 < end);
  });
}
