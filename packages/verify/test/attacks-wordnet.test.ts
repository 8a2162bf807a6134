import { beforeAll, describe, expect, it } from 'vitest';
import { attackOf, type Synonyms } from '../src/attacks/index.ts';
import { inflect, lemmasOf } from '../src/attacks/inflection.ts';
import { openWordNet } from '../src/attacks/wordnet.ts';
import { seededRandom } from './attacks-support.ts';

let synonyms: Synonyms;
beforeAll(() => {
  synonyms = openWordNet();
});

describe('WordNet', () => {
  it('gives the words of the commonest sense', () => {
    expect(synonyms('big')).toEqual(['large']);
    expect(synonyms('begin')).toContain('start');
    expect(synonyms('doctor')).toContain('physician');
  });

  it('gives them in the form of the word', () => {
    expect(synonyms('stories')).toContain('tales');
    expect(synonyms('cried')).toContain('shouted');
    expect(synonyms('keeping')).toContain('holding');
    expect(synonyms('ends')).toContain('stops');
  });

  it('has none for function words, unknown words, and forms that no rule is sure of', () => {
    for (const word of ['the', 'have', 'was', 'went', 'qwertz', '', '3', 'constructor', "don't"]) {
      expect(synonyms(word), word).toEqual([]);
    }
  });

  it('never writes a form that is none', () => {
    // "ran" would be "run" + "ed".
    expect(synonyms('operated').every((word) => !['runned', 'runed'].includes(word))).toBe(true);
  });

  it('carries an attack', async () => {
    const attack = attackOf('synonyms:1', { synonyms });
    expect(await attack.apply('Big stories, the doctor cried.', seededRandom(1))).toMatch(
      /^Large (narratives|narrations|tales), the (doc|physician|medico) \w+ed\.$/,
    );
  });

  it('refuses a folder without its files', () => {
    expect(() => openWordNet('/nowhere')).toThrow('"folder" expected WordNet\'s files with index.sense');
  });
});

describe('inflection', () => {
  it.each([
    ['walk', 'ed', 'walked'],
    ['move', 'ed', 'moved'],
    ['carry', 'ed', 'carried'],
    ['stop', 'ed', 'stopped'],
    ['play', 'ed', 'played'],
    ['go', 'ed', undefined],
    ['prefer', 'ed', undefined],
    ['panic', 'ing', undefined],
    ['lie', 'ing', 'lying'],
    ['see', 'ing', 'seeing'],
    ['make', 'ing', 'making'],
    ['run', 'ing', 'running'],
    ['watch', 's', 'watches'],
    ['have', 's', undefined],
    ['fly', 'plural', 'flies'],
    ['box', 'plural', 'boxes'],
    ['man', 'plural', undefined],
    ['potato', 'plural', undefined],
    ['knife', 'plural', undefined],
  ] as const)('%s + %s is %s, and back', (lemma, form, expected) => {
    expect(inflect(lemma, form)).toBe(expected);
    if (expected !== undefined) expect(lemmasOf(expected)).toContainEqual({ lemma, form });
  });
});
