/** The layers of a tournament (native-mark.md, "Tournament"). @module */

/**
 * See Kernels.play. A layer multiplies the p of tokens with bit 1 by 1 + zeros and that of tokens with bit 0 by zeros, the
 * share of the tokens with bit 0. Each pass plays one layer and weighs both sides of the next, even and odd tokens by
 * themselves. The share is summed as it is, because 1 - (share of the ones) can come out below zero, and ln p as NaN. No
 * branches, which coins would decide, and a p that nobody will ever draw set to 0, because arithmetic on subnormal
 * numbers is slow.
 */
export function play(p: Float64Array, words: Uint32Array, layers: number): void {
  // Before the first layer both factors are 1.
  let zeros = 1;
  for (let layer = -1; layer < layers; layer++) {
    const bit = layer < 0 ? 0 : 1;
    let [evenOnes, oddOnes, evenOthers, oddOthers] = [0, 0, 0, 0];
    for (let i = 0; i < p.length; i++) {
      const word = words[i]!;
      const played = p[i]! * (zeros + ((word >>> layer) & bit));
      const next = played < NEVER ? 0 : played;
      const one = next * ((word >>> (layer + 1)) & 1);
      p[i] = next;
      if (i & 1) {
        oddOnes += one;
        oddOthers += next - one;
      } else {
        evenOnes += one;
        evenOthers += next - one;
      }
    }
    const others = evenOthers + oddOthers;
    zeros = others / (others + (evenOnes + oddOnes));
  }
}

const NEVER = 1e-280;
