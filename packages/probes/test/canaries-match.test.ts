/** Which replies count, and for what: hostile ones included. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { always } from '../../core/test/support.ts';
import { NONE, SEVERAL } from '../src/canaries/deck.ts';
import { CanaryAnswers, Deck, exampleDeck } from '../src/canaries/index.ts';
import { wordsOf } from '../src/canaries/words.ts';

const PHRASES = [['café noir'], ['deep red', 'crimson'], ['Red'], ['東京'], ['ΟΔΟΣ'], ['x <= 1'], ['don’t stop']];
const deck = Deck.parse({
  deck: 'taggant/1',
  triggers: [
    {
      id: 'q',
      prompts: ['?'],
      variants: PHRASES.filter((_, v) => v !== 2).map((matches) => ({ text: matches[0], matches })),
    },
  ],
});
const [CAFE, CRIMSON, TOKYO, STREET, CODE, STOP] = [0, 1, 2, 3, 4, 5];

describe('a reply', () => {
  const cases: [string, string, number][] = [
    ['in other case', 'CAFÉ NOIR', CAFE],
    ['in NFD', 'café noir'.normalize('NFD'), CAFE],
    ['in full width', 'ｃａｆé　ｎｏｉｒ', CAFE],
    ['with odd spaces and a line break', 'A caf\u00e9\u00a0\n\t noir, please', CAFE],
    ['with zero-width characters within', 'ca\u200bf\u00e9\u2060 no\u00adir\ufeff', CAFE],
    ['in Markdown', 'I pick **café** `noir`.', CAFE],
    ['that says it twice', 'Café noir! Yes, café noir.', CAFE],
    ['by an alias', 'crimson', CRIMSON],
    ['by two aliases of one variant', 'Deep red, that is crimson.', CRIMSON],
    ['with final sigma', 'η οδός; οδος', STREET],
    ['in a script without spaces', '私は東京が好き', TOKYO],
    ['of symbols', 'if (x <= 1)', CODE],
    ['with a typewriter apostrophe', "Don't stop", STOP],
    ['that is empty', '', NONE],
    ['with no variant', 'I cannot say.', NONE],
    ['with half a phrase', 'café', NONE],
    ['with a phrase in pieces', 'café au lait noir', NONE],
    ['with a phrase within a longer word', 'crimsonish', NONE],
    ['with lookalikes', 'crіmson', NONE],
    ['with an accent too few', 'cafe noir', NONE],
    ['with an accent too many', 'crimsoń', NONE],
    ['that names two', 'Café noir or crimson', SEVERAL],
    ['that names all', PHRASES.flat().join(', '), SEVERAL],
    ['with phrases that overlap', 'deep red crimson x <= 1', SEVERAL],
    ['of a lone surrogate', '\ud800 crimson \udc00', CRIMSON],
  ];
  it.each(cases)('%s', (_, reply, variant) => {
    expect(deck.variantOf(0, reply)).toBe(variant);
  });

  it('control: the lookalike is another letter', () => {
    expect('crіmson').not.toBe('crimson');
  });

  it('is recognised however Unicode writes it, and whatever punctuation stands around', () => {
    const said = PHRASES.filter((_, v) => v !== 2).map(([phrase]) => phrase);
    always(
      [
        fc.nat(said.length - 1),
        fc.constantFrom('NFC', 'NFD', 'NFKC', 'NFKD'),
        fc.constantFrom('', ' ', '"', '—', '(\u200b', '\n* ', '\ufeff', '¿'),
      ],
      (variant, form, around) => {
        expect(deck.variantOf(0, `${around}${said[variant].normalize(form)}${around}`)).toBe(variant);
      },
    );
  });

  it('never makes the matcher throw, and NFC and NFD say the same', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        expect(wordsOf(text.normalize('NFD'))).toEqual(wordsOf(text.normalize('NFC')));
        expect(deck.variantOf(0, text)).toBeGreaterThanOrEqual(SEVERAL);
      }),
      { seed: 5, numRuns: 2000 },
    );
  });
});

describe('a huge reply', () => {
  const example = exampleDeck();
  const MEGA = 2 ** 20;
  const hostile: Record<string, string> = {
    'one letter': 'a'.repeat(MEGA),
    'the first word of many phrases': 'pale '.repeat(MEGA / 5),
    'marks out of order, which a normaliser would sort': `e${'\u0301\u0323'.repeat(MEGA / 2)}`,
    'zero-width characters': '\u200b'.repeat(MEGA),
    'sigmas between apostrophes': "'Σ".repeat(MEGA / 2),
    'ligatures that grow': '\ufdfa'.repeat(MEGA),
    surrogates: '\ud800'.repeat(MEGA),
  };

  // A matcher or normaliser that takes quadratic time would still be at it when the test's two minutes are over.
  it.each(Object.entries(hostile))('of 2^20 times %s is read', (_, text) => {
    expect(example.variantOf(2, text)).toBe(NONE);
  });

  it('that names one variant at its very end counts for it', () => {
    expect(example.variantOf(2, `${'pale '.repeat(MEGA / 5)} green`)).toBe(0);
  });

  it('that lists all variants counts for nothing', () => {
    const all = example.triggers[2].variants.map(({ text }) => text).join(', ');
    expect(example.variantOf(2, `${all}, `.repeat(2000))).toBe(SEVERAL);
  });
});

describe('answers', () => {
  it('tally usable replies, and what was asked in vain', () => {
    const answers = new CanaryAnswers(deck, [
      { trigger: 'q', reply: 'no idea' },
      { trigger: 'q' },
      { trigger: 'q', reply: 'crimson or café noir' },
      { trigger: 'q', reply: 'café noir' },
      { trigger: 'q', reply: 'crimson' },
      { trigger: 'q', reply: 'crimson' },
    ]);
    expect(answers.replies).toEqual({ count: 6, usable: 3, none: 2, several: 1 });
    expect(answers.asked).toEqual([0]);
    expect(answers.answered.get(0)).toEqual({
      first: CAFE,
      counts: new Map([
        [CAFE, 1],
        [CRIMSON, 2],
      ]),
    });
  });

  it('to a trigger that the deck does not hold are refused', () => {
    expect(() => new CanaryAnswers(deck, [{ trigger: 'town', reply: 'x' }])).toThrow(
      '"trigger" expected one of the deck\'s 1 ids, got "town"',
    );
  });
});
