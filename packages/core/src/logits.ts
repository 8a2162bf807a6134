/** Memory for rows of logits. @module */
import { kernels } from '@taggant/kernels';

/**
 * Zeros for `length` logits in the memory where marks work, so that marking a row copies nothing: let the engine write its
 * rows here, one after the other. Each allocation is a WebAssembly memory of its own: make one and keep it.
 *
 * @example
 * const rows = allocateLogits(8 * 131_072); // a batch of 8
 */
export function allocateLogits(length: number): Float32Array {
  return kernels().allocateLogits(length);
}
