/**
 * Where rows of logits are worked on. A row that was allocated here lies in the memory of an instance of its own, so that
 * no other row's growth ever detaches it, and stays where it is. Any other row is copied into the shared instance, a
 * chunk at a time: a chunk stays in the nearest caches between copying and working.
 * @module
 */
import { CHUNK } from '../chunk.ts';
import { type Exports, instantiate, keyHolder, part, reserve, reusedView } from './module.ts';

export interface Room {
  readonly wasm: Exports;
  readonly hold: (key: Uint32Array) => void;
  readonly wipe: () => void;
  /** Address of what a kernel finds in a chunk: up to 8 bytes a logit. */
  readonly results: number;
  /** Those results as words, as the numbers of a full chunk and as those of a last one (see keystream.ts for why two). */
  readonly words: (length: number) => Uint32Array;
  readonly numbers: (length: number) => Float32Array;
  readonly lastNumbers: (length: number) => Float32Array;
  /** Address of the room's rows, or of foreign ones while they are here. */
  readonly rows: number;
  /** The address at which the logits [from, from + length) of a row can be read; at most a chunk of them. */
  readonly enter: (logits: Float32Array, from: number, length: number) => number;
}

export function roomIn(wasm: Exports): Room {
  const results = wasm.arena.value;
  const rows = results + 8 * CHUNK;
  reserve(wasm, rows + 4 * CHUNK);
  const full = reusedView(wasm, Float32Array, rows);
  const last = reusedView(wasm, Float32Array, rows);
  return {
    wasm,
    ...keyHolder(wasm),
    results,
    words: reusedView(wasm, Uint32Array, results),
    numbers: reusedView(wasm, Float32Array, results),
    lastNumbers: reusedView(wasm, Float32Array, results),
    rows,
    enter(logits, from, length) {
      if (logits.buffer === wasm.memory.buffer) return logits.byteOffset + 4 * from;
      (length === CHUNK ? full : last)(length).set(part(logits, from, length));
      return rows;
    },
  };
}

/** Logits in a room of their own. */
export function allocateLogits(length: number): Float32Array {
  const wasm = instantiate();
  if (!wasm) throw new Error('an instance of the SIMD kernels could not be made: out of memory?');
  const room = roomIn(wasm);
  reserve(wasm, room.rows + 4 * length);
  homes.set(wasm.memory.buffer, room);
  return new Float32Array(wasm.memory.buffer, room.rows, length);
}

/** The room that a row lives in, if it was allocated in one. */
export const homeOf = ({ buffer }: Float32Array): Room | undefined => homes.get(buffer);

const homes = new WeakMap<ArrayBufferLike, Room>();
