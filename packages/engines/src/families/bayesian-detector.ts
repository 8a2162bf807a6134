/**
 * The Bayesian detector of SynthID: the posterior probability of a mark, from g-values and a trained likelihood model. The
 * formula is the same in transformers (generation/watermarking.py, `BayesianDetectorModel`), synthid-text and MarkLLM
 * (detector_bayesian*.py); they compute in float32, this in float64.
 * @module
 */

/** Trained for one mark and one model: its probability is as good as its training set. */
export interface BayesianDetector {
  readonly prior: number;
  /** One for each layer. */
  readonly beta: readonly number[];
  /** Layers x layers, by rows; of a row only what lies left of the diagonal counts. */
  readonly delta: readonly number[];
}

/**
 * Reads the weights as the engines keep them (HF's state dict, the others' `params`): `prior`, a probability, and
 * `likelihood_model_watermarked` with `beta`, one number for each layer, and `delta`, layers x layers; in lists nested
 * as deep as `tolist()` leaves them. Undefined stands for no detector.
 */
export function readBayesianDetector(value: unknown, name: string, layers: number): BayesianDetector | undefined {
  if (value === undefined) return undefined;
  const { prior, likelihood_model_watermarked: model } = fieldsOf(value, name);
  const { beta, delta } = fieldsOf(model, `${name}.likelihood_model_watermarked`);
  const [one] = numbersOf(prior, `${name}.prior`, 1);
  return {
    // As the engines clamp it.
    prior: Math.min(Math.max(one, 1e-5), 1 - 1e-5),
    beta: numbersOf(beta, `${name}.likelihood_model_watermarked.beta`, layers),
    delta: numbersOf(delta, `${name}.likelihood_model_watermarked.delta`, layers * layers),
  };
}

/**
 * The posterior probability of a mark. A bit of a layer comes from a match of two different tokens with a probability q that the
 * bits of the layers before it tell (a logistic regression), and is then a 1 in 3 of 4 cases; otherwise in 2 of 4.
 * `bits`: n-grams x layers; `isCounted`: which n-grams count.
 */
export function posterior(
  { prior, beta, delta }: BayesianDetector,
  bits: Uint8Array,
  isCounted: readonly boolean[],
): number {
  const layers = beta.length;
  let lnOdds = Math.log(prior) - Math.log(1 - prior);
  for (let i = 0; i < isCounted.length; i++) {
    if (!isCounted[i]) continue;
    for (let layer = 0; layer < layers; layer++) {
      let latent = beta[layer];
      for (let before = 0; before < layer; before++)
        latent += delta[layer * layers + before] * bits[i * layers + before];
      // P(bit | marked) / P(bit | not marked) is (bit + 1/2) q + 1 - q.
      lnOdds += Math.log1p((bits[i * layers + layer] - 0.5) / (1 + Math.exp(-latent)));
    }
  }
  return 1 / (1 + Math.exp(-lnOdds));
}

function fieldsOf(value: unknown, name: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new TypeError(`"${name}" expected an object, got ${value === null ? 'null' : typeof value}`);
}

function numbersOf(value: unknown, name: string, count: number): number[] {
  const numbers = [value].flat(8) as unknown[];
  if (numbers.length !== count || !numbers.every(Number.isFinite)) {
    throw new TypeError(`"${name}" expected ${count} numbers, in lists or not, got ${numbers.length} values`);
  }
  return numbers as number[];
}
