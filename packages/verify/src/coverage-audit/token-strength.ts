/**
 * What one marked step should score, given the probability that the chosen token was drawn with.
 *
 * Gumbel: the token of the largest u^(1/p) wins, and that largest value M is uniform whichever token wins, so the
 * winner's u is M^p and its score -ln(1 - M^p): the largest of 1/p unit exponentials. Its mean is H_(1/p), which is the
 * sum over k of 1 / (k (1 + k p)) in vLLM's pull request 56122, and its variance H_(1/p)^(2). Given a whole text, the
 * scores of different contexts are independent.
 *
 * Green list: Bayes. A green token of probability p is chosen with e^delta p / (e^delta p + R), a red one with p / (p +
 * R), where R is what the other tokens weigh under their own random colours. For any other tokens of mass 1 - p the
 * chance that the chosen one is green is least with one competitor and largest with very many small ones: with G the
 * green share of that mass, h(G) = a / (a p + x) - rho / (p + x), x = (1 - p)(1 + (a - 1) G), is concave for rho at its
 * least ratio, and all G have mean gamma.
 *
 * Neglected: where a context comes again and is marked again, the tokens that follow it later say a little about what the
 * first one scored. Generation that leaves repeated contexts unmarked has nothing of it.
 * @module
 */
import type { Mark, Strength } from '@taggant/core';
import { nullMoments } from '@taggant/detector';
import type { Between } from './final-probability.ts';
import { harmonic, secondHarmonic } from './polygamma.ts';

/** Bounds on the mean and variance of a marked score. */
export interface StrengthRange {
  readonly least: Strength;
  readonly most: Strength;
}

/** The strength of one marked step; undefined for marks of which nothing is proved (tournaments, two keys). */
export function tokenStrength(mark: Mark, p: Between, temperature: number): StrengthRange | undefined {
  const { law, acts, stage } = mark;
  if (law.law === 'gamma' && law.shape === 1 && acts === 'distribution') {
    return { least: gumbelStrength(p[1]), most: gumbelStrength(p[0]) };
  }
  if (law.law !== 'binomial' || law.trials !== 1 || acts !== 'logits') return undefined;
  const delta = deltaOf(mark) / (stage === 'post-temperature' ? 1 : temperature);
  return { least: ofChance(leastGreen(p[1], law.p, delta)), most: ofChance(mostGreen(p[0], law.p, delta)) };
}

/**
 * Mean and variance of a Gumbel score.
 *
 * @example
 * gumbelStrength(0.5); // { mean: 1.5, variance: 1.25 } but for rounding: one bit
 */
export function gumbelStrength(p: number): Strength {
  const x = 1 / Math.max(p, Number.MIN_VALUE * 2 ** 60);
  return { mean: harmonic(x), variance: secondHarmonic(x) };
}

/** The chance that a chosen token of probability p is green, if one token has all the rest. */
export function leastGreen(p: number, gamma: number, delta: number): number {
  const a = Math.exp(Math.min(delta, MOST_DELTA));
  const green = gamma + ((1 - gamma) * a) / (a * p + 1 - p);
  const red = gamma / (p + a * (1 - p)) + 1 - gamma;
  return (gamma * green) / (gamma * green + (1 - gamma) * red);
}

/** The same, if the rest is spread over very many tokens. */
export function mostGreen(p: number, gamma: number, delta: number): number {
  const a = Math.exp(Math.min(delta, MOST_DELTA));
  const others = (1 - p) * (1 + (a - 1) * gamma);
  const green = a / (a * p + others);
  const red = 1 / (p + others);
  return (gamma * green) / (gamma * green + (1 - gamma) * red);
}

/**
 * delta as the mark's one-bit strength has it, gamma^2 + 2 gamma (1 - gamma) / (1 + e^-delta): engines name it
 * differently.
 */
function deltaOf({ law, oneBit }: Mark): number {
  const gamma = nullMoments(law).mean;
  return -Math.log(Math.max((2 * gamma * (1 - gamma)) / (oneBit.mean - gamma * gamma) - 1, Math.exp(-MOST_DELTA)));
}

const ofChance = (mean: number): Strength => ({ mean, variance: mean * (1 - mean) });

/** e to it is a number still. */
const MOST_DELTA = 600;
