/** What a stranger's server says, made fit to be shown. @module */

/**
 * The text on one line, at most 300 characters, without anything that looks like a key: words that share six characters
 * in a row with `key`, long runs, and what stands behind `Bearer`. Servers quote keys, whole or in part.
 */
export function masked(text: string, key = ''): string {
  const parts = Array.from({ length: Math.max(0, key.length - 5) }, (_, i) => key.slice(i, i + 6));
  const shown = text
    .slice(0, 4000)
    .replace(/[\p{C}\p{Z}\s]+/gu, ' ')
    .replace(/(bearer|basic)[ :]+[^ ]+/gi, '$1 [...]')
    .replace(/[^ ]+/g, (run) => (parts.some((part) => run.includes(part)) ? '[...]' : run))
    .replace(/[\w+/=*.-]*\*{3,}[\w+/=*.-]*|\b(sk|pk|key)-[\w*-]+|[\w+/=-]{24,}/g, '[...]')
    .trim();
  return shown.length > 300 ? `${shown.slice(0, 300)}...` : shown;
}

/** Whether a text gives the key away. Short keys are none: servers that need no key are given `EMPTY`, `none`, `x`. */
export const holdsKey = (text: string, key = ''): boolean => key.length >= 12 && text.includes(key);
