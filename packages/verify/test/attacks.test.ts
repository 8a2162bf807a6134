import { binomialBand } from '@taggant/stats';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LOOKALIKES } from '../src/attacks/homoglyphs.ts';
import { ATTACKS, attackOf, countWords } from '../src/attacks/index.ts';
import { INVISIBLE } from '../src/attacks/invisible.ts';
import { wordsOf } from '../src/attacks/segments.ts';
import { MATERIALS, PLAIN_SPECS, SPECS, STRANGERS, seededRandom, TEXT } from './attacks-support.ts';

const ALL = [...SPECS, ...PLAIN_SPECS, 'truncate:0.5+homoglyphs:0.1', 'delete:0.2+retokenise+paraphrase+uppercase'];
const apply = async (spec: string, text: string, seed = 1) => attackOf(spec, MATERIALS).apply(text, seededRandom(seed));
/** With the u flag a surrogate matches only where it stands alone. */
const isWellFormed = (text: string) => !/\p{Surrogate}/u.test(text);

describe('every attack', () => {
  it('stands in the registry, and in these tests', () => {
    const tested = new Set([...SPECS, ...PLAIN_SPECS].map((spec) => spec.split(':')[0]));
    expect([...tested, 'infill'].sort()).toEqual(Object.keys(ATTACKS).sort());
  });

  it.each(ALL)('%s gives well-formed text, the same from the same numbers, for any text', async (spec) => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string({ unit: 'binary' }), anyProse()), fc.nat(), async (text, seed) => {
        const changed = await apply(spec, text, seed);
        expect(isWellFormed(changed)).toBe(true);
        expect(await apply(spec, text, seed)).toBe(changed);
      }),
      { seed: 1, numRuns: 100 },
    );
  });

  it.each(ALL)('%s leaves an empty text without words', async (spec) => {
    const words = wordsOf(await apply(spec, ''));
    expect(spec.includes('paraphrase') ? [] : words).toEqual([]);
  });

  it('changes nothing at rate 0, and keeps everything at rate 1 where the rate is what stays', async () => {
    for (const [name, { takesRate, keeps, needs }] of Object.entries(ATTACKS)) {
      if (takesRate && needs !== 'infill') expect(await apply(`${name}:${keeps ? 1 : 0}`, TEXT), name).toBe(TEXT);
    }
  });

  it('does something to a text', async () => {
    const text = `## One ﬁne **text**\n\n${TEXT}`;
    for (const spec of [...SPECS, ...PLAIN_SPECS]) {
      const seeds = [1, 2, 3, 4].map((seed) => apply(spec, text, seed));
      expect(new Set(await Promise.all(seeds)).has(text) && spec !== 'paraphrase', spec).toBe(false);
    }
  });
});

/**
 * Counts over 40 seeds against the band that 99.9 % of such counts stay in: each of the tests below would fail by
 * chance for one choice of seeds in a thousand.
 */
describe('the rate is what it says', () => {
  const letters = (text: string) => text.match(/\p{L}/gu) ?? [];
  const places = letters(TEXT).length - wordsOf(TEXT).length;
  const blanks = TEXT.match(/\s+/g)!;
  const different = <T>(a: readonly T[], b: readonly T[]) => a.filter((item, i) => item !== b[i]).length;
  const count: Record<string, { of: number; changed: (after: string) => number }> = {
    substitute: { of: wordsOf(TEXT).length, changed: (after) => different(wordsOf(TEXT), wordsOf(after)) },
    'substitute-frequent': { of: wordsOf(TEXT).length, changed: (after) => different(wordsOf(TEXT), wordsOf(after)) },
    synonyms: { of: wordsOf(TEXT).length, changed: (after) => different(wordsOf(TEXT), wordsOf(after)) },
    delete: { of: wordsOf(TEXT).length, changed: (after) => wordsOf(TEXT).length - wordsOf(after).length },
    insert: { of: wordsOf(TEXT).length, changed: (after) => wordsOf(after).length - wordsOf(TEXT).length },
    homoglyphs: {
      of: letters(TEXT).filter((letter) => letter in LOOKALIKES).length,
      changed: (after) => different(letters(TEXT), letters(after)),
    },
    'zero-width': {
      of: places,
      changed: (after) => INVISIBLE.reduce((sum, sign) => sum + after.split(sign).length - 1, 0),
    },
    whitespace: { of: blanks.length, changed: (after) => different(blanks, after.match(/\s+/g)!) },
  };
  const SEEDS = 40;
  const changedBy = async (name: string, rate: number) => {
    let changed = 0;
    for (let seed = 0; seed < SEEDS; seed++) changed += count[name].changed(await apply(`${name}:${rate}`, TEXT, seed));
    return changed;
  };

  it.each(Object.keys(count))('%s changes its share', async (name) => {
    for (const rate of [0.05, 0.4, 1]) {
      const [low, high] = binomialBand(SEEDS * count[name].of, rate, 0.999);
      const changed = await changedBy(name, rate);
      expect(changed).toBeGreaterThanOrEqual(low);
      expect(changed).toBeLessThanOrEqual(high);
    }
  });

  it('would be seen to be another one', async () => {
    for (const name of Object.keys(count)) {
      const [low, high] = binomialBand(SEEDS * count[name].of, 0.36, 0.999);
      const changed = await changedBy(name, 0.4);
      expect(changed < low || changed > high, name).toBe(true);
    }
  });

  it('truncate keeps its share of the words, from every place', async () => {
    const firsts = new Set<string>();
    for (let seed = 0; seed < SEEDS; seed++) {
      const kept = await apply('truncate:0.3', TEXT, seed);
      expect(TEXT).toContain(kept);
      expect(wordsOf(kept)).toHaveLength(63);
      firsts.add(wordsOf(kept)[0]);
    }
    expect(firsts.size).toBe(7);
  });

  it('copy-paste leaves the text whole and makes it its share of the words', async () => {
    for (const rate of [0.5, 0.25, 0.1]) {
      const pasted = await apply(`copy-paste:${rate}`, TEXT, 3);
      expect(pasted).toContain(TEXT.trim());
      expect(wordsOf(pasted)).toHaveLength(210 / rate);
    }
  });
});

