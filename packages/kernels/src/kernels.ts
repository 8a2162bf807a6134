/** The interface that both backends fill, and the choice between them. @module */
import { jsKernels } from './js/index.ts';
import { simdKernels } from './simd/index.ts';

/** Bits a slot: 1, 2, 4 or 8 bit planes (green lists), or 32, a whole little-endian word (Gumbel, tournament). */
export type SlotBits = 1 | 2 | 4 | 8 | 32;

/**
 * The ground floor of every native mark: the ways to read the ChaCha8 keystream of a key (8 words) and a context
 * (a nonce of 3 words). A backend keeps no state between calls. Once warm, a call allocates nothing; only batches of more
 * than 1,024 pairs cost a few small views per 1,024.
 * Arrays of a wrong type throw TypeError; wrong lengths and values out of range throw RangeError and change nothing.
 */
export interface Kernels {
  /** Which of the two this is; the results are the same. */
  readonly backend: 'simd' | 'js';

  /**
   * Fills `out` (any length) with the keystream's little-endian words from block `firstBlock` on; 16 words a block.
   * The last block that `out` reaches must be below 2^32.
   *
   * @example
   * const out = new Uint32Array(2);
   * kernels().keystream(new Uint32Array(8), new Uint32Array(3), 0, out);
   * out[0].toString(16); // '2fef003e', the bytes 3e 00 ef 2f of the public ChaCha8 vector
   */
  keystream(key: Uint32Array, nonce: Uint32Array, firstBlock: number, out: Uint32Array): void;

  /**
   * Reads one slot for each of n pairs: `nonces` holds 3n words, `slots` n slots below 2^24 (token XOR cohort), `out`
   * receives n values below 2^bits.
   *
   * @example
   * const out = new Uint32Array(2);
   * kernels().readSlots(new Uint32Array(8), new Uint32Array(6), Uint32Array.of(0, 1), 1, out);
   * out; // [0, 1]: under the zero key and nonce, token 0 is green at gamma = 1/2 and token 1 is not
   */
  readSlots(key: Uint32Array, nonces: Uint32Array, slots: Uint32Array, bits: SlotBits, out: Uint32Array): void;

  /**
   * Adds `delta` (float32 addition) to every logit v whose slot, v XOR cohort, has a value below `green`; that is a
   * green list of gamma = green / 2^bits, with `green` from 1 to 2^bits - 1 and `cohort` below 2^24.
   * Returns -1; or the index of the first logit that is NaN or +Infinity, with the row untouched.
   * -Infinity (a masked token) is legal and stays.
   *
   * @example
   * const logits = new Float32Array(4);
   * kernels().biasGreen(logits, new Uint32Array(8), new Uint32Array(3), 1, 1, 0, 2); // -1
   * logits; // [2, 0, 0, 0]
   */
  biasGreen(
    logits: Float32Array,
    key: Uint32Array,
    nonce: Uint32Array,
    bits: 1 | 2 | 4 | 8,
    green: number,
    cohort: number,
    delta: number,
  ): number;

  /**
   * Scores every cohort of a range at once: out[i] becomes the number of pairs whose slot under cohort firstCohort + i,
   * token XOR cohort, has a value below `green`. `nonces` holds 3n words, `tokens` n ids below 2^24; the last cohort is
   * below 2^24. Costs a 512 / bits-th of scoring the cohorts one by one.
   *
   * @example
   * const out = new Uint32Array(4);
   * kernels().countCohorts(new Uint32Array(8), new Uint32Array(3), Uint32Array.of(1), 1, 1, 0, out);
   * out; // [0, 1, 1, 1]: token 1 is green under cohorts 1, 2 and 3, whose slots are 0, 3 and 2
   */
  countCohorts(
    key: Uint32Array,
    nonces: Uint32Array,
    tokens: Uint32Array,
    bits: 1 | 2 | 4 | 8,
    green: number,
    firstCohort: number,
    out: Uint32Array,
  ): void;

  /**
   * Scores a text under many keys: out[k] becomes the number of pairs whose slot value is below `green` under key k, whose
   * 8 words begin at keys[8 k]. Nonces and slots as for `readSlots`.
   *
   * @example
   * const out = new Uint32Array(2);
   * kernels().countKeys(new Uint32Array(16), new Uint32Array(6), Uint32Array.of(0, 1), 1, 1, out);
   * out; // [1, 1]: under the zero key, twice here, one of the two slots is green
   */
  countKeys(
    keys: Uint32Array,
    nonces: Uint32Array,
    slots: Uint32Array,
    bits: 1 | 2 | 4 | 8,
    green: number,
    out: Uint32Array,
  ): void;

