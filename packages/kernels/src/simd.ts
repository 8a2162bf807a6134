/** The WASM SIMD kernels (assembly/), behind views of their memory. @module */
import { checked } from './check.ts';
import { wasmBase64 } from './generated/wasm.ts';
import { firstIllegal } from './js/bias.ts';
import type { Kernels } from './kernels.ts';

/**
 * The SIMD kernels, compiled on the first call; undefined where the engine cannot run them.
 *
 * @example
 * const fast = simdKernels() ?? jsKernels;
 */
export function simdKernels(): Kernels | undefined {
  if (compiled === undefined) {
    const exports = instantiate();
    compiled = exports ? checked(wrap(exports)) : null;
  }
  return compiled ?? undefined;
}

let compiled: Kernels | null | undefined;

/** Pointers are byte addresses; a group is four blocks; a nonce is three words. */
interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  readonly key: { readonly value: number };
  readonly arena: { readonly value: number };
  keystream(out: number, groups: number, firstBlock: number, n0: number, n1: number, n2: number): void;
  readSlots(out: number, pairs: number, nonces: number, slots: number, bits: number): void;
  biasGreen(
    row: number,
    groups: number,
    n0: number,
    n1: number,
    n2: number,
    bits: number,
    green: number,
    cohort: number,
    delta: number,
  ): number;
}

/** @internal Undefined without WASM or SIMD, under a policy that forbids compiling, and on big-endian machines (wrong views). */
export function instantiate(): Exports | undefined {
  if (new Uint8Array(Uint32Array.of(1).buffer)[0] !== 1) return undefined;
  try {
    const bytes = Uint8Array.from(atob(wasmBase64), (character) => character.charCodeAt(0));
    return new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as Exports;
  } catch {
    return undefined;
  }
}

/**
 * @internal Copies in, calls, copies out. Each call wipes the key from WASM memory before it returns; what stays there until it
 * is overwritten is keystream, nonces and logits, from which no key can be computed.
 */
export function wrap(wasm: Exports): Kernels {
  const arena = wasm.arena.value;
  const area = <T extends Uint32Array | Float32Array>(Type: ViewType<T>, at: number) => reusedView(wasm, Type, at);

  const keyWords = area(Uint32Array, wasm.key.value);
  const wipeKey = () => keyWords(8).fill(0);

  // The three calls lay out the same arena, each for itself. A full chunk and a remainder have areas of their own, so
  // that a caller who always comes with the same length always meets the same views.
  const fullWords = area(Uint32Array, arena);
  const lastWords = area(Uint32Array, arena);
  const nonceWords = area(Uint32Array, arena);
  const slotWords = area(Uint32Array, arena + 12 * CHUNK_PAIRS);
  const fullValues = area(Uint32Array, arena + 16 * CHUNK_PAIRS);
  const lastValues = area(Uint32Array, arena + 16 * CHUNK_PAIRS);
  const paddedRow = area(Float32Array, arena);
  const exactRow = area(Float32Array, arena);
  reserve(wasm, arena + Math.max(4 * CHUNK_WORDS, 20 * CHUNK_PAIRS));

  return {
    backend: 'simd',

    keystream(key, nonce, firstBlock, out) {
      keyWords(8).set(key);
      for (let from = 0; from < out.length; from += CHUNK_WORDS) {
        const words = Math.min(CHUNK_WORDS, out.length - from);
        wasm.keystream(arena, Math.ceil(words / 64), firstBlock + from / 16, nonce[0]!, nonce[1]!, nonce[2]!);
        out.set((words === CHUNK_WORDS ? fullWords : lastWords)(words), from);
      }
      wipeKey();
    },

    readSlots(key, nonces, slots, bits, out) {
      keyWords(8).set(key);
      for (let from = 0; from < slots.length; from += CHUNK_PAIRS) {
        const pairs = Math.min(CHUNK_PAIRS, slots.length - from);
        nonceWords(3 * CHUNK_PAIRS).set(part(nonces, 3 * from, 3 * pairs));
        slotWords(CHUNK_PAIRS).set(part(slots, from, pairs));
        wasm.readSlots(
          arena + 16 * CHUNK_PAIRS,
          Math.ceil(pairs / 4) * 4, // reads up to 3 pairs left from earlier calls; their values go nowhere
          arena,
          arena + 12 * CHUNK_PAIRS,
          bits,
        );
        out.set((pairs === CHUNK_PAIRS ? fullValues : lastValues)(pairs), from);
      }
      wipeKey();
    },

    biasGreen(logits, key, nonce, bits, green, cohort, delta) {
      const groups = Math.ceil(logits.length / (2048 / bits));
      const padded = groups * (2048 / bits);
      reserve(wasm, arena + 4 * padded);
      const row = exactRow(logits.length);
      row.set(logits);
      paddedRow(padded).fill(0, logits.length);
      keyWords(8).set(key);
      const illegal = wasm.biasGreen(arena, groups, nonce[0]!, nonce[1]!, nonce[2]!, bits, green, cohort, delta);
      wipeKey();
      if (illegal >= 0) return firstIllegal(logits, illegal);
      logits.set(row);
      return -1;
    },
  };
}

type ViewType<T> = new (buffer: ArrayBuffer, byteOffset: number, length: number) => T;

/** A view at a fixed address that is made anew only when its length changes or the memory has grown. */
function reusedView<T extends Uint32Array | Float32Array>({ memory }: Exports, Type: ViewType<T>, at: number) {
  let view = new Type(memory.buffer, at, 0);
  return (length: number): T => {
    if (view.length !== length || view.buffer !== memory.buffer) view = new Type(memory.buffer, at, length);
    return view;
  };
}

/** Lets the memory reach up to address `end`. */
function reserve({ memory }: Exports, end: number): void {
  const missing = end - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / 65536));
}

const part = (array: Uint32Array, from: number, length: number): Uint32Array =>
  length === array.length ? array : array.subarray(from, from + length);

/** 64 KiB of keystream, 20 KiB of pairs: what the first-level caches hold beside the source. Multiples of a group. */
const CHUNK_WORDS = 16_384;
const CHUNK_PAIRS = 1024;

/** What is used of it; the library's settings leave out the DOM, where TypeScript keeps WebAssembly. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};
