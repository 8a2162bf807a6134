/** HTML as a type of its own: whatever is put into a template is escaped, unless it is HTML already. @module */

export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

export type Content = string | number | Html | undefined | readonly Content[];

/**
 * A template whose values are escaped; nested templates and lists of them are not escaped twice.
 *
 * @example
 * html`<p>${'a < b'}</p>`.text; // '<p>a &lt; b</p>'
 */
export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Html {
  return new Html(strings.reduce((text, part, i) => text + print(values[i - 1]) + part));
}

function print(value: Content): string {
  if (value === undefined) return '';
  if (value instanceof Html) return value.text;
  if (typeof value === 'object') return value.map(print).join('');
  return String(value).replace(/[&<>"'\r\0]/g, (char) => ENTITIES[char]);
}

/** A parser would turn a bare CR into a line feed and drop a NUL: the first is kept, the second shown. */
const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '\r': '&#13;',
  '\0': '\ufffd',
};
