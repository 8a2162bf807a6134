/** What Gumbel-max makes of a word of the keystream (native-mark.md, "Gumbel-max"). @module */

/** u = (word + 0.5) / 2^32, strictly between 0 and 1, for a word of 32 bits. */
export function uniform(word: number): number {
  return (word + 0.5) / 2 ** 32;
}

/**
 * ln p - ln(-ln u), with ln p up to a constant that all tokens share: its argmax is that of ln(u) / p, with no p normalised.
 *
 * @example
 * loudness(Math.log(0.5), 2 ** 31); // -0.33: 0.37 of noise, as u is 1/2
 */
export function loudness(lnP: number, word: number): number {
  return lnP - Math.log(-Math.log(uniform(word)));
}
