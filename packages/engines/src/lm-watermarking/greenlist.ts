/**
 * The green lists of lm-watermarking (jwkirchenbauer/lm-watermarking, commit fb602de): `simple_1` as in watermark_processor.py,
 * and `extended`, every scheme of extended_watermark_processor.py. V is the length of the tokenizer's vocabulary there.
 *
 * A seed that forgets the order of its window, or all but one of its tokens, gives many contexts one list: pairs that share
 * list and token count once here, however different their windows. `minhash_prf` and `skipgram_prf` have at most 1,000,003
 * lists in all, the same ones for every key. Lists are drawn on the device of the ids, the table of hashes always on a CPU. Text is scored as it is: the detector's normalizers are the caller's business.
 * @module
 */
import type { EngineFigures } from '@taggant/core';
import { distinctFlags, normalTail, sumOf, withoutBos, zOfGreen } from '../families/green-figures.ts';
import { permutedGreenlist } from '../families/permuted-greenlist.ts';
import { floorMod, INT64_MAX, SEED_MODULUS } from '../int64.ts';
import { needVocabSize, type Recipe, type Settings } from '../opener.ts';
import { permutationsOf } from '../random/permutations.ts';
import { PRFS } from './prf.ts';

/** The first paper's processor, which hands its seed to torch without a modulo. */
export function openSimple1(settings: Settings): Recipe {
  const { config } = settings;
  config.choice('seeding_scheme', ['simple_1'], 'simple_1');
  // Above, the seed of the largest token would be no seed for torch.
  const key = config.key('hash_key', 1n, 2n ** 40n - 1n, DEFAULT_KEY);
  return open(settings, {
    name: 'simple_1',
    gamma: 0.5,
    once: 'ignore_repeated_bigrams',
    width: 1,
    selfSalt: false,
    zeroIsKeyless: true,
    seedOf: ([previous]) => key * previous,
    windows: false,
  });
}

/**
 * `seeding_scheme`: a preset, or `ff-<prf>-<width>-<True|False>`. Its fifth part, a key, stands in `hash_key` instead, so that
 * a scheme's name is no secret.
 */
export function openExtended(settings: Settings): Recipe {
  const { config } = settings;
  const scheme = config.text('seeding_scheme', 'selfhash');
  const key = config.key('hash_key', 1n, INT64_MAX, DEFAULT_KEY);
  const { prf, width, selfSalt } = parseScheme(scheme);
  return open(settings, {
    name: scheme,
    gamma: 0.25,
    once: 'ignore_repeated_ngrams',
    width,
    selfSalt,
    zeroIsKeyless: prf !== 'anchored_minhash_prf' && prf !== 'noncomm_prf',
    seedOf: (window) => floorMod(PRFS[prf](window, key), SEED_MODULUS),
    windows: true,
  });
}

interface Scheme {
  readonly prf: string;
  readonly width: number;
  readonly selfSalt: boolean;
}

const PRESETS: Readonly<Record<string, Scheme>> = {
  simple_1: { prf: 'additive_prf', width: 1, selfSalt: false },
  lefthash: { prf: 'additive_prf', width: 1, selfSalt: false },
  'algorithm-3': { prf: 'anchored_minhash_prf', width: 4, selfSalt: true },
  selfhash: { prf: 'anchored_minhash_prf', width: 4, selfSalt: true },
  minhash: { prf: 'minhash_prf', width: 4, selfSalt: false },
  skipgram: { prf: 'skipgram_prf', width: 5, selfSalt: false },
};

const DEFAULT_KEY = 15485863n;

function parseScheme(scheme: string): Scheme {
  if (Object.hasOwn(PRESETS, scheme)) return PRESETS[scheme];
  const parts = scheme.split('-');
  const [head, prf, width, salt] = parts;
  if (head === 'ff' && parts.length === 5) {
    throw new TypeError('"config.seeding_scheme" expected a scheme of four parts: its key belongs into "hash_key"');
  }
  const isWidth = /^[1-9]\d?$/.test(width) && Number(width) <= 64;
  if (head !== 'ff' || parts.length !== 4 || !Object.hasOwn(PRFS, prf) || !isWidth || !/^(True|False)$/.test(salt)) {
    const names = `${Object.keys(PRESETS).join(', ')}, or ff-<prf>-<width>-<True|False>`;
    throw new RangeError(
      `"config.seeding_scheme" expected one of ${names} with a prf of ${Object.keys(PRFS).join(', ')}`,
    );
  }
  if (prf === 'minskipgram_prf' && Number(width) < 2) {
    throw new RangeError('"config.seeding_scheme" expected a width of at least 2 with minskipgram_prf, got 1');
  }
  return { prf, width: Number(width), selfSalt: salt === 'True' };
}

