/** The WASM SIMD module: instantiating it, and views of its memory. @module */
import { wasmBase64 } from '../generated/wasm.ts';

/** Pointers are byte addresses; a group is four blocks; a nonce is three words. */
export interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  readonly key: { readonly value: number };
  readonly arena: { readonly value: number };
  keystream(out: number, groups: number, firstBlock: number, n0: number, n1: number, n2: number): void;
  readSlots(out: number, pairs: number, nonces: number, slots: number, bits: number): void;
  countGreen(pairs: number, nonces: number, slots: number, bits: number, green: number): number;
  countCohorts(
    out: number,
    nonces: number,
    tokens: number,
    ends: number,
    bits: number,
    green: number,
    firstBlock: number,
  ): void;
  biasGreen(
    row: number,
    length: number,
    first: number,
    n0: number,
    n1: number,
    n2: number,
    bits: number,
    green: number,
    cohort: number,
    delta: number,
  ): number;
  firstIllegal(row: number, length: number): number;
  peaks(row: number, length: number, out: number): number;
  massBelow(row: number, length: number, floor: number, largest: number, scale: number): number;
  play(p: number, words: number, tokens: number, layers: number): void;
  philox(blocks: number, keys: number, groups: number): void;
  divisors(inverses: number, mosts: number, n: number, steps: number): void;
  placeOf(
    seed: number,
    element: number,
    n: number,
    steps: number,
    state: number,
    inverses: number,
    mosts: number,
  ): number;
  louder(
    row: number,
    length: number,
    first: number,
    n0: number,
    n1: number,
    n2: number,
    cohort: number,
    largest: number,
    temperature: number,
    best: number,
    out: number,
  ): number;
}

/** @internal Undefined without WASM or SIMD, under a policy that forbids compiling, and on big-endian machines (wrong views). */
export function instantiate(): Exports | undefined {
  if (new Uint8Array(Uint32Array.of(1).buffer)[0] !== 1) return undefined;
  try {
    module ??= new WebAssembly.Module(Uint8Array.from(atob(wasmBase64), (character) => character.charCodeAt(0)));
    return new WebAssembly.Instance(module).exports as Exports;
  } catch {
    return undefined;
  }
}

/** Compiled once; every allocation of logits is an instance of it. */
let module: object | undefined;

type Words = Uint32Array | Float32Array;
type ViewType<T> = new (buffer: ArrayBuffer, byteOffset: number, length: number) => T;

/** A view at a fixed address that is made anew only when its length changes or the memory has grown. */
export function reusedView<T extends Words>({ memory }: Exports, Type: ViewType<T>, at: number) {
  let view = new Type(memory.buffer, 0, 0);
  return (length: number): T => {
    if (view.length !== length || view.buffer !== memory.buffer) view = new Type(memory.buffer, at, length);
    return view;
  };
}

/** Lets the memory reach up to address `end`. */
export function reserve({ memory }: Exports, end: number): void {
  const missing = end - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / 65536));
}

/**
 * Runs a kernel with a key in the module's memory, and wipes it before it returns; what stays there until it is
 * overwritten is keystream, nonces and logits, from which no key can be computed.
 */
export function keyHolder(wasm: Exports) {
  const words = reusedView(wasm, Uint32Array, wasm.key.value);
  return {
    hold: (key: Uint32Array) => words(8).set(key),
    wipe: () => words(8).fill(0),
  };
}

/** The part of an array; the array itself where that is all of it, to save a view. */
export const part = <T extends Words>(array: T, from: number, length: number): T =>
  (length === array.length ? array : array.subarray(from, from + length)) as T;

/** What is used of it; the library's settings leave out the DOM, where TypeScript keeps WebAssembly. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};
