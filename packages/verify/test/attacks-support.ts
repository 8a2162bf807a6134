/** Text and materials for the tests of attacks. */
import { tinyLmTokenizer } from '@taggant/tiny-lm';
import { type AttackMaterials, countWords } from '../src/attacks/index.ts';
import { seededRandom } from '../src/random.ts';

/** Seven words of letters alone, as often as it takes. */
export const TEXT = Array.from(
  { length: 30 },
  (_, i) => `Every quick fox jumps over lazy dogs.${i % 5 ? ' ' : '\n\n'}`,
).join('');

/** Words that are not in TEXT. */
export const STRANGERS = countWords('alpha beta beta gamma gamma gamma gamma');

export const MATERIALS: AttackMaterials = {
  words: STRANGERS,
  human: ['Nobody marked this passage of eight plain words.', '—', 'Nor this one.\n\nNor this.'],
  synonyms: (word) => (/[aeiou]/.test(word) ? [`${word}ish`, `un${word}`] : []),
  tokenizer: tinyLmTokenizer(),
  paraphrase: async (text, random) => (random() < 0.5 ? text : `In other words: ${text}`),
};

/** Every kind that needs no model, at a rate where it takes one. */
export const SPECS = [
  ...['substitute', 'substitute-frequent', 'synonyms', 'delete', 'insert', 'truncate', 'copy-paste', 'whitespace'],
  ...['homoglyphs', 'zero-width'],
].map((name) => `${name}:0.4`);
export const PLAIN_SPECS = [
  ...['shuffle-sentences', 'lowercase', 'uppercase', 'title-case', 'markdown', 'nfkc', 'retokenise', 'paraphrase'],
];

export { seededRandom };
