import { jsKernels, MersenneTwister, simdKernels } from '@taggant/kernels';
import { describe, expect, it } from 'vitest';

/** `torch.manual_seed(seed); torch.randperm(n)` of torch 2.15 on a CPU, as its documentation's readers know the first two. */
const TORCH = [
  { seed: 0, permutation: [4, 1, 7, 5, 3, 9, 0, 8, 6, 2] },
  { seed: 42, permutation: [2, 6, 1, 8, 4, 5, 0, 9, 3, 7] },
];
const backends = [jsKernels, simdKernels()].filter((backend) => backend !== undefined);

/** The shuffle itself. */
function naive(seed: number, n: number): number[] {
  const generator = new MersenneTwister();
  generator.seed(seed);
  const order = Array.from({ length: n }, (_, i) => i);
  for (let i = 0; i < n - 1; i++) {
    const j = i + (generator.next() % (n - i));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

it('MersenneTwister gives the published sequences, seeded again and again', () => {
  const generator = new MersenneTwister();
  for (const [seed, first] of [
    [5489, [3499211612, 581869302, 3890346734]],
    [0, [2357136044, 2546248239, 3071714933]],
    [5489, [3499211612, 581869302, 3890346734]],
  ] as const) {
    generator.seed(seed);
    expect(first.map(() => generator.next())).toEqual(first);
  }
});

describe.each(backends)('permutationPlaces, $backend', (kernels) => {
  const places = (seed: number, n: number, count: number) => {
    const out = new Int32Array(n);
    kernels.permutationPlaces(
      new Uint32Array(n).fill(seed),
      Uint32Array.from({ length: n }, (_, i) => i),
      n,
      count,
      out,
    );
    return [...out];
  };

  it("finds every element where torch's permutation has it", () => {
    for (const { seed, permutation } of TORCH) {
      expect(places(seed, 10, 10)).toEqual(permutation.map((_, element) => permutation.indexOf(element)));
      for (let count = 0; count <= 11; count++) {
        const expected = permutation
          .map((_, element) => permutation.indexOf(element))
          .map((at) => (at < count ? at : -1));
        expect(places(seed, 10, count)).toEqual(expected);
      }
    }
  });

  it.each([1, 2, 3, 5, 623, 624, 625, 700, 1249, 2000])('agrees with the shuffle done in full, n = %i', (n) => {
    for (const seed of [1, 2 ** 32 - 1, 15485863]) {
      const order = naive(seed, n);
      const expected = order.map((_, element) => order.indexOf(element));
      for (const count of [n, Math.ceil(n / 4), 1]) {
        expect(places(seed, n, count)).toEqual(expected.map((at) => (at < count ? at : -1)));
      }
    }
  });

  it('refuses elements that are none, and arrays that do not fit', () => {
    const [one, out] = [Uint32Array.of(1), new Int32Array(1)];
    expect(() => kernels.permutationPlaces(one, Uint32Array.of(10), 10, 3, out)).toThrow(
      '"elements[0]" expected an integer',
    );
    expect(() => kernels.permutationPlaces(one, new Uint32Array(2), 10, 3, out)).toThrow(
      '"elements" expected length 1',
    );
    expect(() => kernels.permutationPlaces(one, one, 0, 3, out)).toThrow('"n" expected an integer from 1');
    expect(() => kernels.permutationPlaces(one, one, 10, -1, out)).toThrow('"count" expected an integer from 0');
  });
});

it('both backends give the same over a real vocabulary', () => {
  const n = 300;
  const seeds = Uint32Array.from({ length: n }, (_, i) => Math.imul(i + 1, 2654435761));
  const elements = Uint32Array.from({ length: n }, (_, i) => (i * 7919) % 50257);
  const [a, b] = backends.map((kernels) => {
    const out = new Int32Array(n);
    kernels.permutationPlaces(seeds, elements, 50257, 12564, out);
    return out;
  });
  expect(a!.filter((place) => place >= 0).length / n).toBeCloseTo(0.25, 1);
  if (b !== undefined) expect(b).toEqual(a);
});