describe('attackOf', () => {
  it('names attacks so that results can be compared', () => {
    expect(attackOf('substitute:0.20')).toMatchObject({ name: 'substitute', rate: 0.2, id: 'substitute-0.2' });
    expect(attackOf('markdown')).toMatchObject({ name: 'markdown', id: 'markdown' });
    expect(attackOf('markdown').rate).toBeUndefined();
    const both = attackOf('truncate:.5 + lowercase');
    expect(both).toMatchObject({ name: 'truncate-0.5+lowercase', id: 'truncate-0.5+lowercase' });
    expect(both.rate).toBeUndefined();
  });

  it('applies what is composed from left to right', async () => {
    const both = (await apply('title-case+lowercase', TEXT)) as string;
    expect(both).toBe(TEXT.toLowerCase());
    expect(await apply('paraphrase+lowercase', 'One', 9)).toMatch(/^(in other words: )?one$/);
  });

  it.each([
    ['sbstitute:0.2', '"attack" expected one of substitute, '],
    ['', '"attack" expected one of '],
    ['constructor', '"attack" expected one of '],
    ['lowercase+', '"attack" expected one of '],
    ['substitute', '"rate" of substitute, a share of the words, expected a number from 0 to 1, got none'],
    ['substitute:20', 'expected a number from 0 to 1, got "20"'],
    ['substitute:-1', 'expected a number from 0 to 1, got "-1"'],
    ['substitute:', 'expected a number from 0 to 1, got ""'],
    ['substitute:1:1', 'expected a number from 0 to 1, got "1:1"'],
    ['lowercase:0.5', '"attack" expected lowercase without a rate, got "lowercase:0.5"'],
    ['copy-paste:0.5', 'the attack copy-paste needs attacks.human in a config, materials.human in a library call'],
    ['infill:0.5', 'the attack infill needs materials.infill'],
  ])('refuses %j', (spec, message) => {
    expect(() => attackOf(spec)).toThrow(message);
    expect(() => attackOf(spec)).toThrow(RangeError);
  });

  it('refuses to paste a share of nothing, or into nothing', () => {
    expect(() => attackOf('copy-paste:0', MATERIALS)).toThrow('"rate" of copy-paste expected a number above 0, got 0');
    expect(() => attackOf('copy-paste:0.5', { human: ['—'] })).toThrow(
      '"human" expected passages with words, got none',
    );
  });

  it('draws from the words of the text where no others are given', async () => {
    const own = countWords(TEXT);
    const changed = await attackOf('substitute:1').apply(TEXT, seededRandom(2));
    expect(wordsOf(changed).every((word) => own.has(word))).toBe(true);
    expect([...STRANGERS.keys()].some((word) => own.has(word))).toBe(false);
  });
});

/** Sentences with what real ones have. */
function anyProse() {
  const part = fc.constantFrom(
    'Dr.',
    "don't",
    '3.14',
    'naïve',
    '東京は',
    '👩‍👩‍👧',
    '**bold**',
    '[a](b)',
    '`c`',
    'é',
    'ﬁ',
    '\n\n',
    '\t',
    '| x |',
  );
  return fc.array(part, { maxLength: 30 }).map((parts) => parts.join(' '));
}
