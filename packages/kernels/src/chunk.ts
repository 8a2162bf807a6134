/**
 * Logits that both backends work on at a time: 64 KiB, which stay in the nearer caches between copying and working. A
 * multiple of every kernel's group.
 * @module
 */
export const CHUNK = 16_384;
