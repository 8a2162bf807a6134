/**
 * The functions of lm-watermarking (commit fb602de, alternative_prf_schemes.py) that make a seed of a key and a window of
 * token ids. Kirchenbauer et al. 2023, "On the Reliability of Watermarks for Large Language Models".
 *
 * Products and sums of tensors wrap to 64 bits; a factor of the key that Python itself multiplies by does not.
 * @module
 */
import { HashTable, TABLE_SIZE } from '../families/hash-table.ts';
import { floorMod, int64 } from '../int64.ts';
import { cpuPermutations } from '../random/permutations.ts';

/** Window: the last ids, newest last. */
export type Prf = (window: readonly bigint[], key: bigint) => bigint;

/** Its table is everybody's: no key enters, and a CPU draws it whatever the device. */
const table = new HashTable(cpuPermutations(TABLE_SIZE), 2971215073n);

const hash = (value: bigint): bigint => BigInt(table.at(Number(floorMod(value, BigInt(TABLE_SIZE)))));
const product = (values: readonly bigint[]): bigint => values.reduce((all, value) => int64(all * value), 1n);
const least = (values: readonly bigint[]): bigint => sorted(values)[0];
const sorted = (values: readonly bigint[]): bigint[] => [...values].sort((a, b) => (a < b ? -1 : 1));
const salted = (window: readonly bigint[], key: bigint) => window.map((id) => hash(int64(key * id)));

export const PRFS: Readonly<Record<string, Prf>> = {
  additive_prf: (window, key) => key * int64(window.reduce((sum, id) => sum + id, 0n)),
  multiplicative_prf: (window, key) => key * product(window),
  minfunc_prf: (window, key) => key * least(window),
  simple_skip_prf: (window, key) => product(salted(window, key).filter((_, i) => i % 2 === 0)),
  skipgram_prf: (window, key) => hash(int64(key * window[0])),
  anchored_skipgram_prf: (window, key) => hash(int64(key * window[0])) * hash(int64(key * (window.at(-1) as bigint))),
  minhash_prf: (window, key) => least(salted(window, key)),
  anchored_minhash_prf(window, key) {
    const anchor = hash(window.at(-1) as bigint);
    return least(window.map((id) => int64(int64(key * hash(id)) * anchor)));
  },
  minskipgram_prf(window, key) {
    const [first, second] = sorted(salted(window, key));
    return first * second;
  },
  noncomm_prf: (window, key) =>
    window.reduce((state, id) => floorMod(int64(state * hash(int64(state * id))), 2n ** 32n), key),
  position_prf: (window, key) => int64(window.reduce((sum, id, i) => sum + key * id * BigInt(i + 1), 0n)),
};
