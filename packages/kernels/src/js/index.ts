/** The plain TypeScript twin: for engines without WASM SIMD, and for checking the SIMD kernels. @module */
import { checked } from '../check.ts';
import type { Kernels } from '../kernels.ts';
import { biasGreen } from './bias.ts';
import { keystream } from './chacha8.ts';
import { countCohorts, countKeys } from './counts.ts';
import { loudest } from './gumbel.ts';
import { massBelow } from './mass.ts';
import { peaks } from './peaks.ts';
import { permutationPlaces } from './permutation.ts';
import { philox } from './philox.ts';
import { readSlots } from './slots.ts';
import { play } from './tournament.ts';

/**
 * Kernels in plain TypeScript; always there.
 *
 * @example
 * jsKernels.backend; // 'js'
 */
export const jsKernels: Kernels = checked({
  backend: 'js',
  keystream,
  readSlots,
  biasGreen,
  countCohorts,
  countKeys,
  allocateLogits: (length) => new Float32Array(length),
  peaks,
  massBelow,
  loudest,
  play,
  philox,
  permutationPlaces,
});
