/** Decks: what is accepted, and that every refusal names the place, what was expected and what came. */

import { sha256Hex } from '@taggant/core';
import { describe, expect, it } from 'vitest';
import { Deck, deckPrompts, exampleDeck, triggerOf } from '../src/canaries/index.ts';

const town = (change: object = {}) => ({
  id: 'town',
  prompts: ['Name a town.', 'A town, please.'],
  variants: [{ text: 'Alderford' }, { text: 'It is Bracken Moor.', matches: ['Brackenmoor', 'Bracken Moor'] }],
  ...change,
});
const deckOf = (...triggers: object[]) => ({ deck: 'taggant/1', triggers });
const withVariants = (...variants: unknown[]) => deckOf(town({ variants }));

describe('a deck', () => {
  it('is read back from its own JSON with the same hash', () => {
    const deck = Deck.parse(deckOf(town()));
    expect(Deck.parse(JSON.parse(JSON.stringify(deck))).hash).toBe(deck.hash);
  });

  it('has the hash of its canonical JSON, defaults filled in, whatever the order of the fields', () => {
    const canonical =
      '{"deck":"taggant/1","triggers":[{"id":"t","prompts":["Q?"],"variants":[{"matches":["a"],"text":"a"},{"matches":["b"],"text":"b"}]}]}';
    const loose = {
      triggers: [{ variants: [{ text: 'a' }, { matches: ['b'], text: 'b' }], prompts: ['Q?'], id: 't' }],
      deck: 'taggant/1',
    };
    expect(Deck.parse(loose).hash).toBe(sha256Hex(`taggant/deck/1\n${canonical}`));
  });

  it('has another hash when anything that it says is another', () => {
    const all = [
      deckOf(town()),
      deckOf(town({ id: 'city' })),
      deckOf(town({ prompts: ['Name a town.'] })),
      deckOf(town({ prompts: ['A town, please.', 'Name a town.'] })),
      deckOf(town({ variants: [...town().variants].reverse() })),
      { ...deckOf(town()), title: 'Towns' },
    ];
    expect(new Set(all.map((value) => Deck.parse(value).hash)).size).toBe(all.length);
  });

  const refused: [string, unknown, string][] = [
    ['no object', [], '"deck" expected an object, got an array'],
    ['another version', { deck: 'taggant/2', triggers: [town()] }, '"deck.deck" expected taggant/1, got "taggant/2"'],
    ['a field that nobody knows', { ...deckOf(town()), tirggers: [] }, 'unknown field "tirggers" in "deck"'],
    ['no triggers', deckOf(), '"deck.triggers" expected at least one entry, got none'],
    ['an id with a slash', deckOf(town({ id: 'a/b' })), '"deck.triggers[0].id" expected 1 to 64 letters'],
    [
      'an id twice',
      deckOf(town(), town({ prompts: ['?'] })),
      '"deck.triggers[1].id" expected a new one, got that of "deck.triggers[0].id"',
    ],
    [
      'a prompt of two triggers',
      deckOf(town(), town({ id: 'b' })),
      '"deck.triggers[1].prompts[0]" expected a new one, got that of "deck.triggers[0].prompts[0]"',
    ],
    ['one variant', withVariants({ text: 'a' }), '"deck.triggers[0].variants" expected 2 to 65536, got 1'],
    [
      'a regular expression',
      withVariants({ text: 'a' }, { text: 'b', matches: [{ pattern: 'b+' }] }),
      '"deck.triggers[0].variants[1].matches[0]" expected text, got an object',
    ],
    [
      'an empty list of phrases',
      withVariants({ text: 'a' }, { text: 'b', matches: [] }),
      '"deck.triggers[0].variants[1].matches" expected at least one entry',
    ],
    [
      'a phrase without words',
      withVariants({ text: 'a' }, { text: '--!' }),
      '"deck.triggers[0].variants[1].matches[0]" expected 1 to 32 words, got 0 in "--!"',
    ],
    ['a phrase of 33 words', withVariants({ text: 'a' }, { text: 'b '.repeat(33) }), 'expected 1 to 32 words, got 33'],
    [
      'the same phrase in other letters',
      withVariants({ text: 'Red' }, { text: 'RED!' }),
      '"deck.triggers[0].variants[1].matches[0]" expected a phrase given once',
    ],
    [
      'a phrase within another variant’s',
      withVariants({ text: 'red' }, { text: 'dark red' }),
      '"deck.triggers[0].variants[1].matches[0]" expected a phrase without that of deck.triggers[0].variants[0] in it, got "dark red"',
    ],
    [
      'an alias within another variant’s',
      withVariants({ text: 'crimson', matches: ['crimson', 'dark'] }, { text: 'dark red' }),
      'expected a phrase without that of deck.triggers[0].variants[0]',
    ],
    [
      'a text that its phrases do not recognise',
      withVariants({ text: 'a', matches: ['x'] }, { text: 'b' }),
      '"deck.triggers[0].variants[0].text" expected to be recognised as variant 0 alone, got nothing',
    ],
    [
      'a text that names another variant too',
      withVariants({ text: 'a, not b', matches: ['a'] }, { text: 'b' }),
      'expected to be recognised as variant 0 alone, got variant 0 and 1',
    ],
    [
      'a lone surrogate',
      withVariants({ text: 'a\ud800' }, { text: 'b' }),
      '"deck.triggers[0].variants[0].text" expected well-formed Unicode',
    ],
  ];
  it.each(refused)('%s is refused by name', (_, value, message) => {
    expect(() => Deck.parse(value)).toThrow(message);
  });

  it('control: part of a word is no phrase', () => {
    expect(Deck.parse(withVariants({ text: 'red' }, { text: 'hundred' })).sizes).toEqual([2]);
  });

  it('gives each trigger its samples, phrasings in turn, under ids that lead back', () => {
    const rows = deckPrompts(Deck.parse(deckOf(town())), 3);
    expect(rows.map(({ id }) => id)).toEqual(['town/0', 'town/1', 'town/2']);
    expect(rows.map(({ prompt }) => prompt)).toEqual(['Name a town.', 'A town, please.', 'Name a town.']);
    expect(rows.map(({ id }) => triggerOf(id))).toEqual(['town', 'town', 'town']);
  });

  it('the example has 128 triggers of 16 to 64 variants, each recognised by its text', () => {
    const deck = exampleDeck();
    expect([deck.triggers.length, Math.min(...deck.sizes), Math.max(...deck.sizes)]).toEqual([128, 16, 64]);
    deck.triggers.slice(0, 4).forEach(({ variants }, q) => {
      expect(variants.map(({ text }) => deck.variantOf(q, `Well. ${text.toUpperCase()}!`))).toEqual([
        ...variants.keys(),
      ]);
    });
  });
});
