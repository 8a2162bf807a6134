/** The largest of every 64 and every 16 logits: most questions about a row then concern a few of its tokens only. */
import { legal64 } from './legal';
import { sixtyFour } from './rows';

/**
 * Writes five numbers for every 64 logits at `out` (+0 for -0; the last 64 may be fewer): the largest of all of them, and of
 * each 16. Returns -1; or where in the row the first 64 with a NaN or +Infinity start.
 */
export function peaks(row: usize, length: u32, out: usize): i32 {
  for (let from: u32 = 0; from < length; from += 64) {
    const at = sixtyFour(row, length, from);
    if (!legal64(at)) return from;
    // Spelt out, because asc unrolls no loops.
    const most0 = most16(at), most1 = most16(at + 64), most2 = most16(at + 128), most3 = most16(at + 192);
    // Halves of two registers against each other, twice, leave the largest lane of each of the four.
    const most01 = larger(v128.shuffle<i32>(most0, most1, 0, 4, 1, 5), v128.shuffle<i32>(most0, most1, 2, 6, 3, 7));
    const most23 = larger(v128.shuffle<i32>(most2, most3, 0, 4, 1, 5), v128.shuffle<i32>(most2, most3, 2, 6, 3, 7));
    const most = f32x4.add(
      larger(v128.shuffle<i64>(most01, most23, 0, 2), v128.shuffle<i64>(most01, most23, 1, 3)), f32x4.splat(0),
    );
    const two = larger(most, v128.shuffle<i32>(most, most, 2, 3, 0, 1));
    store<f32>(out, f32x4.extract_lane(larger(two, v128.shuffle<i32>(two, two, 1, 0, 3, 2)), 0));
    v128.store(out + 4, most);
    out += 20;
  }
  return -1;
}

@inline function most16(at: usize): v128 {
  return larger(larger(v128.load(at, 0), v128.load(at, 16)), larger(v128.load(at, 32), v128.load(at, 48)));
}

@inline function larger(x: v128, y: v128): v128 {
  return f32x4.pmax(x, y);
}
