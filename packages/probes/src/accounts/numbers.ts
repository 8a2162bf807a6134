/** Numbers drawn without repetition: the cohorts of accounts and tiers. @module */

/** A source of random bytes, such as `(length) => crypto.getRandomValues(new Uint8Array(length))`. */
export type RandomBytes = (length: number) => Uint8Array;

/**
 * @internal `count` numbers from 1 to `range` - 1 that `taken` lacks, each as likely as any other. `range` is a power of
 * two up to 2^24, at least half of which is free.
 */
export function drawNumbers(count: number, range: number, taken: ReadonlySet<number>, random: RandomBytes): number[] {
  const drawn = new Set<number>();
  for (let idle = 0; drawn.size < count; idle++) {
    if (idle > MOST_IDLE) throw new RangeError('"random" expected random bytes, got the same numbers again and again');
    const bytes = bytesOf(random, 3 * Math.min(count - drawn.size, MOST_AT_ONCE));
    for (let i = 0; i < bytes.length; i += 3) {
      const number = (bytes[i] + 256 * bytes[i + 1] + 65_536 * bytes[i + 2]) & (range - 1);
      if (number === 0 || taken.has(number) || drawn.has(number)) continue;
      drawn.add(number);
      idle = 0;
    }
  }
  return [...drawn];
}

/** @internal Exactly so many bytes of the source. */
export function bytesOf(random: RandomBytes, length: number): Uint8Array {
  const bytes = random(length);
  if (bytes instanceof Uint8Array && bytes.length === length) return bytes;
  throw new TypeError(`"random" expected a function that gives a Uint8Array of ${length} bytes`);
}

/** Rounds without a new number. With half of the range free, an honest source has so many with probability 2^-100. */
const MOST_IDLE = 100;
/** `crypto.getRandomValues` gives 2^16 bytes at most. */
const MOST_AT_ONCE = 2 ** 14;
