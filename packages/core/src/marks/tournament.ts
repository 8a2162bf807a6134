/**
 * Tournament sampling: m layers of keyed bits g, each turning `p_v` into `p_v * (1 + g_v - sum_w g_w p_w)`.
 * Dathathri et al. 2024, "Scalable watermarking for identifying large language model outputs" (SynthID-Text), two-leaf
 * tournaments in their vectorised form, with bits from the context's keystream (native-mark.md). Over keys p is unchanged.
 * @module
 */
import { kernels } from '@taggant/kernels';
import { checkPositive } from '../check.ts';
import { type TournamentDescriptor, titleOf } from '../descriptor.ts';
import type { Mark, Strength } from '../mark.ts';
import type { MarkKey } from '../secret.ts';
import { Candidates } from './candidates.ts';
import { Slots } from './slots.ts';

/** @internal Use {@link openMark}. */
export function tournament(descriptor: TournamentDescriptor, key: MarkKey): Mark<TournamentDescriptor> {
  const { layers } = descriptor;
  const slots = new Slots(key, descriptor);
  const candidates = new Candidates();
  let probabilities = new Float64Array(0);
  return {
    descriptor,
    title: titleOf(descriptor),
    acts: 'distribution',
    contextWidth: descriptor.contextWidth,
    law: { law: 'binomial', trials: layers, p: 0.5 },
    oneBit: oneBitStrength(layers),
    apply(context, logits, temperature = 1) {
      checkPositive(temperature, 'scale');
      candidates.gather(logits, temperature, logits.length);
      const { n, ids } = candidates;
      if (probabilities.length < n) probabilities = new Float64Array(n);
      softmax(candidates, probabilities);
      kernels().play(probabilities.subarray(0, n), slots.words(context, ids, n), layers);
      for (let i = 0; i < n; i++) logits[ids[i]] = Math.log(probabilities[i]) * temperature;
    },
    score(pairs, out) {
      const words = slots.read(pairs, 32);
      const mask = layers === 32 ? 0xffffffff : 2 ** layers - 1;
      for (let i = 0; i < pairs.n; i++) out[i] = popcount(words[i] & mask);
    },
  };
}

/** @internal The candidates' probabilities. */
export function softmax({ n, lnWeights }: Candidates, out: Float64Array): void {
  let total = 0;
  for (let i = 0; i < n; i++) total += out[i] = Math.exp(lnWeights[i]);
  for (let i = 0; i < n; i++) out[i] /= total;
}

function popcount(word: number): number {
  word -= (word >>> 1) & 0x55555555;
  word = (word & 0x33333333) + ((word >>> 2) & 0x33333333);
  return Math.imul((word + (word >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/**
 * The winner's bit sum when two tokens have probability 1/2 each and a tournament's nodes have `leaves` leaves. A layer has
 * equal bits for both (0 or 1, 1/4 each; p, the share of the first token, stays), or only the first has a 1 (1/4,
 * p -> 1 - (1 - p)^leaves), or only the second (1/4, p -> p^leaves). Moments of the first one's sum by forward recursion, p
 * rounded to 1/GRID; it wins with the p of the end, and the second one is its mirror image.
 */
function oneBitMoments(layers: number, leaves: number): Strength {
  let states = new Map([[GRID / 2, { mass: 1, first: 0, second: 0 }]]);
  for (let layer = 0; layer < layers; layer++) {
    const next: typeof states = new Map();
    const move = (to: number, bit: 0 | 1, { mass, first, second }: Moments) => {
      const at = Math.round(to * GRID);
      const sum = next.get(at) ?? { mass: 0, first: 0, second: 0 };
      sum.mass += mass / 4;
      sum.first += (first + bit * mass) / 4;
      sum.second += (second + bit * (2 * first + mass)) / 4;
      next.set(at, sum);
    };
    for (const [at, moments] of states) {
      const p = at / GRID;
      move(p, 0, moments);
      move(p, 1, moments);
      move(1 - (1 - p) ** leaves, 1, moments);
      move(p ** leaves, 0, moments);
    }
    states = next;
  }
  const total = (moment: keyof Moments) => [...states].reduce((sum, [at, state]) => sum + at * state[moment], 0);
  const mean = total('first') / total('mass');
  return { mean, variance: total('second') / total('mass') - mean * mean };
}

/** @internal Kept, because thousands of decoy keys may open the same mark: 30 layers take 10 ms. */
export function oneBitStrength(layers: number, leaves = 2): Strength {
  const name = `${layers}, ${leaves}`;
  let strength = strengths.get(name);
  if (strength === undefined) strengths.set(name, (strength = oneBitMoments(layers, leaves)));
  return strength;
}

const strengths = new Map<string, Strength>();

type Moments = { mass: number; first: number; second: number };
const GRID = 1000;
