/** Every attack by name. @module */
import type { AttackMaterials } from './attack.ts';
import { lookAlike } from './homoglyphs.ts';
import { addInvisible } from './invisible.ts';
import { stripMarkdown } from './markdown.ts';
import { shuffleSentences, truncate } from './order.ts';
import { pasteInto } from './paste.ts';
import { normalise, retokenise } from './retokenise.ts';
import { replaceBySynonyms } from './synonyms.ts';
import { changeBlanks, lowercase, titleCase, uppercase } from './typography.ts';
import { countWords, drawByCount, drawByRank } from './word-counts.ts';
import { deleteWords, insertWords, substituteWords } from './words.ts';

/** A kind of attack; `attackOf` makes one of it. */
export interface AttackKind {
  /** For people: `words replaced by others`. */
  readonly description: string;
  readonly takesRate: boolean;
  /** What the rate is a share of: `words`. */
  readonly of?: string;
  /** The rate is the share that stays, not the share that changes. */
  readonly keeps?: boolean;
  /** The material without which it cannot be made. */
  readonly needs?: keyof AttackMaterials;
  /** Texts at a time, where it waits for a server. Default 1. */
  readonly concurrency?: number;
  /**
   * What is done to a text, prepared once for materials that hold what it needs. `rate` is 0 for those that take none.
   */
  prepare(rate: number, materials: AttackMaterials): (text: string, random: () => number) => string | Promise<string>;
}

/** By name. Names are stable: results are compared by them. */
export const ATTACKS: Readonly<Record<string, AttackKind>> = {
  substitute: {
    description: 'words replaced by others, as often as those come',
    takesRate: true,
    of: 'words',
    prepare(rate, { words }) {
      const drawn = words && drawByCount(words);
      return (text, random) => substituteWords(text, rate, drawn ?? drawByCount(countWords(text)), random);
    },
  },
  'substitute-frequent': {
    description: 'words replaced by others of about the same frequency',
    takesRate: true,
    of: 'words',
    needs: 'words',
    prepare(rate, { words }) {
      const drawn = drawByRank(words!);
      return (text, random) => substituteWords(text, rate, drawn, random);
    },
  },
  synonyms: {
    description: 'words replaced by synonyms',
    takesRate: true,
    of: 'words that have synonyms',
    needs: 'synonyms',
    prepare:
      (rate, { synonyms }) =>
      (text, random) =>
        replaceBySynonyms(text, rate, synonyms!, random),
  },
  delete: {
    description: 'words left out',
    takesRate: true,
    of: 'words',
    prepare: (rate) => (text, random) => deleteWords(text, rate, random),
  },
  insert: {
    description: 'words put in',
    takesRate: true,
    of: 'words',
    prepare(rate, { words }) {
      const drawn = words && drawByCount(words);
      return (text, random) => insertWords(text, rate, drawn ?? drawByCount(countWords(text)), random);
    },
  },
  truncate: {
    description: 'one piece kept, from a random place',
    takesRate: true,
    of: 'words',
    keeps: true,
    prepare: (rate) => (text, random) => truncate(text, rate, random),
  },
  'copy-paste': {
    description: 'pasted into human text',
    takesRate: true,
    of: 'words of the whole',
    keeps: true,
    needs: 'human',
    prepare(rate, { human }) {
      if (rate === 0) throw new RangeError('"rate" of copy-paste expected a number above 0, got 0');
      const passages = human!.filter((passage) => countWords(passage).size > 0);
      if (passages.length === 0) throw new RangeError('"human" expected passages with words, got none');
      return (text, random) => pasteInto(text, rate, passages, random);
    },
  },
  'shuffle-sentences': {
    description: 'sentences in random order',
    takesRate: false,
    prepare: () => shuffleSentences,
  },
  lowercase: { description: 'in lower case', takesRate: false, prepare: () => lowercase },
  uppercase: { description: 'IN UPPER CASE', takesRate: false, prepare: () => uppercase },
  'title-case': { description: 'Every Word With a Capital', takesRate: false, prepare: () => titleCase },
  whitespace: {
    description: 'blanks changed to double spaces, line breaks and tabs',
    takesRate: true,
    of: 'blanks',
    prepare: (rate) => (text, random) => changeBlanks(text, rate, random),
  },
  homoglyphs: {
    description: 'Latin letters replaced by Cyrillic and Greek ones that look the same',
    takesRate: true,
    of: 'letters that have a lookalike',
    prepare: (rate) => (text, random) => lookAlike(text, rate, random),
  },
  'zero-width': {
    description: 'zero-width characters put between letters',
    takesRate: true,
    of: 'places between letters',
    prepare: (rate) => (text, random) => addInvisible(text, rate, random),
  },
  markdown: { description: 'signs of Markdown left out', takesRate: false, prepare: () => stripMarkdown },
  nfkc: { description: "in Unicode's compatibility form", takesRate: false, prepare: () => normalise },
  retokenise: {
    description: 'normalised, then encoded and decoded by another tokenizer',
    takesRate: false,
    needs: 'tokenizer',
    prepare:
      (_, { tokenizer }) =>
      (text) =>
        retokenise(text, tokenizer!),
  },
  infill: {
    description: 'tokens drawn anew by a small local model',
    takesRate: true,
    of: "the local model's tokens",
    needs: 'infill',
    prepare:
      (rate, { infill }) =>
      (text, random) =>
        infill!(text, rate, random),
  },
  paraphrase: {
    description: 'paraphrased by a model',
    takesRate: false,
    needs: 'paraphrase',
    concurrency: 8,
    prepare: (_, { paraphrase }) => paraphrase!,
  },
};