  /**
   * Zeros for `length` logits, where the kernels find them without copying: let the engine write its rows here. Any
   * part of the array is a row like any other. An allocation is a WASM memory of its own: make one and keep it. At most
   * 2^28 logits (1 GiB); throws Error when there is no memory left.
   *
   * @example
   * const rows = kernels().allocateLogits(8 * 131_072); // a batch of 8
   */
  allocateLogits(length: number): Float32Array;

  /**
   * Five numbers for each 64 logits begun into `out`: the largest of all of them, and of each 16 (+0 for -0, -Infinity
   * where there are none). Returns -1; or the index of the first logit that is NaN or +Infinity, with `out` half-written.
   *
   * @example
   * const out = new Float32Array(5);
   * kernels().peaks(Float32Array.from({ length: 20 }, (_, v) => v), out); // -1
   * out; // [19, 15, 19, -Infinity, -Infinity]
   */
  peaks(logits: Float32Array, out: Float32Array): number;

  /**
   * The sum of exp((logit - largest) / temperature) over the logits below `floor`, to within a 2^-14th of itself or
   * 1e-30. `floor` is finite; `largest` is the row's largest logit, finite, too; the temperature lies between 1e-6 and 1e6.
   * The row holds no NaN and no +Infinity, which is not checked here: see `peaks`.
   *
   * @example
   * kernels().massBelow(Float32Array.of(0, -1, -2), -0.5, 0, 1); // 0.5032: e^-1 + e^-2
   */
  massBelow(logits: Float32Array, floor: number, largest: number, temperature: number): number;

  /**
   * Gumbel-max over the whole row: the token v with the largest (logit - largest) / temperature - ln(-ln u) in double
   * precision, the first of equals, with u = (word + 0.5) / 2^32 and the word of slot v XOR cohort. `largest` is the
   * row's largest logit, finite; the temperature lies between 1e-6 and 1e6. A row whose tokens are all at -Infinity gives -1.
   * The row holds no NaN and no +Infinity, which is not checked here: see `peaks`.
   *
   * @example
   * kernels().loudest(Float32Array.of(-Infinity, 1, 2), 2, 0.8, new Uint32Array(8), new Uint32Array(3), 0); // 2
   */
  loudest(
    logits: Float32Array,
    largest: number,
    temperature: number,
    key: Uint32Array,
    nonce: Uint32Array,
    cohort: number,
  ): number;

  /**
   * Plays `layers` (0 to 32) of a tournament over n tokens in place: layer l turns p_i into p_i (1 + g_i - sum of g p),
   * g_i being bit l of words[i]. Float64 throughout; what falls below 1e-280 becomes 0. The probabilities sum up to 1.
   *
   * @example
   * const p = Float64Array.of(0.5, 0.5);
   * kernels().play(p, Uint32Array.of(0, 1), 1);
   * p; // [0.25, 0.75]
   */
  play(probabilities: Float64Array, words: Uint32Array, layers: number): void;

  /**
   * Philox4x32-10 on n blocks of four counter words, in place, each under a key of two words: the generator of other
   * engines' marks (Salmon et al. 2011). Native marks do not use it.
   *
   * @example
   * const block = new Uint32Array(4);
   * kernels().philox(block, new Uint32Array(2));
   * block[0].toString(16); // '6627e8d5', the known answer of Random123
   */
  philox(blocks: Uint32Array, keys: Uint32Array): void;

  /**
   * Where elements[i] stands in `torch.randperm(n)` drawn on a CPU under seeds[i] (the low 32 bits of a `manual_seed`), if it
   * is among the first `count`; -1 elsewhere. n from 1 to 2^24, elements below n, `count` from 0 on. Green lists of KGW's
   * descendants are such heads; native marks are not.
   *
   * @example
   * const places = new Int32Array(2);
   * kernels().permutationPlaces(Uint32Array.of(0, 0), Uint32Array.of(7, 2), 10, 3, places);
   * places; // [2, -1]: torch.manual_seed(0); torch.randperm(10) is 4, 1, 7, 5, 3, 9, 0, 8, 6, 2
   */
  permutationPlaces(seeds: Uint32Array, elements: Uint32Array, n: number, count: number, out: Int32Array): void;
}

/**
 * The kernels to use, chosen on the first call and kept: SIMD, unless the engine lacks it or the environment says
 * TAGGANT_KERNELS=js.
 *
 * @example
 * kernels().backend; // 'simd'
 */
export function kernels(): Kernels {
  return (chosen ??= choose(globalThis.process?.env?.TAGGANT_KERNELS, simdKernels));
}

/** @internal The choice without its surroundings. Compiles nothing when the environment asks for the twin. */
export function choose(wanted: string | undefined, simd: () => Kernels | undefined): Kernels {
  return (wanted === 'js' ? undefined : simd()) ?? jsKernels;
}

let chosen: Kernels | undefined;