interface Variant {
  readonly name: string;
  readonly gamma: number;
  /** What the detector calls its counting of each window once. */
  readonly once: string;
  readonly width: number;
  readonly selfSalt: boolean;
  /** Whether a token 0 in the window takes the key, or most of it, out of the seed. */
  readonly zeroIsKeyless: boolean;
  /** Whether the detector can look for the best window. */
  readonly windows: boolean;
  seedOf(window: readonly bigint[]): bigint;
}

function open(
  settings: Settings,
  { name, width, selfSalt, zeroIsKeyless, seedOf, windows, ...variant }: Variant,
): Recipe {
  const { config } = settings;
  const vocabSize = needVocabSize(settings);
  const gamma = config.share('gamma', variant.gamma);
  const delta = config.number('delta', -100, 100, 2);
  const head = config.flag('select_green_tokens', true);
  const bos = config.has('bos_token_id') ? config.integer('bos_token_id', 0, 2 ** 32 - 1) : undefined;
  const once = config.flag(variant.once, true);
  const threshold = config.number('z_threshold', -1e9, 1e9, 4) || 4;
  const contextWidth = selfSalt ? width - 1 : width;
  return permutedGreenlist({
    title: `lm-watermarking ${name} gamma ${gamma} delta ${delta}, context ${contextWidth}${head ? '' : ', green by red'}`,
    contextWidth,
    permutations: permutationsOf(settings, vocabSize),
    greenCount: Math.trunc(vocabSize * gamma),
    tail: !head,
    delta,
    stage: 'pre-temperature',
    ...(selfSalt ? { selfSaltCandidates: 41 } : {}),
    seedOf(tokens, from, candidate) {
      const window = Array.from(tokens.subarray(from, from + contextWidth), BigInt);
      return seedOf(selfSalt ? [...window, BigInt(candidate)] : window);
    },
    isKeyless(tokens, from, candidate) {
      return zeroIsKeyless && (tokens.subarray(from, from + contextWidth).includes(0) || (selfSalt && candidate === 0));
    },
    compat(ids, flagsOf) {
      const tokens = withoutBos(ids, bos);
      const detector = `lm-watermarking ${windows ? 'extended ' : ''}WatermarkDetector`;
      if (tokens.length - width < 1) return { detector, figures: {} };
      const all = flagsOf(tokens);
      const flags = once ? distinctFlags(tokens, contextWidth + 1, all) : all;
      return { detector, figures: { ...figuresOf(flags, gamma, threshold), ...(windows ? winMax(flags, gamma) : {}) } };
    },
  });
}

function figuresOf(flags: Uint8Array, gamma: number, threshold: number): EngineFigures['figures'] {
  const green = sumOf(flags);
  const z = zOfGreen(green, flags.length, gamma);
  const p = normalTail(z);
  return {
    num_tokens_scored: flags.length,
    num_green_tokens: green,
    green_fraction: green / flags.length,
    z_score: z,
    p_value: p,
    prediction: z > threshold,
    ...(z > threshold ? { confidence: 1 - p } : {}),
  };
}

/**
 * The largest z of any window shorter than the text, what `detect(window_size="max")` prints: float32 there, a double here. Its
 * p is not corrected for the search. Without figures for a text of one window, which it refuses, and above 5,000 windows, since
 * the search takes the square of their number.
 */
function winMax(flags: Uint8Array, gamma: number): EngineFigures['figures'] {
  if (flags.length < 2 || flags.length > MOST_WINDOWS) return {};
  const sums = new Uint32Array(flags.length + 1);
  flags.forEach((flag, i) => {
    sums[i + 1] = sums[i] + flag;
  });
  let best = Number.NEGATIVE_INFINITY;
  let size = 0;
  for (let width = 1; width < flags.length; width++) {
    let most = 0;
    for (let end = width; end <= flags.length; end++) most = Math.max(most, sums[end] - sums[end - width]);
    const z = zOfGreen(most, width, gamma);
    // Equal z of different sizes may differ in the last place; the smaller size is meant.
    if (z <= best + 1e-9) continue;
    best = z;
    size = width;
  }
  return { 'WinMax z_score': best, 'WinMax num_tokens_scored': size, 'WinMax p_value': normalTail(best) };
}

/** Some 30 ms of search. */
const MOST_WINDOWS = 5000;
