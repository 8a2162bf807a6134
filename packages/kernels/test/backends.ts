/** What one suite needs to run over both backends. @module */
import { jsKernels, type Kernels, simdKernels } from '@taggant/kernels';

const simd = simdKernels();
if (!simd) throw new Error('these tests need an engine with WASM SIMD');

export const backends: readonly (readonly [string, Kernels])[] = [
  ['simd', simd],
  ['js', jsKernels],
];

/** Repeatable words: the keystream of a key that is nothing but the seed. */
export function randomWords(length: number, seed: number): Uint32Array {
  const out = new Uint32Array(length);
  jsKernels.keystream(Uint32Array.of(seed, 0, 0, 0, 0, 0, 0, 0), new Uint32Array(3), 0, out);
  return out;
}

/** The same numbers in a view that starts `offset` elements into its buffer, between guards that must survive. */
export function shifted<T extends Uint32Array | Float32Array>(array: T, offset: number): T {
  const Type = array.constructor as new (length: number) => T;
  const view = new Type(array.length + offset + 3).fill(GUARD).subarray(offset, offset + array.length) as T;
  view.set(array);
  return view;
}

export function guardsIntact(view: Uint32Array | Float32Array): boolean {
  const Type = view.constructor as new (buffer: ArrayBufferLike) => Uint32Array | Float32Array;
  const first = view.byteOffset / 4;
  return new Type(view.buffer).every((x, i) => (i >= first && i < first + view.length) || x === GUARD);
}

/** Equal in every bit: -0 is not 0. */
export function sameBits(a: Uint32Array | Float32Array, b: Uint32Array | Float32Array): boolean {
  return bytes(a).equals(bytes(b));
}

export const bytes = ({ buffer, byteOffset, byteLength }: Uint32Array | Float32Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);

/** Little-endian words of a hex string. */
export const wordsOf = (hex: string): Uint32Array => new Uint32Array(Uint8Array.from(Buffer.from(hex, 'hex')).buffer);

/** Printed in test names, so that a failure can be run again. */
export const SEED = 0x7467;

const GUARD = 12_345;
