import type { SlotBits } from '@taggant/kernels';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { backends, guardsIntact, randomWords, SEED, sameBits, shifted } from './backends.ts';
import { naiveStream } from './naive.ts';

const ALL_BITS: readonly SlotBits[] = [1, 2, 4, 8, 32];
const EDGES = [0, 1, 15, 16, 63, 64, 511, 512, 50_256, 131_071, 2 ** 24 - 1];

/** Mostly any slot, sometimes one at an edge. */
const slotsFrom = (words: Uint32Array) => words.map((word, i) => (i % 5 ? word >>> 8 : EDGES[word % EDGES.length]!));

function naiveSlots(key: Uint32Array, nonces: Uint32Array, slots: Uint32Array, bits: SlotBits): Uint32Array {
  return slots.map((slot, i) => naiveStream(key, nonces.subarray(3 * i, 3 * i + 3)).value(slot, bits));
}

describe.each(backends)('%s readSlots', (_, kernels) => {
  test.each(ALL_BITS)('bits %d: equals the naive oracle at lengths 0 to 67 and unaligned offsets', (bits) => {
    for (let n = 0; n <= 67; n++) {
      const key = randomWords(8, n);
      const nonces = shifted(randomWords(3 * n, 200 + n), n % 4);
      const slots = shifted(slotsFrom(randomWords(n, 300 + n)), (n + 1) % 4);
      const out = shifted(new Uint32Array(n), (n + 3) % 4);
      kernels.readSlots(key, nonces, slots, bits, out);
      expect([...out]).toEqual([...naiveSlots(key, nonces, slots, bits)]);
      expect(guardsIntact(out)).toBe(true);
    }
  });

  test.each(ALL_BITS)('bits %d: every slot of a block is where the oracle has it', (bits) => {
    const [key, nonce] = [randomWords(8, 5), randomWords(3, 6)];
    const slots = Uint32Array.from({ length: 1024 / bits }, (_, i) => i);
    const nonces = Uint32Array.from({ length: 3 * slots.length }, (_, i) => nonce[i % 3]!);
    const out = new Uint32Array(slots.length);
    kernels.readSlots(key, nonces, slots, bits, out);
    const stream = naiveStream(key, nonce);
    expect([...out]).toEqual([...slots].map((slot) => stream.value(slot, bits)));
  });

  test('a long batch equals the same pairs read one at a time', () => {
    const n = 2500;
    const [key, nonces, slots] = [randomWords(8, 7), randomWords(3 * n, 8), slotsFrom(randomWords(n, 9))];
    for (const bits of ALL_BITS) {
      const [batch, single] = [new Uint32Array(n), new Uint32Array(n)];
      kernels.readSlots(key, nonces, slots, bits, batch);
      for (let i = 0; i < n; i++) {
        const value = single.subarray(i, i + 1);
        kernels.readSlots(key, nonces.subarray(3 * i, 3 * i + 3), slots.subarray(i, i + 1), bits, value);
      }
      expect(sameBits(batch, single)).toBe(true);
    }
  });
});

test(`both backends read the same values from any batch (seed ${SEED})`, () => {
  const batch = fc.record({ n: fc.nat(2100), seed: fc.nat(1e6), bits: fc.constantFrom(...ALL_BITS) });
  const claim = ({ n, seed, bits }: { n: number; seed: number; bits: SlotBits }) => {
    const [key, nonces, slots] = [
      randomWords(8, seed),
      randomWords(3 * n, seed + 1),
      slotsFrom(randomWords(n, seed + 2)),
    ];
    const [a, b] = backends.map(([, kernels]) => {
      const out = new Uint32Array(n);
      kernels.readSlots(key, nonces, slots, bits, out);
      return out;
    });
    expect(sameBits(a!, b!)).toBe(true);
  };
  fc.assert(fc.property(batch, claim), { seed: SEED, numRuns: 100 });
});
