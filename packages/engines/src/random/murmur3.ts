/**
 * MurmurHash3 (x86, 32 bits) of whole words. A. Appleby, public domain. It has a seed but no key: without one it can be inverted
 * step by step. @module
 */

/** The state after one more word. Start from 0. */
export function murmurTake(state: number, word: number): number {
  word = Math.imul(word, 0xcc9e2d51);
  word = Math.imul((word << 15) | (word >>> 17), 0x1b873593);
  state ^= word;
  return (Math.imul((state << 13) | (state >>> 19), 5) + 0xe6546b64) | 0;
}

/**
 * The hash of so many words.
 *
 * @example
 * let state = 0;
 * for (const word of [1, 2, 3, 4]) state = murmurTake(state, word);
 * murmurFinish(state, 4); // 1145416960
 */
export function murmurFinish(state: number, words: number): number {
  state ^= 4 * words;
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  return (state ^ (state >>> 16)) >>> 0;
}
