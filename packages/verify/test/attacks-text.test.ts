import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lookAlike } from '../src/attacks/homoglyphs.ts';
import { addInvisible } from '../src/attacks/invisible.ts';
import { stripMarkdown } from '../src/attacks/markdown.ts';
import { shuffleSentences, truncate } from '../src/attacks/order.ts';
import { pasteInto } from '../src/attacks/paste.ts';
import { emojiTrick } from '../src/attacks/prompt-tricks.ts';
import { normalise } from '../src/attacks/retokenise.ts';
import { segmentsOf, wordsOf } from '../src/attacks/segments.ts';
import { replaceBySynonyms } from '../src/attacks/synonyms.ts';
import { changeBlanks, titleCase } from '../src/attacks/typography.ts';
import { countWords, drawByCount, drawByRank } from '../src/attacks/word-counts.ts';
import { deleteWords, insertWords, substituteWords } from '../src/attacks/words.ts';
import { seededRandom } from './attacks-support.ts';

const always = () => 0;

describe('segments', () => {
  it('are what the whole text at once has, joined', () => {
    const words = new Intl.Segmenter('en', { granularity: 'word' });
    const texts = fc.array(fc.constantFrom(' ', '\n', '\r\n', '.', 'it’s', 'É', '\u0301', '🇫🇷', '東京', '3,5', ' a '), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(
        fc.oneof(
          texts.map((parts) => parts.join('')),
          fc.string({ unit: 'binary' }),
        ),
        (text) => {
          // Long enough to be cut at blanks.
          const long = `${'word '.repeat(400)}${text}`;
          expect(segmentsOf(long).map(({ text }) => text)).toEqual(
            Array.from(words.segment(long), ({ segment }) => segment),
          );
        },
      ),
      { seed: 1, numRuns: 100 },
    );
  });

  it('find the words of scripts without blanks', () => {
    expect(wordsOf('東京は大きい。')).toEqual(['東京', 'は', '大きい']);
  });
});

describe('words', () => {
  it('are drawn as often as they come, without the one that is replaced', () => {
    const draw = drawByCount(
      new Map([
        ['a', 1],
        ['b', 2],
        ['c', 5],
      ]),
    );
    const random = seededRandom(4);
    const drawn = { a: 0, b: 0, c: 0 } as Record<string, number>;
    for (let i = 0; i < 6000; i++) drawn[draw('b', random)!]++;
    expect(drawn.b).toBe(0);
    // 1,000 +- 5 standard deviations of 29.
    expect(Math.abs(drawn.a - 1000)).toBeLessThan(145);
    expect(draw('zzz', () => 0.999)).toBe('c');
    expect(drawByCount(new Map([['b', 2]]))('b', random)).toBeUndefined();
    expect(drawByCount(new Map())(undefined, random)).toBeUndefined();
  });

  it('of similar frequency stand near in rank, and rare ones for unknown ones', () => {
    const counts = new Map(Array.from({ length: 1000 }, (_, i) => [`w${i + 1}`, 1000 - i]));
    const draw = drawByRank(counts);
    const random = seededRandom(5);
    const ranks = (word: string) => Array.from({ length: 500 }, () => Number(draw(word, random)!.slice(1)));
    expect([Math.min(...ranks('w400')), Math.max(...ranks('w400'))]).toEqual([319, 501]);
    expect(new Set(ranks('w1'))).toEqual(new Set([2, 3]));
    expect(ranks('w400')).not.toContain(400);
    expect(Math.min(...ranks('unknown'))).toBeGreaterThanOrEqual(799);
    expect(drawByRank(countWords('one'))('one', random)).toBeUndefined();
  });

  it('are deleted with one blank, and paragraphs stay', () => {
    expect(deleteWords('one two', 1, always)).toBe('');
    const second = [9, 0, 9, 9];
    expect(deleteWords('one two, three four', 0.5, () => second.shift()!)).toBe('one, three four');
    const afterBreak = [9, 0, 9];
    expect(deleteWords('one\n\ntwo three', 0.5, () => afterBreak.shift()!)).toBe('one\n\nthree');
  });

  it('are put behind and in place of others, and stay where there is none', () => {
    const draw = drawByCount(countWords('x'));
    expect(insertWords('one, two', 1, draw, always)).toBe('one x, two x');
    expect(substituteWords('one, x', 1, draw, always)).toBe('x, x');
  });

  it('are replaced by synonyms in their case', () => {
    const synonyms = (word: string) => (word === 'big' ? ['big', 'large'] : []);
    expect(replaceBySynonyms('Big BIG big house', 1, synonyms, always)).toBe('Large LARGE large house');
  });
});

