import { jsKernels, simdKernels } from '@taggant/kernels';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

/** Random123 1.14, tests/kat_vectors, philox4x32 10: counter, key, output. */
const KNOWN = [
  ['00000000 00000000 00000000 00000000', '00000000 00000000', '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
  ['ffffffff ffffffff ffffffff ffffffff', 'ffffffff ffffffff', '408f276d 41c83b0e a20bc7c6 6d5451fd'],
  ['243f6a88 85a308d3 13198a2e 03707344', 'a4093822 299f31d0', 'd16cfe09 94fdcceb 5001e420 24126ea1'],
].map((row) => row.map((text) => text.split(' ').map((word) => Number.parseInt(word, 16))));

const backends = [jsKernels, simdKernels()].filter((backend) => backend !== undefined);

/** From the paper, over BigInt. */
function naive([a, b, c, d]: number[], [k0, k1]: number[]): number[] {
  const M = 2n ** 32n;
  let block = [a, b, c, d].map((word) => BigInt(word as number));
  let key = [k0, k1].map((word) => BigInt(word as number));
  for (let round = 0; round < 10; round++) {
    const [p, q] = [0xd2511f53n * block[0]!, 0xcd9e8d57n * block[2]!];
    block = [(q / M) ^ block[1]! ^ key[0]!, q % M, (p / M) ^ block[3]! ^ key[1]!, p % M];
    key = [(key[0]! + 0x9e3779b9n) % M, (key[1]! + 0xbb67ae85n) % M];
  }
  return block.map(Number);
}

describe.each(backends)('philox, $backend', (kernels) => {
  it('gives the published known answers', () => {
    for (const [counter, key, output] of KNOWN) {
      const block = Uint32Array.from(counter!);
      kernels.philox(block, Uint32Array.from(key!));
      expect([...block]).toEqual(output);
    }
  });

  it('gives what the paper says, for any number of blocks (seed 4)', () => {
    const word = fc.integer({ min: 0, max: 2 ** 32 - 1 });
    const block = fc.tuple(
      fc.array(word, { minLength: 4, maxLength: 4 }),
      fc.array(word, { minLength: 2, maxLength: 2 }),
    );
    fc.assert(
      fc.property(fc.array(block, { maxLength: 20 }), (all) => {
        const blocks = Uint32Array.from(all.flatMap(([counter]) => counter));
        const keys = Uint32Array.from(all.flatMap(([, key]) => key));
        const before = keys.slice();
        kernels.philox(blocks, keys);
        expect([...blocks]).toEqual(all.flatMap(([counter, key]) => naive(counter, key)));
        expect(keys).toEqual(before);
      }),
      { seed: 4, numRuns: 100 },
    );
  });

  it('refuses keys and blocks that do not fit each other', () => {
    expect(() => kernels.philox(new Uint32Array(5), new Uint32Array(2))).toThrow('"blocks" expected length 4');
    expect(() => kernels.philox(new Uint32Array(2), new Uint32Array(1))).toThrow('"keys" expected 2 words each');
    expect(() => kernels.philox([] as never, new Uint32Array(2))).toThrow('"blocks" expected Uint32Array');
  });
});

it('both backends give the same over more blocks than are worked on at a time', () => {
  for (const n of [1, 4, 511, 512, 513, 2000]) {
    const blocks = Uint32Array.from({ length: 4 * n }, (_, i) => Math.imul(i * 7 + 1, 2654435761));
    const keys = Uint32Array.from({ length: 2 * n }, (_, i) => Math.imul(i + 3, 40503));
    const [a, b] = backends.map((kernels) => {
      const own = blocks.slice();
      kernels.philox(own, keys);
      return own;
    });
    if (b !== undefined) expect(b).toEqual(a);
  }
});
