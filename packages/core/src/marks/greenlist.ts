/**
 * Green list: a keyed share gamma of the vocabulary gets `+delta` in every context.
 *
 * Kirchenbauer et al. 2023, "A Watermark for Large Language Models", section 3, with the list read from the context's
 * ChaCha8 keystream (native-mark.md, "Green list") instead of a seeded permutation.
 * @module
 */
import { checkFinite } from '../check.ts';
import { type GreenlistDescriptor, titleOf } from '../descriptor.ts';
import { parseGamma } from '../gamma.ts';
import type { Mark } from '../mark.ts';
import type { MarkKey } from '../secret.ts';
import { Slots } from './slots.ts';

/** @internal Use {@link openMark}. */
export function greenlist(descriptor: GreenlistDescriptor, key: MarkKey): Mark<GreenlistDescriptor> {
  const { bits, green, value: gamma } = parseGamma(descriptor.gamma);
  const slots = new Slots(key, descriptor);
  return {
    descriptor,
    title: titleOf(descriptor),
    acts: 'logits',
    stage: descriptor.stage,
    contextWidth: descriptor.contextWidth,
    law: { law: 'binomial', trials: 1, p: gamma },
    oneBit: oneBitStrength(gamma, descriptor.delta),
    apply(context, logits, scale = 1) {
      slots.biasGreen(context, logits, bits, green, descriptor.delta * checkFinite(scale, 'scale'));
    },
    score(pairs, out) {
      const values = slots.read(pairs, bits);
      for (let i = 0; i < pairs.n; i++) out[i] = values[i] < green ? 1 : 0;
    },
    scoreCohorts(pairs, first, out) {
      const counts = new Uint32Array(out.length);
      slots.countCohorts(pairs, bits, green, first, counts);
      out.set(counts);
    },
  };
}

/** Two tokens of probability 1/2: both green, or one green and preferred by e^delta : 1. */
function oneBitStrength(gamma: number, delta: number) {
  const mean = gamma * gamma + (2 * gamma * (1 - gamma)) / (1 + Math.exp(-delta));
  return { mean, variance: mean * (1 - mean) };
}
