/** Text of others, as it stands in an output. @module */
import { printable } from '@taggant/core';

/** Printable, and on one line: line breaks and tabs become spaces. */
export const oneLine = (text: string): string => printable(text.replace(/\s*[\r\n\t]\s*/g, ' ').trim());

/**
 * The same, for a terminal and for the log of a pipeline's job, where no text of others may be a command: a line that begins with
 * `::` is one to GitHub's runner, after spaces too, and `##vso[` anywhere is one to Azure's.
 *
 * @example
 * inLog('::stop-commands::x'); // ':\\x3astop-commands:\\x3ax'
 */
export const inLog = (text: string): string => oneLine(text).replaceAll('::', ':\\x3a').replaceAll('##', '#\\x23');

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
