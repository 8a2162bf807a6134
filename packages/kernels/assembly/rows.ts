/** Groups of 64 logits, the last of which a row may not fill. */

const LAST: usize = memory.data(256, 16);

/** Where the 64 logits from index `from` on can be read: in the row, or, where it ends before, padded with -Infinity. */
@inline export function sixtyFour(row: usize, length: u32, from: u32): usize {
  return from + 64 <= length ? row + (from << 2) : padded(row + (from << 2), length - from);
}

function padded(row: usize, length: u32): usize {
  for (let i: usize = 0; i < 256; i += 16) v128.store(LAST + i, f32x4.splat(-Infinity));
  memory.copy(LAST, row, length << 2);
  return LAST;
}
