/** Markdown as it comes out of a chat window into a document: the words without the signs. @module */

/**
 * Text without the signs of Markdown (CommonMark and GitHub's tables and strikethrough). Link texts and code stay,
 * targets and fences go. Line by line, without a parser: nested or broken markup may leave a sign behind.
 *
 * @example
 * stripMarkdown('## A *title*\n\n- see [here](https://example.com)'); // 'A title\n\nsee here'
 */
export function stripMarkdown(text: string): string {
  return text
    .split('\n')
    .filter((line) => !FENCE.test(line) && !RULE.test(line) && !TABLE_RULE.test(line))
    .map(plainLine)
    .join('\n');
}

function plainLine(line: string): string {
  const row = TABLE_ROW.exec(line);
  let plain = row
    ? row[1]
        .split('|')
        .map((cell) => cell.trim())
        .join('  ')
    : line;
  plain = plain.replace(QUOTE, '').replace(HEADING, '').replace(BULLET, '$1');
  plain = plain.replace(LINK, '$1').replace(CODE, '$2');
  for (const sign of EMPHASIS) plain = plain.replace(sign, '$1');
  return plain;
}

const FENCE = /^ {0,3}(?:`{3,}|~{3,})[^`]*$/;
const RULE = /^ {0,3}(?:(?:\* *){3,}|(?:- *){3,}|(?:_ *){3,})$/;
const TABLE_RULE = /^ *\|[ :|-]*-[ :|-]*$/;
const TABLE_ROW = /^ *\|(.*)\| *$/;
const QUOTE = /^(?: {0,3}> ?)+/;
const HEADING = /^ {0,3}#{1,6} +/;
const BULLET = /^( *)(?:[-*+]|\d{1,9}[.)]) +(?:\[[ xX]\] +)?/;
const LINK = /!?\[([^[\]]*)\](?:\([^()\s]*(?: +"[^"]*")?\)|\[[^[\]]*\])/g;
const CODE = /(?<!`)(`+)([^`]+)\1(?!`)/g;
/** Strong before emphasis, so that two stars are not taken for one and one. */
const EMPHASIS = [
  /\*\*(?=\S)([^*]*\S)\*\*/g,
  /(?<![\p{L}\p{N}])__(?=\S)([^_]*\S)__(?![\p{L}\p{N}])/gu,
  /~~(?=\S)([^~]*\S)~~/g,
  /\*(?=\S)([^*]*[^\s*])\*/g,
  /(?<![\p{L}\p{N}_])_(?=\S)([^_]*[^\s_])_(?![\p{L}\p{N}_])/gu,
];
