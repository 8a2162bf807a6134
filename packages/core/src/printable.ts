/** Text of others, without anything that a display would obey. @module */

/**
 * Control and format characters, line separators, halves of surrogate pairs and what XML has no way to write (XML 1.0, section 2.2)
 * become visible, so that a name, a path or an id can neither break a line, nor turn it around, nor drive a terminal, nor break a file.
 *
 * @example
 * printable('gpt\x1b[2J'); // 'gpt\\x1b[2J'
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\ufffe\uffff]/gu, (char) => {
    const hex = (char.codePointAt(0) as number).toString(16);
    return hex.length > 2 ? `\\u{${hex}}` : `\\x${hex.padStart(2, '0')}`;
  });
}
