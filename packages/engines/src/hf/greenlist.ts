/**
 * The green list of Hugging Face transformers, 4.46 to 5.23: `WatermarkLogitsProcessor` (generation/logits_process.py) and
 * `WatermarkDetector` (generation/watermarking.py).
 *
 * The processor runs behind the temperature in `generate` since 4.46 or so, as the last of all; delta is meant for there.
 * @module
 */
import { permutedGreenlist } from '../families/permuted-greenlist.ts';
import { floorMod, INT64_MAX, int64, low32, SEED_MODULUS } from '../int64.ts';
import { needCpu, needVocabSize, type Recipe, type Settings } from '../opener.ts';
import { permutationHead } from '../random/torch-permutation.ts';

export function openGreenlist(settings: Settings): Recipe {
  const { config } = settings;
  const vocabSize = needVocabSize(settings);
  needCpu(settings, 'torch.randperm on CUDA depends on the graphics card');
  const ratio = config.number('greenlist_ratio', 0, 1, 0.25);
  const delta = config.number('bias', 0, 100, 2);
  const key = config.key('hashing_key', 0n, INT64_MAX, 15485863n);
  const scheme = config.choice('seeding_scheme', ['lefthash', 'selfhash'], 'lefthash');
  const window = config.integer('context_width', 1, 64, 1);
  const greenCount = Math.floor(vocabSize * ratio);
  const common = { vocabSize, greenCount, delta, stage: 'post-temperature' } as const;
  const title = `transformers green list ${scheme} gamma ${ratio} delta ${delta}, context ${window}`;
  if (scheme === 'lefthash') {
    return permutedGreenlist({
      ...common,
      title,
      contextWidth: window,
      seedOf: (tokens, from) => low32(floorMod(key * BigInt(tokens[from + window - 1]), SEED_MODULUS)),
    });
  }
  // The candidate is the last of the window.
  const table = permutationHead(low32(key), TABLE_SIZE, TABLE_SIZE).slice();
  const hash = (token: number) => BigInt(table[token % TABLE_SIZE] + 1);
  return permutedGreenlist({
    ...common,
    title,
    contextWidth: window - 1,
    selfSaltCandidates: 40,
    seedOf(tokens, from, candidate) {
      const anchor = hash(candidate);
      let least = int64(int64(key * anchor) * anchor);
      for (let i = from; i < from + window - 1; i++) {
        const seed = int64(int64(key * hash(tokens[i])) * anchor);
        if (seed < least) least = seed;
      }
      return low32(floorMod(least, SEED_MODULUS));
    },
  });
}

/** Size of the table that hashes token ids: a prime, as in Kirchenbauer et al. 2023. */
const TABLE_SIZE = 1_000_003;
