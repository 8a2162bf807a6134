/**
 * The text of each token, for display. A token of a byte-level vocabulary may be half a character, and some decoders
 * look at their neighbours; so tokens are taken together until the text decoded so far is a beginning of the whole text.
 * @module
 */

/** Tokens `[from, to)` of a text and what they read as: one token, or the few that make up one character. */
export interface TokenGroup {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/**
 * Groups whose texts, joined, are exactly `decode(tokens)`, and whose tokens are all of the tokens in order.
 *
 * @example
 * tokenGroups(tokenizer.encode('a🜍'), tokenizer.decode); // [{ from: 0, to: 1, text: 'a' }, { from: 1, to: 5, text: '🜍' }]
 */
export function tokenGroups(tokens: Uint32Array, decode: (tokens: Uint32Array) => string): readonly TokenGroup[] {
  const text = decode(tokens);
  const groups: TokenGroup[] = [];
  let [from, at] = [0, 0];
  let [anchor, before] = [0, ''];
  for (let to = 1; to <= tokens.length; to++) {
    const read = decode(tokens.subarray(anchor, to));
    const piece = read.slice(before.length);
    const last = to === tokens.length;
    if (!last && !(read.startsWith(before) && text.startsWith(piece, at))) continue;
    groups.push({ from, to, text: last ? text.slice(at) : piece });
    at += piece.length;
    from = to;
    if (to - anchor < WINDOW) before = read;
    else {
      // Decode from a group a little back, not from the beginning: linear in the length of the text.
      anchor = (groups.at(-LOOK_BACK) ?? groups[0]).from;
      before = decode(tokens.subarray(anchor, to));
    }
  }
  return groups;
}

const WINDOW = 64;
const LOOK_BACK = 8;
