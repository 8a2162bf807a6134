/**
 * What the detectors that descend from Kirchenbauer et al. 2023 print of a text's green tokens: a count, a z that takes the
 * windows for independent, and the normal tail. Not exact: docs/compatibility.md says where each is wrong.
 * @module
 */
import { TupleSet } from '@taggant/core';
import { lnNormalTail } from '@taggant/stats';

/** (G - gamma T) / sqrt(T gamma (1 - gamma)), with the gamma that was asked for, not that of the whole tokens. */
export const zOfGreen = (green: number, scored: number, gamma: number): number =>
  (green - gamma * scored) / Math.sqrt(scored * gamma * (1 - gamma));

/** P[N(0, 1) >= z]; NaN where there is no z. */
export const normalTail = (z: number): number => (Number.isFinite(z) ? Math.exp(lnNormalTail(z)) : Number.NaN);

/**
 * The flags of a text's n-grams, each distinct one once, in the order of their first appearance. n: context and token
 * together; flag i belongs to the n-gram that starts at token i.
 */
export function distinctFlags(tokens: Uint32Array, n: number, flags: Uint8Array): Uint8Array {
  const seen = new TupleSet(n);
  return flags.filter((_, i) => seen.add(tokens, i));
}

export const sumOf = (flags: Uint8Array): number => flags.reduce((sum, flag) => sum + flag, 0);

/** The tokens behind a leading `bos`, which the detectors drop. */
export const withoutBos = (tokens: Uint32Array, bos: number | undefined): Uint32Array =>
  bos !== undefined && tokens[0] === bos ? tokens.subarray(1) : tokens;
