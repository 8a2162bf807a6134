/**
 * What all native marks share: a key, a context width, a cohort, and the slot of a token in the context's keystream.
 * Writing and reading a mark go through the functions of this file, so that they cannot disagree.
 * @module
 */
import { kernels, type SlotBits } from '@taggant/kernels';
import { checkTokens, TOKEN_LIMIT } from '../check.ts';
import { packNonce } from '../context.ts';
import type { NativeDescriptor } from '../descriptor.ts';
import type { Pairs } from '../pairs.ts';
import { badLogit } from '../peaks.ts';
import { type MarkKey, wordsOf } from '../secret.ts';

export class Slots {
  readonly #key: MarkKey;
  readonly width: number;
  readonly cohort: number;
  readonly #nonce = new Uint32Array(3);
  #nonces = new Uint32Array(0);
  #slots = new Uint32Array(0);
  #values = new Uint32Array(0);

  constructor(key: MarkKey, { contextWidth, cohort }: Pick<NativeDescriptor, 'contextWidth' | 'cohort'>) {
    this.#key = key;
    this.width = contextWidth;
    this.cohort = cohort;
  }

  /** Adds delta to the green logits of this context; see `Kernels.biasGreen`. */
  biasGreen(context: Uint32Array, logits: Float32Array, bits: 1 | 2 | 4 | 8, green: number, delta: number): void {
    const nonce = this.#nonceOf(context);
    const bad = kernels().biasGreen(logits, wordsOf(this.#key), nonce, bits, green, this.cohort, delta);
    if (bad >= 0) throw badLogit(logits, bad);
  }

  /** The token that Gumbel-max draws from the whole row; see `Kernels.loudest`. */
  loudest(context: Uint32Array, logits: Float32Array, largest: number, temperature: number): number {
    const nonce = this.#nonceOf(context);
    return kernels().loudest(logits, largest, temperature, wordsOf(this.#key), nonce, this.cohort);
  }

  /** The 32-bit words of the first `n` tokens in one context. Valid until the next call. */
  words(context: Uint32Array, tokens: Uint32Array, n: number): Uint32Array {
    const [a, b, c] = this.#nonceOf(context);
    this.#reserve(n);
    for (let i = 0; i < n; i++) {
      this.#nonces[3 * i] = a;
      this.#nonces[3 * i + 1] = b;
      this.#nonces[3 * i + 2] = c;
      this.#slots[i] = tokens[i] ^ this.cohort;
    }
    if (this.#values.length < n) this.#values = new Uint32Array(n);
    return this.#read(n, 32, this.#values.subarray(0, n));
  }

  /** The slot value of each pair, `bits` wide. Valid until the next call. */
  read(pairs: Pairs, bits: SlotBits): Uint32Array {
    const { n } = pairs;
    this.#check(pairs);
    if (this.#values.length < n) this.#values = new Uint32Array(n);
    for (let from = 0; from < n; from += CHUNK_PAIRS) {
      const count = Math.min(CHUNK_PAIRS, n - from);
      this.#pack(pairs, this.cohort, from, count);
      this.#read(count, bits, this.#values.subarray(from, from + count));
    }
    return this.#values.subarray(0, n);
  }

  /** For each cohort from `first` on, the number of pairs that are green under it. */
  countCohorts(pairs: Pairs, bits: 1 | 2 | 4 | 8, green: number, first: number, out: Uint32Array): void {
    const { n } = pairs;
    this.#check(pairs);
    this.#pack(pairs, 0, 0, n);
    const nonces = this.#nonces.subarray(0, 3 * n);
    kernels().countCohorts(wordsOf(this.#key), nonces, this.#slots.subarray(0, n), bits, green, first, out);
  }

  /** For each key, the number of pairs that are green under it; this mark's own key plays no part. */
  countKeys(pairs: Pairs, keys: readonly MarkKey[], bits: 1 | 2 | 4 | 8, green: number, out: Uint32Array): void {
    const { n } = pairs;
    this.#check(pairs);
    this.#pack(pairs, this.cohort, 0, n);
    const words = new Uint32Array(8 * keys.length);
    keys.forEach((key, k) => {
      words.set(wordsOf(key), 8 * k);
    });
    kernels().countKeys(words, this.#nonces.subarray(0, 3 * n), this.#slots.subarray(0, n), bits, green, out);
    words.fill(0);
  }

  #check({ n, contexts, tokens, contextWidth }: Pairs): void {
    if (contextWidth !== this.width) {
      throw new RangeError(`"pairs" expected contexts of width ${this.width}, got ${contextWidth}`);
    }
    if (tokens.length !== n || contexts.length !== n * contextWidth) {
      throw new RangeError(
        `"pairs" expected ${n} tokens and contexts, got ${tokens.length} and ${contexts.length} ids`,
      );
    }
    checkTokens(contexts, 'contexts');
    checkTokens(tokens, 'tokens');
  }

  /** Lays nonces and slots of `count` pairs from the `from`-th on out for a kernel. */
  #pack({ contexts, tokens, contextWidth }: Pairs, cohort: number, from: number, count: number): void {
    this.#reserve(count);
    const [nonces, slots] = [this.#nonces, this.#slots];
    for (let i = 0; i < count; i++) {
      packNonce(contexts, (from + i + 1) * contextWidth, contextWidth, nonces, 3 * i);
      slots[i] = tokens[from + i] ^ cohort;
    }
  }

  #read(n: number, bits: SlotBits, values: Uint32Array): Uint32Array {
    kernels().readSlots(wordsOf(this.#key), this.#nonces.subarray(0, 3 * n), this.#slots.subarray(0, n), bits, values);
    return values;
  }

  #nonceOf(context: Uint32Array): Uint32Array {
    if (context.length < this.width) {
      throw new RangeError(`"context" expected at least ${this.width} token ids, got ${context.length}`);
    }
    for (let i = context.length - this.width; i < context.length; i++) {
      if (!(context[i] < TOKEN_LIMIT)) {
        throw new RangeError(`"context[${i}]" expected a token id from 0 to ${TOKEN_LIMIT - 1}, got ${context[i]}`);
      }
    }
    packNonce(context, context.length, this.width, this.#nonce, 0);
    return this.#nonce;
  }

  #reserve(n: number): void {
    if (n <= this.#slots.length) return;
    this.#nonces = new Uint32Array(3 * n);
    this.#slots = new Uint32Array(n);
  }
}

/** Pairs that are laid out and read at a time: they stay in the nearest cache. */
const CHUNK_PAIRS = 1024;
