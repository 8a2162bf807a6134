/**
 * Latin letters replaced by letters that look the same: what people call a homoglyph attack (Boucher et al. 2022, "Bad
 * Characters"). The pairs are among those of Unicode's confusables.txt (UTS 39), Cyrillic and Greek letters only.
 * @module
 */

/**
 * Replaces a share of the letters that have a lookalike.
 *
 * @example
 * lookAlike('Be', 1, () => 0).codePointAt(0); // 0x392, a Greek Beta
 */
export function lookAlike(text: string, rate: number, random: () => number): string {
  return text.replace(LETTERS, (letter) => {
    if (random() >= rate) return letter;
    const others = [...LOOKALIKES[letter]];
    return others[Math.floor(random() * others.length)];
  });
}

/** By Latin letter; Greek first where there is one. */
export const LOOKALIKES: Readonly<Record<string, string>> = {
  A: '\u0391\u0410',
  B: '\u0392\u0412',
  C: '\u03f9\u0421',
  E: '\u0395\u0415',
  G: '\u050c',
  H: '\u0397\u041d',
  I: '\u0399\u0406',
  J: '\u037f\u0408',
  K: '\u039a\u041a',
  M: '\u039c\u041c',
  N: '\u039d',
  O: '\u039f\u041e',
  P: '\u03a1\u0420',
  S: '\u0405',
  T: '\u03a4\u0422',
  W: '\u051c',
  X: '\u03a7\u0425',
  Y: '\u03a5\u04ae',
  Z: '\u0396',
  a: '\u0430',
  c: '\u03f2\u0441',
  d: '\u0501',
  e: '\u0435',
  h: '\u04bb',
  i: '\u0456',
  j: '\u03f3\u0458',
  o: '\u03bf\u043e',
  p: '\u0440',
  q: '\u051b',
  s: '\u0455',
  v: '\u03bd',
  w: '\u051d',
  x: '\u0445',
  y: '\u0443',
};

const LETTERS = new RegExp(`[${Object.keys(LOOKALIKES).join('')}]`, 'g');
