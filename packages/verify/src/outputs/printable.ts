/** Text of others, on one line and without anything that a display would obey. @module */

/**
 * Line breaks and tabs become spaces. Control and format characters, line separators, halves of surrogate pairs and what XML has no way to
 * write (XML 1.0, section 2.2) become visible, so that a name can neither drive a terminal, nor turn a line around, nor break a
 * file.
 *
 * @example
 * printable('gpt\x1b[2J\nx'); // 'gpt\\x1b[2J x'
 */
export function printable(text: string): string {
  return text
    .replace(/\s*[\r\n\t]\s*/g, ' ')
    .trim()
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\ufffe\uffff]/gu, (char) => {
      const hex = (char.codePointAt(0) as number).toString(16);
      return hex.length > 2 ? `\\u{${hex}}` : `\\x${hex.padStart(2, '0')}`;
    });
}

/** At most so many characters, the last one an ellipsis where some are missing. Never half a character. */
export function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  let kept = '';
  for (const { segment } of graphemes.segment(text)) {
    if (kept.length + segment.length >= most) break;
    kept += segment;
  }
  return `${kept.trimEnd()}…`;
}

/** What people take for one character. */
export const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
