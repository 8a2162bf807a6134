/** The order in which a plan's prompts are asked: a shuffle that anybody can repeat from the seed. @module */
import { sha256 } from '@noble/hashes/sha2.js';
import { createView, utf8ToBytes } from '@noble/hashes/utils.js';

/**
 * A permutation of 0 to count - 1; `order[k]` is the place in the file of the prompt that is asked k-th.
 *
 * Fisher-Yates (Durstenfeld 1964) from the end: for i = count - 1 down to 1, swap places i and j, j uniform in 0 to i.
 * Randomness is a sequence of 32-bit words: block b = 0, 1, ... is SHA-256 of the ASCII text `taggant/order/1/SEED/b`, both
 * numbers decimal, and gives eight words, big-endian, first to last. For each j take words w until one is below the largest
 * multiple of i + 1 that is at most 2^32; then j = w mod (i + 1).
 *
 * @example
 * planOrder(8, 1); // Uint32Array [ 2, 1, 3, 0, 7, 5, 6, 4 ]
 */
export function planOrder(count: number, seed: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  const next = words(seed);
  for (let i = count - 1; i > 0; i--) {
    const limit = 2 ** 32 - (2 ** 32 % (i + 1));
    let word = next();
    while (word >= limit) word = next();
    const j = word % (i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

function words(seed: number): () => number {
  let [block, at] = [0, 32];
  let view: DataView = new DataView(new ArrayBuffer(0));
  return () => {
    if (at === 32) {
      view = createView(sha256(utf8ToBytes(`taggant/order/1/${seed}/${block++}`)));
      at = 0;
    }
    at += 4;
    return view.getUint32(at - 4);
  };
}
