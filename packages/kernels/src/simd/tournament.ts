/** The layers of a tournament; see Kernels.play. @module */
import type { Kernels } from '../kernels.ts';
import { reserve } from './module.ts';
import type { Room } from './room.ts';

export function play({ wasm, rows }: Room): Kernels['play'] {
  let [probabilities, bits] = views(0);

  return (p, words, layers) => {
    const tokens = p.length + (p.length % 2);
    if (bits.length < tokens || bits.buffer !== wasm.memory.buffer) [probabilities, bits] = views(tokens);
    probabilities.set(p);
    probabilities[p.length] = 0;
    bits.set(words);
    wasm.play(rows, bits.byteOffset, tokens, layers);
    for (let i = 0; i < p.length; i++) p[i] = probabilities[i]!;
  };

  /** Room for more than is asked for, so that views are made seldom. */
  function views(tokens: number): [Float64Array, Uint32Array] {
    const length = Math.max(1024, 2 * tokens);
    reserve(wasm, rows + 12 * length);
    const { buffer } = wasm.memory;
    return [new Float64Array(buffer, rows, length), new Uint32Array(buffer, rows + 8 * length, length)];
  }
}
