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

/**
 * Whether a text, or a text anywhere in parsed JSON, gives the key away: no printed JSON, whose escapes would hide it. Short keys
 * are none: servers that need no key are given `EMPTY`, `none`, `x`.
 */
export function holdsKey(value: unknown, key = ''): boolean {
  if (key.length < 12) return false;
  if (typeof value === 'string') return value.includes(key);
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([name, field]) => name.includes(key) || holdsKey(field, key));
}
