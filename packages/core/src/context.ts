/** Contexts as ChaCha nonces (native-mark.md, "Stream"). @module */

export const MAX_CONTEXT_WIDTH = 4;

/**
 * Writes the three nonce words of a context: four 24-bit fields, little-endian, the most recent token first;
 * fields at and beyond the width hold 0xFFFFFF. `contexts` holds the tokens oldest to newest in
 * `[end - width, end)`; `out` receives words at `at`.
 */
export function packNonce(contexts: Uint32Array, end: number, width: number, out: Uint32Array, at: number): void {
  const f0 = width > 0 ? contexts[end - 1] : EMPTY;
  const f1 = width > 1 ? contexts[end - 2] : EMPTY;
  const f2 = width > 2 ? contexts[end - 3] : EMPTY;
  const f3 = width > 3 ? contexts[end - 4] : EMPTY;
  out[at] = f0 | (f1 << 24);
  out[at + 1] = (f1 >>> 8) | (f2 << 16);
  out[at + 2] = (f2 >>> 16) | (f3 << 8);
}

const EMPTY = 0xffffff;
