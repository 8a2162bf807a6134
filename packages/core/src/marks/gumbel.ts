/**
 * Gumbel-max: the sampled token is `argmax ln(u_v) / p_v`, with keyed uniforms u (Aaronson 2022; native-mark.md).
 * Over keys the token follows p exactly; under one key the choice is fixed.
 * @module
 */
import type { GumbelDescriptor } from '../descriptor.ts';
import type { Mark } from '../mark.ts';
import type { MarkKey } from '../secret.ts';
import { Candidates } from './candidates.ts';
import { Slots } from './slots.ts';

/** @internal Use {@link openMark}. */
export function gumbel(descriptor: GumbelDescriptor, key: MarkKey): Mark {
  const slots = new Slots(key, descriptor);
  const candidates = new Candidates();
  return {
    descriptor,
    acts: 'distribution',
    contextWidth: descriptor.contextWidth,
    law: { law: 'gamma', shape: 1 },
    // The better of two uniforms wins: the larger of two Exp(1), of mean 1 + 1/2 and variance 1 + 1/4.
    oneBit: { mean: 1.5, variance: 1.25 },
    apply(context, logits) {
      candidates.gather(logits, NOISE_RANGE);
      const words = slots.words(context, candidates.ids, candidates.n);
      const chosen = candidates.ids[loudest(candidates, words)];
      logits.fill(Number.NEGATIVE_INFINITY);
      logits[chosen] = 0;
    },
    score(pairs, out) {
      const words = slots.read(pairs, 32);
      for (let i = 0; i < pairs.n; i++) out[i] = -Math.log1p(-uniform(words[i]));
    },
  };
}

/** argmax ln(u) / p is argmax of ln p - ln(-ln u), which needs no normalised p. */
function loudest({ n, lnWeights }: Candidates, words: Uint32Array): number {
  let best = 0;
  let loudness = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < n; i++) {
    const sum = lnWeights[i] - Math.log(-Math.log(uniform(words[i])));
    if (sum > loudness) {
      loudness = sum;
      best = i;
    }
  }
  return best;
}

/** u = (word + 0.5) / 2^32, strictly between 0 and 1. */
const uniform = (word: number) => (word + 0.5) / 2 ** 32;

/** The noise -ln(-ln u) lies between -3.14 and 22.88, so a token 26.1 nats below the largest can never win. */
const NOISE_RANGE = 26.1;