describe('order', () => {
  it('truncate takes what stands behind the last word with it', () => {
    expect(truncate('one two. three', 0.66, always)).toBe('one two.');
    expect(truncate('one two. three', 0, always)).toBe('');
  });

  it('shuffles sentences and leaves what separates them', () => {
    const text = 'One here. Two there!\n\nThree? Four.';
    const shuffled = shuffleSentences(text, seededRandom(3));
    const parts = (of: string) => of.split(/\s+(?=[A-Z])/);
    expect(parts(shuffled).sort()).toEqual(parts(text).sort());
    expect(shuffled).not.toBe(text);
    expect(shuffled.match(/\s+(?=[A-Z])/g)).toEqual([' ', '\n\n', ' ']);
  });

  it('pastes at any place, passages in order and again', () => {
    expect(pasteInto('ours', 0.2, ['a b', 'c'], always)).toBe('ours\n\na b\n\nc\n\na');
    expect(pasteInto('ours', 0.2, ['a b', 'c'], () => 0.99)).toBe('c\n\na b\n\nc\n\nours');
  });
});

describe('characters', () => {
  it('look the same and are others', () => {
    const other = lookAlike('Peace, copy!', 1, seededRandom(1));
    expect(other).not.toMatch(/[Peacoy]/);
    expect(other).toMatch(/^\S{5}, \S{4}!$/);
  });

  it('stand between letters alone where nobody sees them', () => {
    expect(addInvisible('a bc, 👩‍👩‍👧 42', 1, always)).toBe('a b\u200bc, 👩‍👩‍👧 42');
  });

  it('change case and blanks', () => {
    expect(titleCase('it’s ǆ éclair-time')).toBe('It’s Ǆ Éclair-Time');
    expect(changeBlanks('a b\n\nc', 1, always)).toBe('a  b  c');
    expect(changeBlanks('a  b', 1, always)).toBe('a\nb');
    expect(normalise('ﬁne ｆｕｌｌ')).toBe('fine full');
  });
});

describe('markdown', () => {
  it.each([
    ['# Title #1', 'Title #1'],
    ['some **bold**, *slanted* and ***both***', 'some bold, slanted and both'],
    ['__init__ and _this_ but snake_case_name', 'init and this but snake_case_name'],
    ['2 * 3 * 4 and a ** b', '2 * 3 * 4 and a ** b'],
    ['[a link](https://example.com "t") and ![image](x.png) and [ref][1]', 'a link and image and ref'],
    ['call `f(x)` or ``a`b``', 'call f(x) or ``a`b``'],
    ['- one\n  * two\n3. three\n- [x] done', 'one\n  two\nthree\ndone'],
    ['> quoted\n> > twice', 'quoted\ntwice'],
    ['```js\ncode();\n```\nafter', 'code();\nafter'],
    ['above\n\n---\n\nbelow', 'above\n\n\nbelow'],
    ['| a | b |\n|---|:-:|\n| 1 | 2 |', 'a  b\n1  2'],
    ['~~gone~~ stays', 'gone stays'],
    ['No. 1 - plain, 50% of it!', 'No. 1 - plain, 50% of it!'],
  ])('%j is %j', (marked, plain) => {
    expect(stripMarkdown(marked)).toBe(plain);
  });

  it('comes to an end on long lines of what looks like markup and is not', () => {
    for (const part of ['[', '*', '_', '`', '~~', '![](', '> ', '# ', '|-', '[a](b "']) {
      expect(stripMarkdown(part.repeat(20_000)).length).toBeGreaterThanOrEqual(0);
    }
  });
});

describe('the emoji trick', () => {
  it('asks for an emoji and takes it out again', () => {
    const trick = emojiTrick();
    expect(trick.id).toBe('emoji-1');
    expect(trick.prompt('Tell a story.')).toMatch(/^Tell a story\.\n\n.*🟢 after every word/);
    expect(emojiTrick({ every: 3 }).prompt('')).toContain('every group of 3 words');
  });

  it.each([
    ['One🟢 two🟢 three🟢.', 'One two three.'],
    ['One 🟢 two 🟢 three 🟢.', 'One two three.'],
    ['One🟢two🟢\n🟢Three🟢\n\nFour 🟢', 'One two\nThree\n\nFour'],
    ['🟢🟢 One 🟢, two', 'One, two'],
    ['nothing to do  here .', 'nothing to do  here .'],
  ])('%j is %j', (reply, clean) => {
    expect(emojiTrick().clean(reply)).toBe(clean);
  });

  it('takes any sign, and refuses none', () => {
    expect(emojiTrick({ emoji: '[*]' }).clean('a[*] b[*]')).toBe('a b');
    expect(emojiTrick({ emoji: '❤️' }).clean('a❤️ b❤ c')).toBe('a b❤ c');
    expect(() => emojiTrick({ emoji: ' ' })).toThrow('"emoji" expected a visible sign, got none');
    expect(() => emojiTrick({ every: 0 })).toThrow('"every" expected an integer from 1 to 1000, got 0');
  });
});
