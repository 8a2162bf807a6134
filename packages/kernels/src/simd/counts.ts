/** Green pairs counted, for many cohorts or for many keys; see Kernels.countCohorts and Kernels.countKeys. @module */
import type { Kernels } from '../kernels.ts';
import { type Exports, keyHolder, part, reserve, reusedView } from './module.ts';

export function countCohorts(wasm: Exports): Kernels['countCohorts'] {
  const countArea = wasm.arena.value;
  const endArea = countArea + 4 * MOST_COHORTS;
  const nonceArea = endArea + 4 * CLASSES;
  const tokenArea = nonceArea + 12 * CHUNK_PAIRS;
  const { hold, wipe } = keyHolder(wasm);
  const countWords = reusedView(wasm, Uint32Array, countArea);
  const endWords = reusedView(wasm, Uint32Array, endArea);
  const nonceWords = reusedView(wasm, Uint32Array, nonceArea);
  const tokenWords = reusedView(wasm, Uint32Array, tokenArea);

  return (key, nonces, tokens, bits, green, firstCohort, out) => {
    reserve(wasm, tokenArea + 4 * CHUNK_PAIRS);
    const slotsPerBlock = 512 / bits;
    const group = 4 * slotsPerBlock;
    const counts = countWords(group);
    const end = firstCohort + out.length;
    hold(key);
    out.fill(0);
    for (let from = 0; from < tokens.length; from += CHUNK_PAIRS) {
      layOutByClass(nonces, tokens, from, Math.min(from + CHUNK_PAIRS, tokens.length));
      for (let start = firstCohort - (firstCohort % group); start < end; start += group) {
        wasm.countCohorts(countArea, nonceArea, tokenArea, endArea, bits, green, start / slotsPerBlock);
        const last = Math.min(start + group, end);
        for (let m = Math.max(start, firstCohort); m < last; m++) out[m - firstCohort]! += counts[m - start]!;
      }
    }
    wipe();
  };

  /** Pairs from .. to - 1 ordered by token mod 8, and where each class ends. */
  function layOutByClass(nonces: Uint32Array, tokens: Uint32Array, from: number, to: number): void {
    const ends = endWords(CLASSES).fill(0);
    for (let i = from; i < to; i++) ends[tokens[i]! % CLASSES]!++;
    for (let k = 0, n = 0; k < CLASSES; k++) [ends[k], n] = [n, n + ends[k]!];
    const laidNonces = nonceWords(3 * CHUNK_PAIRS);
    const laidTokens = tokenWords(CHUNK_PAIRS);
    // ends[k] is where the class's next pair goes, and in the end where the class ends.
    for (let i = from; i < to; i++) {
      const at = ends[tokens[i]! % CLASSES]!++;
      laidTokens[at] = tokens[i]!;
      laidNonces[3 * at] = nonces[3 * i]!;
      laidNonces[3 * at + 1] = nonces[3 * i + 1]!;
      laidNonces[3 * at + 2] = nonces[3 * i + 2]!;
    }
  }
}

export function countKeys(wasm: Exports): Kernels['countKeys'] {
  const nonceArea = wasm.arena.value;
  const slotArea = nonceArea + 12 * CHUNK_PAIRS;
  const { hold, wipe } = keyHolder(wasm);
  const nonceWords = reusedView(wasm, Uint32Array, nonceArea);
  const slotWords = reusedView(wasm, Uint32Array, slotArea);

  return (keys, nonces, slots, bits, green, out) => {
    reserve(wasm, slotArea + 4 * CHUNK_PAIRS);
    out.fill(0);
    for (let from = 0; from < slots.length; from += CHUNK_PAIRS) {
      const pairs = Math.min(CHUNK_PAIRS, slots.length - from);
      nonceWords(3 * CHUNK_PAIRS).set(part(nonces, 3 * from, 3 * pairs));
      slotWords(CHUNK_PAIRS).set(part(slots, from, pairs));
      for (let k = 0; k < out.length; k++) {
        hold(part(keys, 8 * k, 8));
        out[k]! += wasm.countGreen(pairs, nonceArea, slotArea, bits, green);
      }
    }
    wipe();
  };
}

const CLASSES = 8;
const MOST_COHORTS = 2048;
/** 256 KiB of pairs: what the second-level cache holds. A multiple of 4, and below 2^16, where the counters end. */
const CHUNK_PAIRS = 16_384;
