/** Which variants of one trigger a text names: a trie of their phrases, word by word. @module */
import { show } from '@taggant/core';
import { wordsOf } from './words.ts';

/** No phrase of one variant stands within a phrase of another, so that saying one is never saying two. */
export class Phrases {
  readonly #words = new Map<string, number>();
  /** From a node of the trie, by a word, to the next: node * MOST_WORDS + word. */
  readonly #next = new Map<number, number>();
  /** The variant whose phrase ends at a node; -1 if none. */
  readonly #variants: number[] = [-1];

  /**
   * `phrases[v]`: how variant v may be said, each 1 to 32 words. `name`: the list's place in the deck, for errors.
   *
   * @throws RangeError for a phrase without words, too long, given twice, or with another variant's phrase in it.
   */
  constructor(phrases: readonly (readonly string[])[], name: string) {
    const all = phrases.flatMap((list, variant) =>
      list.map((phrase, i) => ({ variant, words: wordsOf(phrase), phrase, at: `${name}[${variant}].matches[${i}]` })),
    );
    for (const { variant, words, phrase, at } of all) this.#add(variant, words, phrase, at);
    for (const { variant, words, phrase, at } of all) {
      const other = this.#among(words).find((found) => found !== variant);
      if (other === undefined) continue;
      throw new RangeError(`"${at}" expected a phrase without that of ${name}[${other}] in it, got ${show(phrase)}`);
    }
  }

  /** The variants that a text names, in order; it stops looking at the second, which says enough. */
  in(text: string): number[] {
    return this.#among(wordsOf(text));
  }

  #add(variant: number, words: readonly string[], phrase: string, at: string): void {
    if (words.length === 0 || words.length > MOST_IN_PHRASE) {
      throw new RangeError(`"${at}" expected 1 to ${MOST_IN_PHRASE} words, got ${words.length} in ${show(phrase)}`);
    }
    let node = 0;
    for (const word of words) {
      const number = this.#words.get(word) ?? this.#words.size;
      this.#words.set(word, number);
      const edge = node * MOST_WORDS + number;
      node = this.#next.get(edge) ?? this.#variants.push(-1) - 1;
      this.#next.set(edge, node);
    }
    if (this.#variants[node] >= 0) {
      throw new RangeError(`"${at}" expected a phrase given once, got ${show(phrase)}, in the same words, again`);
    }
    this.#variants[node] = variant;
  }

  #among(words: readonly string[]): number[] {
    const numbers = words.map((word) => this.#words.get(word) ?? UNKNOWN);
    const found: number[] = [];
    for (let start = 0; start < numbers.length; start++) {
      let node: number | undefined = 0;
      for (let i = start; i < numbers.length && numbers[i] !== UNKNOWN; i++) {
        node = this.#next.get(node * MOST_WORDS + numbers[i]);
        if (node === undefined) break;
        const variant = this.#variants[node];
        if (variant >= 0 && variant !== found[0] && found.push(variant) === 2) return found;
      }
    }
    return found;
  }
}

const MOST_IN_PHRASE = 32;
const MOST_WORDS = 2 ** 24;
const UNKNOWN = -1;
