/** Green pairs counted, for many cohorts or for many keys (native-mark.md, "Scoring every cohort at once"). @module */
import { chacha8Block } from './chacha8.ts';
import { lessThan } from './compare.ts';
import { readSlots } from './slots.ts';

/** One count per cohort; see Kernels.countCohorts. A block answers 512 / bits cohorts here, too. */
export function countCohorts(
  key: Uint32Array,
  nonces: Uint32Array,
  tokens: Uint32Array,
  bits: 1 | 2 | 4 | 8,
  green: number,
  firstCohort: number,
  out: Uint32Array,
): void {
  const slotsPerBlock = 512 / bits;
  const end = firstCohort + out.length;
  out.fill(0);
  for (let i = 0; i < tokens.length; i++) {
    const low = tokens[i]! % slotsPerBlock;
    for (let start = firstCohort - (firstCohort % slotsPerBlock); start < end; start += slotsPerBlock) {
      chacha8Block(key, nonces, 3 * i, (tokens[i]! ^ (start + low)) / slotsPerBlock, block);
      lessThan(block, bits, green, mask);
      for (let m = Math.max(start, firstCohort); m < Math.min(start + slotsPerBlock, end); m++) {
        const r = (m - start) ^ low;
        out[m - firstCohort]! += (mask[r >> 5]! >>> (r & 31)) & 1;
      }
    }
  }
}

/** One count per key; see Kernels.countKeys. */
export function countKeys(
  keys: Uint32Array,
  nonces: Uint32Array,
  slots: Uint32Array,
  bits: 1 | 2 | 4 | 8,
  green: number,
  out: Uint32Array,
): void {
  const values = new Uint32Array(slots.length);
  for (let k = 0; k < out.length; k++) {
    readSlots(keys.subarray(8 * k, 8 * k + 8), nonces, slots, bits, values);
    out[k] = values.reduce((count, value) => count + (value < green ? 1 : 0), 0);
  }
}

const block = new Uint32Array(16);
const mask = new Uint32Array(16);
