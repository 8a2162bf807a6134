/** Lists and tables that graphics cards draw, and what must be known of the card. The recorded ones are in greenlist.test.ts. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { CUDA_THREADS, type EngineMarkFile, engineVariants, openEngineMark } from '@taggant/engines';
import { describe, expect, it } from 'vitest';
import { CudaPermutations } from '../src/random/cuda-permutations.ts';
import { samplingTable } from '../src/random/sampling-table.ts';

interface Case {
  readonly n: number;
  readonly seed: string;
  readonly threads: number;
  readonly islands: number;
  readonly head: number[];
  readonly sha256: string;
}

const vectors: { readonly cases: Case[]; readonly bits: Record<string, number> } = JSON.parse(
  readFileSync(new URL('vectors/cuda-permutation.json', import.meta.url), 'utf8'),
);

describe('a permutation of a graphics card', () => {
  it.each(vectors.cases)('of $n elements on $threads threads, seed $seed, is the derived one', (vector) => {
    const { n, seed, threads, head, sha256 } = vector;
    const permutations = new CudaPermutations(n, threads);
    const order = permutations.head(BigInt(seed), n);
    expect([...order.subarray(0, 5)]).toEqual(head);
    expect(createHash('sha256').update(new Uint8Array(order.slice().buffer)).digest('hex')).toBe(sha256);
    expect([...permutations.head(BigInt(seed), 1000)]).toEqual([...order.subarray(0, 1000)]);
  });

  it('some of them have islands of equal keys, and some elements wait for a thread', () => {
    expect(vectors.cases.filter(({ islands }) => islands > 0).length).toBeGreaterThanOrEqual(2);
    expect(vectors.cases.some(({ n, threads }) => n > 2 * threads)).toBe(true);
  });

  it('says of each element whether it is in the head, near its end too', () => {
    const n = 50_257;
    const permutations = new CudaPermutations(n, 40_960);
    const elements = Uint32Array.from({ length: n }, (_, i) => i);
    for (const count of [1, n >> 2, n - 1]) {
      const order = permutations.head(77n, count).slice();
      // All of the head's end, where an element's own key does not tell, and a sample of the others.
      const near = new Set([...permutations.head(77n, n)].slice(Math.max(0, count - 60), count + 60));
      const some = elements.filter((element) => near.has(element) || element % 500 === 0);
      const head = new Set(order);
      expect([...permutations.areAmongFirst(Array(some.length).fill(77n), some, count)]).toEqual(
        Array.from(some, (element) => (head.has(element) ? 1 : 0)),
      );
    }
  });

  it('takes all 64 bits of a seed, and no card matters where it starts enough threads', () => {
    const head = (seed: bigint, threads?: number) => [...new CudaPermutations(40_000, threads).head(seed, 40_000)];
    expect(head(5n)).not.toEqual(head(5n + 2n ** 32n));
    expect(head(5n)).toEqual(head(5n, CUDA_THREADS.T4));
    expect(head(5n)).toEqual(head(5n, CUDA_THREADS.A100));
    expect(head(5n)).not.toEqual(head(5n, 39_936));
  });
});

describe('green lists of a card', () => {
  const hf = (more: object): EngineMarkFile => ({ mark: 'hf/greenlist', config: {}, vocabSize: 50_257, ...more });

  it.each(['hf/greenlist', 'lm-watermarking/simple_1', 'lm-watermarking/extended', 'tgi/greenlist', 'markllm/kgw'])(
    '%s: those of a CPU are others; the tokens of a list are found one by one',
    (mark) => {
      const greens = (device: object) => {
        const opened = openEngineMark({ mark, config: {}, vocabSize: 32_000, ...device });
        const { contextWidth } = opened;
        const context = Uint32Array.from({ length: Math.max(1, contextWidth) }, (_, i) => 103 + i);
        const row = new Float32Array(32_000).fill(-1000);
        row.fill(0, 500, 540);
        opened.apply(context, row);
        const tokens = Uint32Array.from({ length: 40 }, (_, i) => 500 + i);
        const scores = new Float64Array(40);
        const contexts = Uint32Array.from({ length: 40 * contextWidth }, (_, i) => context[i % contextWidth]);
        const pairs = { n: 40, contextWidth, contexts, tokens, positions: tokens };
        openEngineMark({ mark, config: {}, vocabSize: 32_000, ...device }).score(
          { ...pairs, positionsSeen: 40, repeated: 0, withoutContext: 0 },
          scores,
        );
        expect([...scores].map((score) => score > 0)).toEqual([...row.subarray(500, 540)].map((logit) => logit > 0));
        return scores.join('');
      };
      expect(greens({ device: 'cuda:0' })).not.toBe(greens({ device: 'cpu' }));
      expect(greens({ device: 'cuda' })).toBe(greens({ device: 'cuda', cudaThreads: CUDA_THREADS.L4 }));
    },
  );

  it.each(['three-bricks/greenlist', 'unigram/xuandong23b'])('%s draws on a CPU, whatever the device', (mark) => {
    const greens = (device: EngineMarkFile['device']) => {
      const row = new Float32Array(1000);
      openEngineMark({ mark, config: {}, vocabSize: 1000, device }).apply(Uint32Array.of(4, 5, 6, 7), row);
      return row;
    };
    expect(greens('cuda')).toEqual(greens('cpu'));
  });

  it('what cannot be known is refused', () => {
    expect(() => openEngineMark(hf({ device: 'cuda' }))).toThrow('"cudaThreads" expected a number, got none');
    expect(() => openEngineMark(hf({ device: 'cuda', vocabSize: 30_083 }))).toThrow('"device" expected cpu for 30083');
    const selfhash = { config: { seeding_scheme: 'selfhash' }, vocabSize: 32_000, device: 'cuda' };
    expect(() => openEngineMark(hf(selfhash))).toThrow('"cudaThreads" expected a number, got none');
    expect(() => openEngineMark(hf({ cudaThreads: 89_088 }))).toThrow('"cudaThreads" goes with "device": "cuda"');
    expect(() => openEngineMark(hf({ device: 'cuda', cudaThreads: 1000 }))).toThrow('a multiple of 256, got 1000');
    expect(() => openEngineMark(hf({ device: 'gpu' }))).toThrow('"device" expected one of cpu, cuda, got "gpu"');
    expect(openEngineMark(hf({ device: 'cuda:1', cudaThreads: 89_088 })).descriptor).toMatchObject({
      device: 'cuda',
      cudaThreads: 89_088,
    });
  });

  it('a scan tries the cards that differ, unless the file says cpu', () => {
    const cards = (file: EngineMarkFile) => {
      const variants = engineVariants(file);
      for (const variant of variants) expect(() => openEngineMark(variant)).not.toThrow();
      return [...new Set(variants.map(({ device, cudaThreads }) => (device === 'cuda' ? cudaThreads : 0)))];
    };
    expect(cards(hf({}))).toEqual([0, 40_960, 89_088]);
    expect(cards(hf({ vocabSize: 1000 }))).toEqual([0]);
    expect(cards(hf({ device: 'cpu' }))).toEqual([0]);
    expect(cards(hf({ device: 'cuda', cudaThreads: 122_880 }))).toEqual([122_880, 0]);
    expect(cards(hf({ config: { seeding_scheme: 'selfhash' } })).length).toBe(1 + Object.keys(CUDA_THREADS).length);
  });
});

describe('the table of SynthID', () => {
  const sum = (threads?: number) => samplingTable('cuda', 2 ** 16, 0, threads).bits.reduce((a, b) => a + b, 0);

  it('is another on a T4, which starts fewer threads than it has bits', () => {
    expect(sum()).toBe(32_787);
    expect(sum(CUDA_THREADS.L4)).toBe(32_787);
    expect(sum(CUDA_THREADS.T4)).toBe(32_687);
  });
});

it('the documentation has the threads of all cards', () => {
  const text = readFileSync(new URL('../../../docs/compatibility.md', import.meta.url), 'utf8');
  for (const [names, threads] of Object.entries(CUDA_THREADS)) {
    expect(text).toContain(`${names} ${threads.toLocaleString('en')}`);
  }
});
