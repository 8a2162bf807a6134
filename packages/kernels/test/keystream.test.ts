import { chacha8 } from '@noble/ciphers/chacha.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { backends, bytes, guardsIntact, randomWords, SEED, sameBits, shifted } from './backends.ts';
import { naiveStream } from './naive.ts';

const word = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const words = (n: number) =>
  fc.uint8Array({ minLength: 4 * n, maxLength: 4 * n }).map((b) => new Uint32Array(b.buffer));

describe.each(backends)('%s keystream', (_, kernels) => {
  const keystream = (key: Uint32Array, nonce: Uint32Array, firstBlock: number, length: number) => {
    const out = new Uint32Array(length);
    kernels.keystream(key, nonce, firstBlock, out);
    return out;
  };

  test(`equals @noble/ciphers for any key, nonce and counter (seed ${SEED})`, () => {
    const claim = (key: Uint32Array, nonce: Uint32Array, counter: number, length: number) => {
      const first = Math.min(counter, 2 ** 32 - 200); // noble refuses to use up the last counters
      const expected = chacha8(
        Uint8Array.from(bytes(key)),
        Uint8Array.from(bytes(nonce)),
        new Uint8Array(4 * length),
        undefined,
        first,
      );
      expect(bytes(keystream(key, nonce, first, length)).equals(Buffer.from(expected))).toBe(true);
    };
    fc.assert(fc.property(words(8), words(3), word, fc.nat(3000), claim), { seed: SEED, numRuns: 200 });
  });

  test('equals the naive oracle at lengths 0 to 67 and unaligned offsets, and writes nothing else', () => {
    for (let length = 0; length <= 67; length++) {
      const offset = length % 4;
      const key = shifted(randomWords(8, length), offset);
      const nonce = shifted(randomWords(3, 100 + length), (offset + 1) % 4);
      const out = shifted(new Uint32Array(length), (offset + 3) % 4);
      kernels.keystream(key, nonce, 7 * length, out);
      const stream = naiveStream(key, nonce);
      expect([...out]).toEqual([...out.keys()].map((i) => stream.word(112 * length + i)));
      expect(guardsIntact(out)).toBe(true);
    }
  });

  test('is one stream, wherever the reading starts and however long it is', () => {
    const [key, nonce] = [randomWords(8, 1), randomWords(3, 2)];
    const whole = keystream(key, nonce, 0, 70_000);
    for (const block of [1, 3, 1023, 1024, 4000]) {
      for (const length of [1, 16, 16_383, 16_384, 16_385, 33_000]) {
        const part = keystream(key, nonce, block, Math.min(length, 70_000 - 16 * block));
        expect(sameBits(part, whole.subarray(16 * block, 16 * block + part.length))).toBe(true);
      }
    }
  });

  test('reaches the last block of the counter', () => {
    const [key, nonce] = [randomWords(8, 3), randomWords(3, 4)];
    const stream = naiveStream(key, nonce);
    const last = keystream(key, nonce, 2 ** 32 - 3, 48);
    expect([...last]).toEqual([...last.keys()].map((i) => stream.word(16 * (2 ** 32 - 3) + i)));
  });
});
