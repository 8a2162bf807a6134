/**
 * Which of a suspect's contexts stood in the text that each account was served. What an account never saw cannot have come
 * through it, so its number is then tested on little text that matters instead of much that does not.
 * @module
 */
import { checkTokens, type Pairs } from '@taggant/core';

/**
 * Reads the logs once, one served text at a time, and keeps for each account only the pairs of the suspect that it met.
 *
 * @example
 * const servedTo = new ServedTo(pairs);
 * for (const { account, prompt, tokens } of logs) servedTo.add(account, tokens, prompt);
 * testServedAccounts(mark, assignment, servedTo).named;
 */
export class ServedTo {
  readonly pairs: Pairs;
  /** Context -> pair, in two steps: two token ids are a whole number each. */
  readonly #places = new Map<number, Map<number, number>>();
  readonly #met = new Map<string, Set<number>>();

  /** `pairs`: each context once. */
  constructor(pairs: Pairs) {
    if (pairs.dedup !== 'context')
      throw new RangeError(`"pairs" expected dedup 'context', got ${pairs.dedup ?? 'none'}`);
    this.pairs = pairs;
    const { n, contexts, contextWidth } = pairs;
    for (let i = 0; i < n; i++) {
      const [high, low] = halves(contexts, i * contextWidth, contextWidth);
      const row = this.#places.get(high) ?? new Map<number, number>();
      this.#places.set(high, row.set(low, i));
    }
  }

  /**
   * A text that an account was served, whole; empty ones count (`ServedContexts` says why). `prompt` gives its first tokens their
   * context. Every context that was reached counts, whether or not a token follows. Returns how many pairs it met anew.
   */
  add(account: string, tokens: ArrayLike<number>, prompt: ArrayLike<number> = []): number {
    const { contextWidth: width } = this.pairs;
    const before = Array.from(checkTokens(prompt, 'prompt')).slice(-width);
    const text = Uint32Array.from([...before, ...checkTokens(tokens, 'tokens')]);
    const met = this.#met.get(account) ?? new Set<number>();
    this.#met.set(account, met);
    const had = met.size;
    for (let start = Math.max(0, before.length - width); start + width <= text.length; start++) {
      const [high, low] = halves(text, start, width);
      const pair = this.#places.get(high)?.get(low);
      if (pair !== undefined) met.add(pair);
    }
    return met.size - had;
  }

  /** The pairs whose context any of these accounts was served. */
  of(accounts: readonly string[]): Pairs {
    const met = new Set(accounts.flatMap((account) => [...(this.#met.get(account) ?? [])]));
    const { contextWidth: width, contexts, tokens, positions, ...rest } = this.pairs;
    const kept = Uint32Array.from(met).sort();
    const taken = new Uint32Array(kept.length * width);
    kept.forEach((i, at) => {
      taken.set(contexts.subarray(i * width, (i + 1) * width), at * width);
    });
    return {
      ...rest,
      n: kept.length,
      contextWidth: width,
      contexts: taken,
      tokens: kept.map((i) => tokens[i]),
      positions: kept.map((i) => positions[i]),
      first: undefined,
    };
  }
}

/** A context of up to four ids as two numbers below 2^48. */
function halves(ids: Uint32Array, start: number, width: number): [number, number] {
  const id = (i: number) => (i < width ? ids[start + i] : 0);
  return [id(0) * 2 ** 24 + id(1), id(2) * 2 ** 24 + id(3)];
}
