/** What an attack is, and what some of them need. @module */
import type { Tokenizer } from '@taggant/core';
import type { WordCounts } from './word-counts.ts';

/** One way in which a text is changed. The same text and random numbers give the same text, unless a server writes it. */
export interface Attack {
  /** `substitute`; of a composition its id. */
  readonly name: string;
  /** 0 to 1: the share that it changes, or keeps (`AttackKind.keeps`). */
  readonly rate?: number;
  /** `substitute-0.2`, `markdown`, `truncate-0.5+lowercase`. */
  readonly id: string;
  /** Texts at a time, where it waits for a server. Default 1. */
  readonly concurrency?: number;
  apply(text: string, random: () => number): string | Promise<string>;
}

/** A text in other words. Asked for several texts at a time. */
export type Paraphraser = (text: string, random: () => number) => Promise<string>;

/**
 * A text whose tokens were drawn anew by a model, a share of them; `openInfill` of `@taggant/verify/infill` gives one.
 */
export type Infill = (text: string, share: number, random: () => number) => Promise<string>;

/** Words of about the meaning of a word, in its form; none when it has none. */
export type Synonyms = (word: string) => readonly string[];

/** What attacks work with besides the text. */
export interface AttackMaterials {
  /** Words to draw from, by how often they come: `countWords` of a corpus. Default: the words of the text itself. */
  readonly words?: WordCounts;
  /** Passages by people, to paste into. */
  readonly human?: readonly string[];
  readonly synonyms?: Synonyms;
  /** Another tokenizer than the mark's. */
  readonly tokenizer?: Tokenizer;
  readonly paraphrase?: Paraphraser;
  readonly infill?: Infill;
}
