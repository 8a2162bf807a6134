/** The oracle: ChaCha8 and the slots of native-mark.md written down as they read, in BigInt, one bit at a time. @module */

const MASK = 0xffffffffn;
const rotate = (x: bigint, n: bigint) => ((x << n) | (x >> (32n - n))) & MASK;

/** RFC 8439, sections 2.1 to 2.3, with 8 rounds; the block's 64 bytes as one little-endian number. */
function block(key: Uint32Array, nonce: Uint32Array, counter: number): bigint {
  const start = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574, ...key, counter, ...nonce].map(BigInt);
  const s = [...start] as bigint[];
  const step = (a: number, b: number, d: number, n: bigint) => {
    s[a] = (s[a]! + s[b]!) & MASK;
    s[d] = rotate(s[d]! ^ s[a]!, n);
  };
  for (let round = 0; round < 8; round++) {
    for (let i = 0; i < 4; i++) {
      const [b, c, d] = [1, 2, 3].map((row) => 4 * row + ((i + (round % 2) * row) % 4)) as [number, number, number];
      step(i, b, d, 16n);
      step(c, d, b, 12n);
      step(i, b, d, 8n);
      step(c, d, b, 7n);
    }
  }
  return s.reduce((sum, x, i) => sum | (((x + start[i]!) & MASK) << BigInt(32 * i)), 0n);
}

/** The values of a stream's slots; blocks are kept, being slow. */
export function naiveStream(key: Uint32Array, nonce: Uint32Array) {
  const blocks = new Map<number, bigint>();
  const blockAt = (i: number): bigint => {
    const known = blocks.get(i) ?? block(key, nonce, i);
    blocks.set(i, known);
    return known;
  };
  const value = (slot: number, bits: number): number => {
    const S = 512 / bits;
    const b = blockAt(Math.floor(slot / S));
    const r = slot % S;
    if (bits === 32) return Number((b >> BigInt(32 * r)) & MASK);
    let sum = 0;
    for (let k = 0; k < bits; k++) sum += Number((b >> BigInt(k * S + r)) & 1n) * 2 ** k;
    return sum;
  };
  return { value, word: (i: number) => value(i, 32) };
}
