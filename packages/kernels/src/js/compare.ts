/** Bit-serial comparison of slot values that lie spread over bit planes. @module */

/**
 * mask = (value < green) for the slots of a block, 32 at a time, from the least significant plane up: a plane that differs
 * from green's bit decides, one that agrees leaves the decision of the planes below.
 */
export function lessThan(block: Uint32Array, bits: number, green: number, mask: Uint32Array): void {
  const words = 16 / bits;
  for (let i = 0; i < words; i++) {
    let less = 0;
    for (let k = 0; k < bits; k++) {
      const plane = block[k * words + i]!;
      less = (green >> k) & 1 ? less | ~plane : less & ~plane;
    }
    mask[i] = less;
  }
}
