/**
 * Gumbel-max: the sampled token is `argmax ln(u_v) / p_v`, with keyed uniforms u (Aaronson 2022; native-mark.md).
 * Over keys the token follows p exactly; under one key the choice is fixed.
 * @module
 */
import { loudness, takesTemperature, uniform } from '@taggant/kernels';
import { checkPositive } from '../check.ts';
import { type GumbelDescriptor, titleOf } from '../descriptor.ts';
import type { Mark } from '../mark.ts';
import type { MarkKey } from '../secret.ts';
import { Candidates } from './candidates.ts';
import { Slots } from './slots.ts';

/** @internal Use {@link openMark}. */
export function gumbel(descriptor: GumbelDescriptor, key: MarkKey): Mark<GumbelDescriptor> {
  const slots = new Slots(key, descriptor);
  const candidates = new Candidates();
  return {
    descriptor,
    title: titleOf(descriptor),
    acts: 'distribution',
    contextWidth: descriptor.contextWidth,
    law: { law: 'gamma', shape: 1 },
    // The better of two uniforms wins: the larger of two Exp(1), of mean 1 + 1/2 and variance 1 + 1/4.
    oneBit: { mean: 1.5, variance: 1.25 },
    apply(context, logits, temperature = 1) {
      checkPositive(temperature, 'scale');
      const limit = takesTemperature(temperature) ? Math.ceil(logits.length / STREAM_SHARE) : logits.length;
      // Few candidates are looked at one by one, many in one stream over the vocabulary. Both find the same token.
      if (candidates.gather(logits, temperature, limit)) {
        const { n, ids } = candidates;
        const best = loudestOf(candidates, slots.words(context, ids, n));
        for (let i = 0; i < n; i++) logits[ids[i]] = i === best ? 0 : Number.NEGATIVE_INFINITY;
      } else {
        const chosen = slots.loudest(context, logits, candidates.largest, temperature);
        logits.fill(Number.NEGATIVE_INFINITY);
        logits[chosen] = 0;
      }
    },
    score(pairs, out) {
      const words = slots.read(pairs, 32);
      for (let i = 0; i < pairs.n; i++) out[i] = -Math.log1p(-uniform(words[i]));
    },
  };
}

/** The candidate that Gumbel-max draws, the first of equals. */
function loudestOf({ n, lnWeights }: Candidates, words: Uint32Array): number {
  let best = 0;
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < n; i++) {
    const sum = loudness(lnWeights[i], words[i]);
    if (sum > most) {
      most = sum;
      best = i;
    }
  }
  return best;
}

/** One token by itself costs as much as so many in a stream (about 65 ns and 2 ns). */
const STREAM_SHARE = 32;
