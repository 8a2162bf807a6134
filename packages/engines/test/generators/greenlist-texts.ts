/**
 * Marks texts with our own hook, one for each case, from a random model of a small vocabulary: for the peers' detectors to find.
 * Prints JSON: `node --conditions=@taggant/source --import tsx greenlist-texts.ts > texts.json`, which greenlist.py reads.
 */
import { MarkHook } from '../../../sampler/src/index.ts';
import { type EngineMarkFile, openEngineMark } from '../../src/index.ts';

const KEY = 15485863;
const hf = (config: object): EngineMarkFile => ({
  mark: 'hf/greenlist',
  vocabSize: V,
  config: { greenlist_ratio: 0.25, bias: 4, hashing_key: KEY, ...config },
});
const lm = (config: object): EngineMarkFile => ({
  mark: 'lm-watermarking/extended',
  vocabSize: V,
  config: { delta: 4, ...config },
});
const kgw = (config: object): EngineMarkFile => ({
  mark: 'markllm/kgw',
  vocabSize: 211,
  config: { algorithm_name: 'KGW', delta: 4, hash_key: KEY, ...config },
});
const V = 499;

const CASES: readonly EngineMarkFile[] = [
  hf({ seeding_scheme: 'lefthash', context_width: 1, bos_token_id: 0 }),
  hf({
    seeding_scheme: 'lefthash',
    context_width: 3,
    hashing_key: '9223372036854775819',
    ignore_repeated_ngrams: true,
  }),
  hf({ seeding_scheme: 'lefthash', context_width: 1, hashing_key: -77, greenlist_ratio: 0.5 }),
  hf({ seeding_scheme: 'selfhash', context_width: 1 }),
  hf({ seeding_scheme: 'selfhash', context_width: 2, hashing_key: -77, ignore_repeated_ngrams: true }),
  hf({ seeding_scheme: 'selfhash', context_width: 4, hashing_key: '9223372036854775819', greenlist_ratio: 0.5 }),
  hf({ seeding_scheme: 'selfhash', context_width: 3, hashing_key: '18446744073709551615' }),
  { mark: 'lm-watermarking/simple_1', vocabSize: V, config: { delta: 4 } },
  {
    mark: 'lm-watermarking/simple_1',
    vocabSize: V,
    config: { delta: 4, hash_key: 35317, ignore_repeated_bigrams: false },
  },
  { mark: 'lm-watermarking/simple_1', vocabSize: V, config: { delta: 4, gamma: 0.29, select_green_tokens: false } },
  ...['simple_1', 'selfhash', 'algorithm-3', 'minhash', 'skipgram'].map((seeding_scheme) => lm({ seeding_scheme })),
  lm({ seeding_scheme: 'ff-additive_prf-4-False', hash_key: 35317 }),
  lm({ seeding_scheme: 'ff-multiplicative_prf-6-False', hash_key: '4611686018427387905' }),
  lm({ seeding_scheme: 'ff-minfunc_prf-3-False', hash_key: 35317, gamma: 0.5 }),
  lm({ seeding_scheme: 'ff-simple_skip_prf-5-False' }),
  lm({ seeding_scheme: 'ff-skipgram_prf-3-True' }),
  lm({ seeding_scheme: 'ff-anchored_skipgram_prf-4-False', ignore_repeated_ngrams: false }),
  lm({ seeding_scheme: 'ff-minhash_prf-3-True', hash_key: 1099511627785 }),
  lm({ seeding_scheme: 'ff-anchored_minhash_prf-3-False', hash_key: '4611686018427387905' }),
  lm({ seeding_scheme: 'ff-minskipgram_prf-3-False' }),
  lm({ seeding_scheme: 'ff-noncomm_prf-3-True', hash_key: 987654321987 }),
  lm({ seeding_scheme: 'ff-position_prf-3-False', hash_key: '4611686018427387905' }),
  lm({ seeding_scheme: 'lefthash', select_green_tokens: false }),
  { mark: 'tgi/greenlist', vocabSize: V, config: { watermark_gamma: 0.25, watermark_delta: 4 } },
  {
    mark: 'three-bricks/greenlist',
    vocabSize: V,
    config: { ngram: 2, seed: 1234567, payload: 3, payload_max: 4, scoring_method: 'v2' },
  },
  { mark: 'unigram/xuandong23b', vocabSize: V, config: { watermark_key: -7, strength: 4 } },
  { mark: 'markllm/unigram', vocabSize: V, config: { delta: 4, gamma: 0.29 } },
  ...['time', 'additive', 'skip', 'min'].flatMap((f_scheme) => [
    kgw({ f_scheme, window_scheme: 'left', prefix_length: 3, hash_key: '35184372088833' }),
    kgw({ f_scheme, window_scheme: 'self', prefix_length: 2 }),
  ]),
];

let state = 1;
/** Mulberry32. */
function random(): number {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}

const texts = CASES.map((file) => {
  const mark = openEngineMark(file);
  const hook = new MarkHook(mark);
  const width = file.vocabSize as number;
  const prompt = [7, 11, 13, 17, 19, 23];
  const sequence = hook.start(prompt);
  const tokens: number[] = [];
  for (let step = 0; step < (file.mark === 'markllm/kgw' ? 60 : 120); step++) {
    const row = Float32Array.from({ length: width }, () => 2 * random());
    hook.processLogits(row, [sequence]);
    const keys = Array.from(row, (logit) => logit - Math.log(-Math.log(random() + 2 ** -40)));
    const token = keys.indexOf(Math.max(...keys));
    sequence.push(token);
    tokens.push(token);
  }
  return { ...file, here: { tokens } };
});
console.log(JSON.stringify(texts));
