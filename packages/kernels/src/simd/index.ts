/**
 * The WASM SIMD kernels (assembly/), behind views of their memory. Each file of this folder serves one assembly file: it
 * copies in, calls, copies out. All of them lay out the same arena, each call for itself.
 * @module
 */
import { checked } from '../check.ts';
import type { Kernels } from '../kernels.ts';
import { biasGreen } from './bias.ts';
import { countCohorts, countKeys } from './counts.ts';
import { loudest } from './gumbel.ts';
import { keystream } from './keystream.ts';
import { massBelow } from './mass.ts';
import { type Exports, instantiate } from './module.ts';
import { peaks } from './peaks.ts';
import { permutationPlaces } from './permutation.ts';
import { philox } from './philox.ts';
import { allocateLogits, roomIn } from './room.ts';
import { readSlots } from './slots.ts';
import { play } from './tournament.ts';

/**
 * The SIMD kernels, compiled on the first call; undefined where the engine cannot run them.
 *
 * @example
 * const fast = simdKernels() ?? jsKernels;
 */
export function simdKernels(): Kernels | undefined {
  if (compiled === undefined) {
    const wasm = instantiate();
    compiled = wasm ? checked(wrap(wasm)) : null;
  }
  return compiled ?? undefined;
}

let compiled: Kernels | null | undefined;

/** @internal */
export function wrap(wasm: Exports): Kernels {
  const room = roomIn(wasm);
  return {
    backend: 'simd',
    keystream: keystream(wasm),
    readSlots: readSlots(wasm),
    biasGreen: biasGreen(room),
    countCohorts: countCohorts(wasm),
    countKeys: countKeys(wasm),
    allocateLogits,
    peaks: peaks(room),
    massBelow: massBelow(room),
    loudest: loudest(room),
    play: play(room),
    philox: philox(wasm),
    permutationPlaces: permutationPlaces(),
  };
}
