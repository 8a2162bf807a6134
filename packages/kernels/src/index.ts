/**
 * @taggant/kernels: ChaCha8 keystreams, reading of slots and biasing of logits (native-mark.md, version taggant/1), in
 * WASM SIMD and in plain TypeScript, equal bit for bit. No dependencies; everything is synchronous.
 * @module
 */

export { jsKernels } from './js/index.ts';
export { permutationHead } from './js/permutation.ts';
export { multiplyHigh, philoxBlock } from './js/philox.ts';
export { type Kernels, kernels, type SlotBits } from './kernels.ts';
export { MersenneTwister } from './mersenne-twister.ts';
export { loudness, uniform } from './noise.ts';
export { simdKernels } from './simd/index.ts';
export { LEAST_TEMPERATURE, takesTemperature } from './temperature.ts';
